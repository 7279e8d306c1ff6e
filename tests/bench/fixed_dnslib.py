"""dnslib's UDP server with one fixed answer: the cost of parsing and rendering with the library."""

from dnslib import QTYPE, RR, A
from dnslib.server import BaseResolver, DNSLogger, DNSServer


class Fixed(BaseResolver):
    """Answers every question with one address."""

    def resolve(self, request, handler):
        reply = request.reply()
        reply.add_answer(RR(request.q.qname, QTYPE.A, ttl=60, rdata=A("192.0.2.1")))
        return reply


if __name__ == "__main__":
    quiet = DNSLogger("-request,-reply,-truncated,-error")
    server = DNSServer(Fixed(), address="127.0.0.1", port=0, logger=quiet)
    print("ready", server.server.server_address[1], flush=True)
    server.server.serve_forever()
