"""A proxy for clients that cannot be told another endpoint: it hands requests for route53.amazonaws.com to dnsemu."""

import contextlib
import http.client
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = "route53.amazonaws.com"


@contextlib.contextmanager
def proxying(server, certificate, key):
    """Runs the proxy until the block ends; yields its address. The client must trust the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self):
            if self.path != f"{HOST}:443":
                self.send_error(403)
                return
            self.send_response(200)
            self.end_headers()
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            self.close_connection = False

        def do_GET(self):
            self._hand_on()

        def do_POST(self):
            self._hand_on()

        def finish(self):
            super().finish()
            self.connection.close()

        def log_message(self, *_):
            """Logs nothing."""

        def _hand_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            sent = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.http, timeout=30)) as there:
                there.request(self.command, self.path, body, sent)
                reply = there.getresponse()
                text = reply.read()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.getheader("Content-Type", "text/xml"))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        proxy.daemon_threads = True
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_port}"
        proxy.shutdown()
