"""Text of /etc/resolv.conf and /etc/nsswitch.conf: what the machine has, and what a command gets instead."""

import re
from collections.abc import Iterator, Sequence

from dnsemu.config.text.addresses import Address, parse_upstream

MAX_NAME_SERVERS = 3
"""The C library reads no more from resolv.conf."""

_HOSTS = re.compile(r"^[ \t]*hosts[ \t]*:.*$", re.MULTILINE)


def name_servers(resolv_conf: str) -> tuple[Address, ...]:
    """Returns the name servers of a resolv.conf; those with a scope, such as `fe80::1%eth0`, are left out."""
    return tuple(_name_servers(resolv_conf))[:MAX_NAME_SERVERS]


def _name_servers(resolv_conf: str) -> Iterator[Address]:
    for words in _lines(resolv_conf):
        if words[0] == "nameserver" and len(words) > 1 and "%" not in words[1]:
            try:
                yield parse_upstream(words[1])
            except ValueError:
                continue


def resolv_conf_with(name_server: str, original: str) -> str:
    """Returns a resolv.conf that names one server; search list and options stay as in the original."""
    kept = [" ".join(words) for words in _lines(original) if words[0] in {"search", "domain", "options"}]
    return "\n".join(["# written by dnsemu run", f"nameserver {name_server}", *kept]) + "\n"


def nsswitch_with_dns(original: str) -> str:
    """Returns an nsswitch.conf that looks host names up in /etc/hosts, then in DNS; its other lines stay."""
    found = _HOSTS.search(original)
    own_name = " myhostname" if found and "myhostname" in found[0].split("#")[0].split() else ""
    line = f"hosts: files dns{own_name}"
    if found:
        return _HOSTS.sub(line, original)
    return f"{original.rstrip()}\n{line}\n".lstrip()


def _lines(text: str) -> Iterator[Sequence[str]]:
    for line in text.splitlines():
        words = re.split(r"[#;]", line, maxsplit=1)[0].split()
        if words:
            yield words
