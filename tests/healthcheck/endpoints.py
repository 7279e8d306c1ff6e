"""Endpoints on loopback, well-behaved and hostile: raw sockets that play a script for each connection."""

import asyncio
import socket
import ssl
import struct
import subprocess
import threading
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Endpoint:
    """An endpoint's port, and the bytes it received: a request for each connection, and the bytes after it.

    `hung_up` is set when the prober closes a connection that the script still holds open.
    """

    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    afterwards: list[bytes] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    server_names: list[str | None] = field(default_factory=list)


@asynccontextmanager
async def endpoint(script, *, host="127.0.0.1", tls=None, reads_request=True):
    """Listens on a free port; after each request plays `script(writer)`, then closes the connection."""
    seen = Endpoint()
    connections = set()

    async def listen_on(reader):
        try:
            seen.afterwards.append(await reader.read())
        except OSError:
            seen.afterwards.append(b"")
        seen.hung_up.set()

    async def serve(reader, writer):
        connections.add(asyncio.current_task())
        seen.connections += 1
        listening = None
        try:
            if reads_request:
                seen.requests.append(await reader.readuntil(b"\r\n\r\n"))
            else:
                seen.requests.append(b"")
            listening = asyncio.create_task(listen_on(reader))
            await script(writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            if listening is not None:
                listening.cancel()
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    if tls:
        tls.sni_callback = lambda _socket, name, _context: seen.server_names.append(name)
    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


def sends(data):
    """A script: sends data and closes."""

    async def script(writer):
        writer.write(data)
        await writer.drain()

    return script


async def never_answers(_writer):
    """A script: holds the connection and sends nothing."""
    await asyncio.Event().wait()


def sends_then_silence(data):
    """A script: sends data and holds the connection."""

    async def script(writer):
        writer.write(data)
        await asyncio.Event().wait()

    return script


def repeats(data):
    """A script: sends data again and again, without an end."""

    async def script(writer):
        while True:
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(0)

    return script


async def resets(writer):
    """A script: resets the connection."""
    sock = writer.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def response(status=200, body=b"", **headers):
    """A response in wire form."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def body_of(size, string=b"needle"):
    """A body in which the string ends with byte `size`."""
    return b"." * (size - len(string)) + string + b"." * 100


@contextmanager
def choosy(context, alert_for):
    """A TLS server that ends a handshake with the alert from `alert_for(name)`, or answers if that is None.

    It uses a thread and blocking sockets, because asyncio does not send a server's alerts.
    """
    seen = Endpoint()

    def greet(_socket, name, _context):
        seen.server_names.append(name)
        return alert_for(name)

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(20)
            with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(65536)
                tls.sendall(response())

    context.sni_callback = greet
    with socket.create_server(("127.0.0.1", 0)) as listener:
        seen.port = listener.getsockname()[1]
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield seen
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def certificate(folder, require_tool, *, days="1", name="wrong.test"):
    """Creates a self-signed certificate, in one file with its key; it has expired if `days` is negative."""
    openssl, key, path = require_tool("openssl"), folder / "key.pem", folder / "cert.pem"
    make = [
        openssl,
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        f"/CN={name}",
        "-keyout",
        key,
    ]
    subprocess.run([*make, "-out", folder / "request.pem"], check=True, capture_output=True)
    sign = [openssl, "x509", "-req", "-in", folder / "request.pem", "-signkey", key, "-days", days, "-out", path]
    subprocess.run(sign, check=True, capture_output=True)
    path.write_bytes(key.read_bytes() + path.read_bytes())
    return path


def serving_tls(path):
    """A server's context for a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
