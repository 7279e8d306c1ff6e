"""Asking a server over real sockets, through dnspython."""

import dns.message
import dns.query
import dns.rcode

WITHIN_S = 5.0


def query(name, type_="A", **more):
    """A message as dnspython makes it; `more` goes to `make_query`."""
    return dns.message.make_query(name, type_, **more)


def ask(port, name, type_="A", *, over=dns.query.udp, at="127.0.0.1", within_s=WITHIN_S, **more):
    """The reply; dnspython has checked id, question and sender."""
    return over(query(name, type_, **more), at, within_s, port)


def texts(reply):
    """The values of the answer section, sorted; an rcode other than NOERROR stands for itself."""
    if reply.rcode() != dns.rcode.NOERROR:
        return [dns.rcode.to_text(reply.rcode())]
    return sorted(str(rdata) for rrset in reply.answer for rdata in rrset)


def served(port, name, type_="A", **more):
    """The values that a server answers with just now."""
    return texts(ask(port, name, type_, **more))
