"""The process that reads files from strangers: requests on standard input, replies on standard output."""

import argparse
import sys
from typing import BinaryIO

from fleet.analysis.detect.scope import Scopes
from fleet.analysis.parse.configs.read import read_config
from fleet.analysis.parse.confine import confine, die_with, grant_cpu
from fleet.analysis.parse.messages import (
    HEADER_BYTES,
    Claims,
    ReadConfig,
    ReadFile,
    Ready,
    Reply,
    Request,
    UseScopes,
    body_length,
    decode_request,
    frame,
)
from fleet.analysis.parse.source import read_source
from fleet.analysis.parse.system_calls import keep_to_pipes


def main() -> None:
    options = _options()
    die_with(options.parent)
    confine(memory_bytes=options.memory_bytes)
    serve(sys.stdin.buffer, sys.stdout.buffer, cpu_seconds=options.cpu_seconds, confined=keep_to_pipes())


def serve(requests: BinaryIO, replies: BinaryIO, *, cpu_seconds: int, confined: bool) -> None:
    """Answer requests in turn until there are no more."""
    scopes = Scopes()
    _send(replies, Ready(confined))
    while (request := _receive(requests)) is not None:
        grant_cpu(cpu_seconds)
        match request:
            case UseScopes():
                scopes = request.scopes
            case ReadConfig():
                _send(replies, Claims(tuple(read_config(request.path, request.content))))
            case ReadFile():
                _send(replies, read_source(request.path, request.content, scopes))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fleet.analysis.parse.child")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--memory-bytes", type=int, required=True)
    parser.add_argument("--cpu-seconds", type=int, required=True)
    return parser.parse_args()


def _receive(requests: BinaryIO) -> Request | None:
    header = requests.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return None
    body = requests.read(body_length(header))
    return decode_request(body) if len(body) == body_length(header) else None


def _send(replies: BinaryIO, reply: Reply) -> None:
    replies.write(frame(reply))
    replies.flush()


if __name__ == "__main__":
    main()
