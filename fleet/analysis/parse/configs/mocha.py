"""The claims of a Mocha configuration."""

import posixpath
import re
import shlex
from typing import Any, Final

from fleet.analysis.detect.scope import Scope
from fleet.analysis.parse.configs.claims import folder_of, resolve, texts

_FILES = "*.{js,cjs,mjs,ts,cts,mts,jsx,tsx}"
_DEFAULT = ("test",)
_LIST_ITEM = re.compile(r"\s*-\s+(.*)")
_PAIR = re.compile(r"([\w-]+):\s*(.*)")
# The options of the command that take a value, which is then no file of tests.
_VALUED = re.compile(
    r"-[ACRSfgjnOrstu]|--(?:config|exclude|extension|fgrep|file|grep|ignore|jobs|node-option|opts|package|reporter"
    r"|reporter-options?|require|retries|slow|timeout|ui|watch-files|watch-ignore)"
)
_MAX_WORDS: Final = 60


def mocha_scopes(config: str, options: Any) -> list[Scope]:
    """Claim the project's folder; *options* name the files in it that are tests although their names do not say so.

    What they name is often compiled, and the sources are tests too; so it is added to what the names of files say.
    """
    given = options if isinstance(options, dict) else {}
    folder = _project(config)
    named = texts(given.get("spec")) or _DEFAULT
    return [Scope("mocha", config, folder, (folder,), also=_globs(named, recursive=given.get("recursive") is True))]


def mocha_scopes_of_scripts(config: str, scripts: dict[str, Any]) -> list[Scope]:
    """Claim what the commands of package.json name, and nothing else: they may be about a part of the tests."""
    commands = [command for script in texts(list(scripts.values())) for command in re.split(r"&&|\|\||;", script)]
    named = tuple(glob for command in commands for glob in _globs_of(command))
    folder = folder_of(config)
    return [Scope("mocha", config, folder, (folder,), include=tuple(dict.fromkeys(named)))] if named else []


def settings(content: bytes) -> dict[str, Any]:
    """Read the lists and words of a plain YAML file; what is nested deeper is left out."""
    found: dict[str, Any] = {}
    key = ""
    for line in content.decode("utf-8", "replace").splitlines():
        if (pair := _PAIR.fullmatch(line.rstrip())) is not None:
            key = pair[1]
            found[key] = _flow(pair[2])
        elif (item := _LIST_ITEM.fullmatch(line)) is not None and isinstance(found.get(key), list):
            found[key].append(_scalar(item[1]))
    return found


def _flow(value: str) -> Any:
    if not value.strip() or value.startswith("#"):
        return []
    if value.startswith("[") and value.rstrip().endswith("]"):
        return [_scalar(part) for part in value.strip()[1:-1].split(",")]
    return True if value == "true" else _scalar(value)


def _scalar(value: str) -> str:
    return re.sub(r"\s+#.*", "", value).strip().strip("'\"")


def _project(config: str) -> str:
    folder, _, name = config.rpartition("/")
    # mocha.opts lives among the tests, and is about the project around them.
    return folder_of(folder) if name == "mocha.opts" and folder.rpartition("/")[2] == "test" else folder


def _globs_of(command: str) -> tuple[str, ...]:
    try:
        words = shlex.split(command, posix=True)[:_MAX_WORDS]
    except ValueError:
        return ()
    place = next((at for at, word in enumerate(words) if posixpath.basename(word) in ("mocha", "_mocha")), None)
    if place is None:
        return ()
    named = [
        word
        for before, word in zip(words[place:], words[place + 1 :], strict=False)
        if not word.startswith("-") and not _VALUED.fullmatch(before) and not word.startswith((">", "<", "|", "$"))
    ]
    return _globs(tuple(named) or _DEFAULT, recursive="--recursive" in words)


def _globs(named: tuple[str, ...], *, recursive: bool) -> tuple[str, ...]:
    """Return globs for what is named: files by globs, or the folders they stand in."""
    inside = f"**/{_FILES}" if recursive else _FILES
    paths = [path for each in named if (path := resolve("", each)) is not None]
    return tuple(path if _names_files(path) else f"{path}/{inside}".lstrip("/") for path in paths)


def _names_files(path: str) -> bool:
    return "*" in path or posixpath.splitext(path)[1] != ""
