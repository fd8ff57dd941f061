"""A host of git repositories on loopback: an HTTP proxy that is itself every host, with TLS and ``git http-backend``.

Being the proxy is what lets the code under test use its real addresses: no port, no exception for tests.
"""

import base64
import datetime as dt
import os
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fleet.analysis.git.source import Network
from tests.analysis.git.api import GITHUB, GITLAB, ApiAnswer, ApiRequest, FakeApi, Listed

HOSTS = ("github.com", GITHUB, GITLAB, "evil.example")


@dataclass(frozen=True)
class Request:
    host: str
    method: str
    path: str
    authorization: str | None


@dataclass
class FakeHost:
    """What the host does; a test changes the fields, the server's threads read them."""

    root: Path
    network: Network
    password: str | None = None
    status: int | None = None
    location: str | None = None
    cut_after: int | None = None
    only_old_protocol: bool = False
    requests: list[Request] = field(default_factory=list)
    # What the API says; None is what stands in the folder, private where there is a password.
    api: Callable[[ApiRequest], ApiAnswer] | None = None
    api_requests: list[ApiRequest] = field(default_factory=list)
    # Whoever was met with silence is let go when this is set.
    released: threading.Event = field(default_factory=threading.Event)
    # A POST waits here while *gate* is closed.
    gate: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: ApiRequest) -> ApiAnswer:
        self.api_requests.append(request)
        return (self.api or self._of_folder())(request)

    def _of_folder(self) -> FakeApi:
        tokens = frozenset([self.password] if self.password else [])
        api = FakeApi(tokens=tokens)
        for number, path in enumerate(sorted(self.root.glob("*/*.git")), start=1):
            api.list(Listed(number, path.parent.name, path.stem, private=bool(tokens)))
        return api

    @property
    def posts(self) -> int:
        return sum(request.method == "POST" for request in self.requests)


@contextmanager
def serve(root: Path, authority: "Authority") -> Iterator[FakeHost]:
    server = _Server(("127.0.0.1", 0), _Handler)
    proxy = f"http://127.0.0.1:{server.server_port}"
    host = FakeHost(root, Network(certificates=authority.certificate, proxy=proxy))
    host.gate.set()
    server.host, server.tls = host, authority.tls
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield host
    finally:
        host.gate.set()
        host.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    host: FakeHost
    tls: ssl.SSLContext
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that were killed in the middle are what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    host_name = ""

    def do_CONNECT(self) -> None:
        self.host_name = self.path.partition(":")[0]
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def do_GET(self) -> None:
        if self.host_name == GITHUB or self.path.startswith("/api/"):
            self._serve_api()
        else:
            self._serve(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.host.waiting.set()
        self.server.host.gate.wait(timeout=30)
        self._serve(body)

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def log_message(self, *_arguments: object) -> None:
        """A test reads `FakeHost.requests`."""

    def _serve_api(self) -> None:
        host = self.server.host
        headers = self.headers
        answer = host.answer(
            ApiRequest(self.host_name, self.path, headers.get("Authorization"), headers.get("If-None-Match"))
        )
        if answer.silent_after == -1:
            host.released.wait(timeout=30)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        for number in range(len(answer.body)) if answer.pause else ():
            self.wfile.write(answer.body[number : number + 1])
            host.released.wait(timeout=answer.pause)
        if not answer.pause:
            self.wfile.write(answer.body[: answer.silent_after])
        if answer.silent_after is not None:
            host.released.wait(timeout=30)
            self.close_connection = True

    def _serve(self, body: bytes) -> None:
        host = self.server.host
        authorization = self.headers.get("Authorization")
        host.requests.append(Request(self.host_name, self.command, self.path, authorization))
        if host.location is not None and self.host_name != "evil.example":
            self._answer(302, {"Location": host.location + self.path}, b"")
        elif host.status is not None:
            self._answer(host.status, {}, b"")
        elif self.host_name == "evil.example" or (host.password and authorization != _basic(host.password)):
            self._answer(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"")
        else:
            self._answer(*self._backend(body))

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut = self.server.host.cut_after
        if cut is not None and self.command == "POST":
            self.wfile.write(body[:cut])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def _backend(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        host = self.server.host
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.defpath,
            "GIT_PROJECT_ROOT": str(host.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": "" if host.only_old_protocol else self.headers.get("Git-Protocol", ""),
        }
        answer = subprocess.run(
            ["git", "http-backend"], env=environment, input=body, capture_output=True, check=False, timeout=20
        ).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        return status, headers, content


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the tests' own, and a server's side of TLS."""

    certificate: Path
    tls: ssl.SSLContext


def make_authority(
    folder: Path, hosts: Sequence[str] = HOSTS, *, valid_for: dt.timedelta = dt.timedelta(hours=1)
) -> Authority:
    """Make one whose server may call itself any of *hosts*; one that is valid for less than nothing has expired."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + valid_for)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public, both = folder / "authority.pem", folder / "server.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both.write_bytes(private + public.read_bytes())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(both)
    return Authority(public, tls)


def _basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"x-access-token:{password}".encode()).decode()
