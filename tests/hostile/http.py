"""Sends HTTP requests to a server, for tests that look at statuses."""

import contextlib
import http.client


@contextlib.contextmanager
def requests_to(server, timeout_s=10):
    """Yields a function that sends a request on a new connection and returns the status and the reply."""

    def send(method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.http, timeout=timeout_s)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body.encode() if isinstance(body, str) else body, sent)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    yield send
