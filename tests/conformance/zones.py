r"""The hosted zones of the suite, declared once: dnsemu reads them as YAML, the other servers as master files.

A row is `name ttl type value`, in the format of a master file (RFC 1035 §5.1): names without a trailing dot are below
the zone, and `\DDD` is a byte in decimal.
"""

import json
import re
from collections import defaultdict

import dns.name
import dns.rdata

MAIN = r"""
@         900  SOA    ns1 hostmaster 2026010100 7200 900 1209600 300
@         3600 NS     ns1
@         3600 NS     ns2.elsewhere.test.
@         60   A      192.0.2.1
@         60   MX     10 mail
ns1       3600 A      192.0.2.53
ns1       3600 AAAA   2001:db8::53
mail      60   A      192.0.2.25
mail      60   AAAA   2001:db8::25

a         60   A      192.0.2.10
aaaa      60   AAAA   2001:db8::10
two       60   A      192.0.2.11
two       60   A      192.0.2.12
types     60   A      192.0.2.20
types     70   AAAA   2001:db8::20
types     80   TXT    "several types, a TTL each"
mx        60   MX     10 mail
mx        60   MX     20 mail.elsewhere.test.
txt       60   TXT    "one" "two" ""
octets    60   TXT    "\000\127\255\"\092"
srv       60   SRV    1 2 5060 mail
ptr       60   PTR    a
caa       60   CAA    0 issue "ca.elsewhere.test"
naptr     60   NAPTR  100 10 "S" "SIP+D2U" "" srv
spf       60   SPF    "v=spf1 -all"
sshfp     60   SSHFP  1 1 123456789abcdef67890123456789abcdef67890
tlsa      60   TLSA   3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971
svcb      60   SVCB   1 mail alpn="h2,h3" port=8443 ipv4hint=192.0.2.10
https     60   HTTPS  1 . alpn="h2" ipv6hint=2001:db8::10

c1        60   CNAME  a
c3        30   CNAME  c2
c2        40   CNAME  c1
away      60   CNAME  www.elsewhere.test.
gone      60   CNAME  missing
gone2     60   CNAME  gone
typeless  60   CNAME  txt
cut       60   CNAME  host.sub
other     60   CNAME  www.child
loop1     60   CNAME  loop2.ring
*.ring    60   CNAME  loop1
towild    60   CNAME  x.wild
toapex    60   CNAME  @

*.wild    60   A      192.0.2.7
x.y.ent   60   A      192.0.2.9
*.cwild   60   CNAME  a

sub       60   NS     ns.sub
sub       60   NS     ns.sibling
sub       60   NS     ns.elsewhere.test.
sub       60   DS     4711 13 2 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971
ns.sub    60   A      192.0.2.54
ns.sub    60   AAAA   2001:db8::54
sibling   60   NS     ns.sibling
ns.sibling 60  A      192.0.2.55
unsigned  60   NS     ns.elsewhere.test.
child     60   NS     ns1

\000\001  60   A      192.0.2.30
dot\046dot 60  A      192.0.2.31
sp\032ace 60   A      192.0.2.32
UPPER     60   A      192.0.2.33
cased     60   PTR    MiXeD.CaSe.test.
"""
CHILD = """
@         900  SOA    ns1.conf.test. hostmaster.conf.test. 1 7200 900 1209600 300
@         3600 NS     ns1.conf.test.
www       60   A      192.0.2.88
"""
RFC_4592 = """
@              3600 SOA  ns.example.com. hostmaster.example.com. 1 7200 900 1209600 3600
@              3600 NS   ns.example.com.
@              3600 NS   ns.example.net.
*              3600 TXT  "this is a wildcard"
*              3600 MX   10 host1
sub.*          3600 TXT  "this is not a wildcard"
host1          3600 A    192.0.2.1
_ssh._tcp.host1 3600 SRV 1 1 22 host1
_ssh._tcp.host2 3600 SRV 1 1 22 host1
subdel         3600 NS   ns.example.com.
subdel         3600 NS   ns.example.net.
"""
"""The zone of RFC 4592 §2.2.1."""

MEDIUM = [f'medium 60 TXT "{n} {"m" * 150}"' for n in range(5)]
BIG = [f'big 60 TXT "{n} {"b" * 150}"' for n in range(12)]
LARGE = [f'large 60 TXT "{n:02} {"a" * 200}"' for n in range(40)]
HUGE = [f'huge 60 TXT "{n:03} {"h" * 200}"' for n in range(100)]
MXS = [f"mxs 60 MX 10 m{n}.mxs" for n in range(10)]
MXS_HOSTS = [f"m{n}.mxs 60 AAAA 2001:db8::{n}" for n in range(10)]
WIDE = [f"wide 60 NS n{n:02}.wide" for n in range(13)]
WIDE_GLUE = [f"n{n:02}.wide 60 A 192.0.2.{100 + n}" for n in range(13)]
WIDE_GLUE6 = [f"n{n:02}.wide 60 AAAA 2001:db8::{100 + n}" for n in range(13)]
LONG_LABEL = "l" * 63
LONGEST_NAME = ".".join(["x" * 61] * 3 + ["y" * 57])
"""A name that has 255 bytes on the wire, with `.conf.test.` appended."""

SIZED = [*MEDIUM, *BIG, *LARGE, *HUGE, *MXS, *MXS_HOSTS, *WIDE, *WIDE_GLUE, *WIDE_GLUE6]
LONG = [f"{LONG_LABEL} 60 A 192.0.2.34", f"{LONGEST_NAME} 60 A 192.0.2.35"]
ZONES = {
    "conf.test": [*MAIN.splitlines(), *SIZED, *LONG],
    "child.conf.test": CHILD.splitlines(),
    "example": RFC_4592.splitlines(),
}

GEO = """
geo:
  networks:
    - {network: 203.0.113.0/24, country: JP}
    - {network: "2001:db8:1::/48", country: JP}
"""
LOCATED = [
    {"name": "geo", "type": "A", "ttl": 60, "set_identifier": country, "geo_location": {"country_code": country},
     "resource_records": [address]}
    for country, address in (("JP", "192.0.2.81"), ("*", "192.0.2.99"))
]  # fmt: skip
"""Record sets that a master file cannot express; the other servers give all clients the default's answer."""
LOCATED_ROW = "geo 60 A 192.0.2.99"


def master_file(zone):
    """Returns a zone as a master file (RFC 1035 §5)."""
    return "\n".join([f"$ORIGIN {zone}.", *ZONES[zone], *([LOCATED_ROW] if zone == "conf.test" else []), ""])


def yaml():
    """Returns all zones as a dnsemu file, in JSON, which is valid YAML."""
    zones = [{"name": zone, "record_sets": list(_record_sets(zone))} for zone in ZONES]
    zones[0]["record_sets"] += LOCATED
    return f"{GEO}\nhosted_zones: {json.dumps(zones, indent=1)}\n"


def _record_sets(zone):
    sets = defaultdict(list)
    for row in filter(str.strip, ZONES[zone]):
        name, ttl, type_, value = row.split(None, 3)
        sets[name, int(ttl), type_].append(_octal(_absolute(value, type_, zone)))
    for (name, ttl, type_), values in sets.items():
        yield {"name": _octal(name), "type": type_, "ttl": ttl, "resource_records": values}


def _absolute(value, type_, zone):
    """Returns the value with absolute names."""
    origin = dns.name.from_text(zone)
    if type_ in ("TXT", "SPF"):
        return value
    rdata = dns.rdata.from_text("IN", type_, value, origin, relativize=False)
    return rdata.to_text()


def _octal(text):
    r"""Converts escapes: master files write bytes as `\DDD`, Route 53 as `\OOO`."""
    return re.sub(r"\\(\d{3})", lambda found: f"\\{int(found[1]):03o}", text)
