"""An echo server, the upper bound for Python on asyncio's datagram transport: it sets the QR bit, no more."""

import asyncio

import uvloop

QR = 0x80


class Echo(asyncio.DatagramProtocol):
    """Sends each datagram back to its sender."""

    def connection_made(self, transport):
        self._send = transport.sendto

    def datagram_received(self, data, sender):
        reply = bytearray(data)
        reply[2] |= QR
        self._send(reply, sender)


async def main():
    """Echoes until terminated."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    print("ready", transport.get_extra_info("sockname")[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
