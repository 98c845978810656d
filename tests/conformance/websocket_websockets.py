"""Python's websockets against the echo and chat handlers at the URL given ("ws://127.0.0.1:8000"): ends with 0 where all is well."""

import asyncio
import sys

import websockets


async def echoes(url: str, compression: str | None) -> None:
    async with websockets.connect(url + "/echo", compression=compression, max_size=None) as one:
        for message in ["", "hello", "κόσμε 🚠", "x" * 1_000_000, '{"a": 1}' * 5000, bytes(range(256)) * 1000, b""]:
            await one.send(message)
            assert await one.recv() == message
        await one.send(["in ", "several ", "fragments"])
        assert await one.recv() == "in several fragments"
        await asyncio.wait_for(await one.ping(), 20)
        for i in range(1000):
            await one.send(str(i))
        for i in range(1000):
            assert await one.recv() == str(i)
        await one.close(4321, "enough")
        assert one.close_code == 4321, one.close_code


async def chat(url: str) -> None:
    async with websockets.connect(url + "/chat/one", subprotocols=["other", "chat"]) as ann, websockets.connect(url + "/chat/one") as bob:
        assert ann.subprotocol == "chat" and bob.subprotocol is None
        await ann.send("hi Bob")
        assert await bob.recv() == "hi Bob"


async def refused(url: str) -> None:
    try:
        async with websockets.connect(url + "/echo", origin="http://elsewhere.example"):
            raise AssertionError("a page of another origin was let in")
    except websockets.exceptions.InvalidStatusCode as error:
        assert error.status_code == 403


async def main() -> None:
    url = sys.argv[1]
    for compression in (None, "deflate"):
        await echoes(url, compression)
    await chat(url)
    await refused(url)


asyncio.run(main())
