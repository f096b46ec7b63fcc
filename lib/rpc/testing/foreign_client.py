"""Calls the EchoService with grpcio alone: no generated code, messages as raw bytes.

usage: foreign_client.py HOST:PORT
Prints one JSON object; the test compares it.
"""

import json
import sys

import grpc

SERVICE = "/rowlock.testing.v1.EchoService/"


def field(number, value):
    """A string field, wire type 2; short enough for one length byte."""
    data = value.encode()
    assert len(data) < 128
    return bytes([number << 3 | 2, len(data)]) + data


def varint(number, value):
    assert 0 <= value < 128
    return bytes([number << 3, value])


def text_of(message):
    """The first field of EchoResponse, a string."""
    assert message[0] == 1 << 3 | 2
    return message[2 : 2 + message[1]].decode()


def main(address):
    raw = {"request_serializer": None, "response_deserializer": None}
    with grpc.insecure_channel(address) as channel:
        result = {}

        echo = channel.unary_unary(SERVICE + "Echo", **raw)
        answer, call = echo.with_call(
            field(1, "hello"),
            timeout=5,
            metadata=[("x-echo-word", "one"), ("x-echo-data-bin", b"\x00\xff")],
        )
        result["unary"] = text_of(answer)
        result["header"] = dict(call.initial_metadata())["x-echo-word"]
        result["header_bin"] = list(dict(call.initial_metadata())["x-echo-data-bin"])
        result["trailer"] = dict(call.trailing_metadata())["x-echo-word-trailer"]

        collect = channel.stream_unary(SERVICE + "Collect", **raw)
        result["client_streaming"] = text_of(collect(iter([field(1, "a"), field(1, "b")]), timeout=5))

        repeat = channel.unary_stream(SERVICE + "Repeat", **raw)
        request = field(1, "x") + varint(2, 3)
        result["server_streaming"] = [text_of(m) for m in repeat(request, timeout=5)]

        chat = channel.stream_stream(SERVICE + "Chat", **raw)
        result["both_ways"] = [text_of(m) for m in chat(iter([field(1, "1"), field(1, "2")]), timeout=5)]

        try:
            channel.unary_unary(SERVICE + "EchoStaff", **raw)(field(1, "x"), timeout=5)
        except grpc.RpcError as err:
            status = dict(err.trailing_metadata())["grpc-status-details-bin"]
            result["refused"] = err.code().name
            result["refused_details"] = b"UNAUTHENTICATED" in status and b"rowlock.dev" in status

        try:
            # delay (field 3) of 60 seconds
            echo(field(1, "x") + bytes([3 << 3 | 2, 2, 1 << 3, 60]), timeout=0.3)
        except grpc.RpcError as err:
            result["deadline"] = err.code().name

        call = echo.future(field(1, "x") + bytes([3 << 3 | 2, 2, 1 << 3, 60]))
        call.cancel()
        result["cancelled"] = call.cancelled()

        health = channel.unary_unary("/grpc.health.v1.Health/Check", **raw)
        result["health"] = list(health(b"", timeout=5))
        print(json.dumps(result))


main(sys.argv[1])
