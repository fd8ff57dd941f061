"""What every git process is started with: an environment built from nothing, and settings no file can change."""

from datetime import timedelta
from pathlib import Path

from fleet.analysis.git.source import LocalSource, Network, RemoteSource, Source

_TRUST = "trusted.gitconfig"
_PATH = "/usr/local/bin:/usr/bin:/bin"

_ALWAYS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.bigFileThreshold=16m",  # longer files are streamed, not held in memory
    "core.packedGitWindowSize=64m",
    "core.packedGitLimit=512m",
    "credential.helper=",
    "fetch.recurseSubmodules=false",
    "fetch.unpackLimit=1",  # always one pack file: that is what the limit of a file's size measures
    "gc.auto=0",
    "maintenance.auto=false",
    "pack.threads=1",
    "submodule.recurse=false",
    "transfer.bundleURI=false",
)


def reading_environment(directory: Path) -> dict[str, str]:
    """For commands that read what is there and may reach nothing else."""
    return {
        "PATH": _PATH,
        "HOME": str(directory / "home"),
        "TMPDIR": str(directory),
        "LC_ALL": "C",  # failures are judged by git's untranslated messages
        "GIT_CEILING_DIRECTORIES": str(directory.parent),  # scratch may stand inside somebody's repository
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }


def fetching_environment(directory: Path, source: Source) -> dict[str, str]:
    """For commands that talk to *source*, over its one protocol."""
    environment = reading_environment(directory)
    if isinstance(source, RemoteSource):
        environment["GIT_ALLOW_PROTOCOL"] = "https"
    else:
        environment["GIT_ALLOW_PROTOCOL"] = "file"
        environment["GIT_CONFIG_GLOBAL"] = str(directory / _TRUST)
    return environment


def write_files(directory: Path, source: Source) -> None:
    """Write what the environments refer to."""
    (directory / "home").mkdir()
    if isinstance(source, LocalSource):
        # -c settings do not reach the upload-pack that git starts for a path; a file of settings does.
        trust = f'[safe]\n\tdirectory = "{_quoted(source.path)}"\n'
        (directory / _TRUST).write_text(trust, encoding="utf-8", errors="surrogateescape")


def reading_options() -> list[str]:
    """There is no remote in these, so git has nowhere to fetch a missing file from."""
    return [part for setting in _ALWAYS for part in ("-c", setting)]


def fetching_options(source: Source, *, stall: timedelta) -> list[str]:
    settings = [
        "protocol.version=2",
        "remote.origin.url=" + source.url,
        "remote.origin.promisor=true",
        "remote.origin.partialclonefilter=blob:none",
        "http.followRedirects=false",
        "http.lowSpeedLimit=1000",
        f"http.lowSpeedTime={max(1, round(stall.total_seconds()))}",
    ]
    if isinstance(source, RemoteSource):
        settings += _network_settings(source.network)
    return reading_options() + [part for setting in settings for part in ("-c", setting)]


def _network_settings(network: Network) -> list[str]:
    settings = []
    if network.certificates:
        settings.append(f"http.sslCAInfo={network.certificates}")
    if network.proxy:
        settings.append(f"http.proxy={network.proxy}")
    return settings


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
