"""The floors of the TCP benches: bare uvloop servers that send back what they read, with one write per read.

The one cuts the frames by their length prefix and sends them back, joined: the least that a server of frames does.  The other (--bytes)
sends back whatever it reads, and knows of no frame: the least that a socket does.
"""

import argparse
import asyncio
import sys

import uvloop

PREFIX = 4  # bytes of a frame's length


class Echo(asyncio.Protocol):
    """Knows no frames, no session and no venue."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.write = transport.write  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.write(data)


class FramedEcho(Echo):
    """Answers each frame by itself; a frame in part waits for the rest of it."""

    rest = b""

    def data_received(self, data: bytes) -> None:
        if self.rest:
            data = self.rest + data
        frames = []
        at, size = 0, len(data)
        while size - at >= PREFIX:
            end = at + PREFIX + int.from_bytes(data[at : at + PREFIX], "little")
            if end > size:
                break
            frames.append(data[at:end])
            at = end
        self.rest = data[at:]
        if frames:
            self.write(b"".join(frames))


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.echo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", action="store_true")
    protocol = Echo if parser.parse_args().bytes else FramedEcho
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
