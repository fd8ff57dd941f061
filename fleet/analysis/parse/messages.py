"""What passes between the pool and a child: length-prefixed MessagePack frames."""

from typing import Final

import msgspec

from fleet.analysis.detect.scope import Scope, Scopes
from fleet.analysis.inventory import NotATest, TestFile, Unparsed

HEADER_BYTES: Final = 4
# Far above the inventory of any file of the default size; a child that was taken over may not fill the parent.
MAX_REPLY_BYTES: Final = 16 * 1024 * 1024


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The child has started and bounded itself; *confined* tells whether it can reach nothing but its pipes."""

    confined: bool


class ReadConfig(msgspec.Struct, frozen=True, tag="config"):
    path: str
    content: bytes


class UseScopes(msgspec.Struct, frozen=True, tag="scopes"):
    """Replaces the claims that later files are judged by; has no reply."""

    scopes: Scopes


class ReadFile(msgspec.Struct, frozen=True, tag="file"):
    path: str
    content: bytes


class Claims(msgspec.Struct, frozen=True, tag="claims"):
    scopes: tuple[Scope, ...]


Request = ReadConfig | UseScopes | ReadFile
Reply = Ready | Claims | TestFile | Unparsed | NotATest

_encode = msgspec.msgpack.Encoder().encode
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode


def frame(message: Request | Reply) -> bytes:
    body = _encode(message)
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def body_length(header: bytes) -> int:
    return int.from_bytes(header, "big")
