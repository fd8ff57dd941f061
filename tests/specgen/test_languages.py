import pytest

from fleet.errors import InvalidJob
from fleet.specgen.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("English", "English"),
        (" english ", "English"),
        ("EN", "en"),
        ("pt-br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("Brazilian  Portuguese", "Brazilian Portuguese"),
        ("中文", "中文"),
    ],
)
def test_a_language_has_one_spelling(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text", ["", " ", "x" * 65, "日" * 22, "en;drop", "Eng\0lish", "<b>", "12", "a\u202eb", "\ud800"]
)
def test_what_is_no_language_is_refused_before_anything_is_written(text: str) -> None:
    with pytest.raises(InvalidJob, match="language"):
        language_of(text)
