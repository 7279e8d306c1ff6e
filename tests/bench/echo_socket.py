"""An echo server, the upper bound for Python with a drained non-blocking socket: it sets the QR bit, no more."""

import asyncio
import socket

import uvloop

QR = 0x80
MAX_PER_TURN = 64


def drain(sock):
    """Echoes the queued datagrams, up to a limit, so that the rest of the loop gets its turn."""
    try:
        for _ in range(MAX_PER_TURN):
            data, sender = sock.recvfrom(65535)
            reply = bytearray(data)
            reply[2] |= QR
            sock.sendto(reply, sender)
    except BlockingIOError:
        pass


async def main():
    """Echoes until terminated."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(0)
    sock.bind(("127.0.0.1", 0))
    asyncio.get_running_loop().add_reader(sock.fileno(), drain, sock)
    print("ready", sock.getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
