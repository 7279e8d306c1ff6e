"""Queries to a server over real sockets, through dnspython."""

import dns.message
import dns.query
import dns.rcode

WITHIN_S = 5.0


def query(name, type_="A", **more):
    """Returns a query; `more` goes to `dns.message.make_query`."""
    return dns.message.make_query(name, type_, **more)


def ask(port, name, type_="A", *, over=dns.query.udp, at="127.0.0.1", within_s=WITHIN_S, **more):
    """Sends a query and returns the reply. dnspython checks its id, question and sender."""
    return over(query(name, type_, **more), at, within_s, port)


def texts(reply):
    """Returns the values of the answer section, sorted; for an rcode other than NOERROR only its name."""
    if reply.rcode() != dns.rcode.NOERROR:
        return [dns.rcode.to_text(reply.rcode())]
    return sorted(str(rdata) for rrset in reply.answer for rdata in rrset)


def served(port, name, type_="A", **more):
    """Sends a query and returns the values of the answer, as `texts` does."""
    return texts(ask(port, name, type_, **more))
