"""Environment → typed settings, or every problem at once."""

import types
from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeVar, Union, get_args, get_origin

import msgspec

from fleet.errors import ConfigError

SettingsT = TypeVar("SettingsT", bound="Settings")

Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]


class Secret:
    """Text that no log line, traceback or repr shows; *reveal* is the only way out."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept *text*, or raise ValueError with a sentence that does not repeat it."""
        return cls(text)

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}('***')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


class DatabaseUrl(Secret):
    """A PostgreSQL URL, password included."""

    @classmethod
    def parse(cls, text: str) -> Self:
        if not text.startswith(("postgresql://", "postgres://")):
            raise ValueError("must start with postgresql://")
        return cls(text)


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """What one process reads from its environment; a field's name in capitals is its variable.

    A field annotated with ``also("OLDER_NAME")`` is read from that variable where its own is not set.
    """

    def problems(self) -> list[str]:
        """Return a sentence for each thing that is wrong with the settings together, though each is right by itself."""
        return []


def also(variable: str) -> msgspec.Meta:
    """Name the variable that a field was read from in earlier releases."""
    return msgspec.Meta(extra={"also": variable})


def load(settings: type[SettingsT], environ: Mapping[str, str]) -> SettingsT:
    """Read *settings* from *environ*; raises ConfigError naming every variable that is wrong.

    A wrong value is never replaced by a default, and never repeated in the message.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in msgspec.structs.fields(settings):
        variable = field.encode_name
        older = _older_name(field.type)
        if older is not None and older in environ:
            if variable in environ:
                problems.append(f"{variable} and {older} are both set; remove {older}")
                continue
            variable = older
        text = environ.get(variable)
        if text is None:
            if field.required:
                problems.append(f"{variable} is required")
            continue
        if not text.strip():
            problems.append(f"{variable} is empty; set it or remove it")
            continue
        try:
            values[field.name] = _convert(text.strip(), field.type)
        except ValueError as problem:
            problems.append(f"{variable} {problem}")
    if problems:
        raise ConfigError(problems)
    loaded = settings(**values)
    if problems := loaded.problems():
        raise ConfigError(problems)
    return loaded


def _convert(text: str, wanted: Any) -> Any:
    kind, bounds = _unwrap(wanted)
    if isinstance(kind, type) and issubclass(kind, Secret):
        return kind.parse(text)
    if kind is bool:
        return _boolean(text)
    try:
        # Without the None of an optional field: for it the word "null" would be one.
        return msgspec.convert(text, _required(kind, bounds), strict=False)
    except msgspec.ValidationError:
        # msgspec's own message can quote the value (an unknown enum member), so it is not shown.
        raise ValueError(f"must be {_describe(kind, bounds)}") from None


def _older_name(wanted: Any) -> str | None:
    _, bounds = _unwrap(wanted)
    return None if bounds is None or bounds.extra is None else bounds.extra.get("also")


def _required(kind: Any, bounds: msgspec.Meta | None) -> Any:
    return kind if bounds is None else Annotated[kind, bounds]


def _boolean(text: str) -> bool:
    match text.lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
    raise ValueError("must be 1 or 0")


def _unwrap(wanted: Any) -> tuple[Any, msgspec.Meta | None]:
    """Return the plain type behind *wanted* and its bounds."""
    bounds = None
    if get_origin(wanted) in (Union, types.UnionType):
        wanted = next(option for option in get_args(wanted) if option is not types.NoneType)
    if get_origin(wanted) is Annotated:
        wanted, bounds, *_ = get_args(wanted)
    return wanted, bounds


def _describe(kind: Any, bounds: msgspec.Meta | None) -> str:
    choices = [repr(choice) for choice in get_args(kind)]
    if choices:
        return "one of " + ", ".join(choices)
    noun = {int: "a whole number", float: "a number"}.get(kind, "text")
    if bounds is None:
        return noun
    facts = [
        f"{word} {bound}"
        for word, bound in (
            ("at least", bounds.ge),
            ("more than", bounds.gt),
            ("at most", bounds.le),
            ("matching", bounds.pattern),
        )
        if bound is not None
    ]
    return " ".join((noun, " and ".join(facts))).rstrip()
