"""RFC 9471: glue in referrals (§2, §3)."""

import dns.query
import pytest

IN_DOMAIN = ["ns.sub 60 A 192.0.2.54", "ns.sub 60 AAAA 2001:db8::54"]
SIBLING = ["ns.sibling 60 A 192.0.2.55"]
WIDE = sorted(
    [f"n{n:02}.wide 60 A 192.0.2.{100 + n}" for n in range(13)]
    + [f"n{n:02}.wide 60 AAAA 2001:db8::{100 + n}" for n in range(13)]
)


@pytest.mark.parametrize(
    ("name", "glue"),
    [
        pytest.param("x.sub", [*SIBLING, *IN_DOMAIN], id="RFC 9471 3.1: glue of the domain, and of a sibling (3.2)"),
        pytest.param("x.sibling", SIBLING, id="RFC 9471 3.1: glue of the domain"),
        pytest.param("x.unsigned", [], id="RFC 9471 2: no glue for hosts that are not below a cut of this zone"),
    ],
)
def test_glue(ask, assert_agrees, name, glue):
    assert_agrees(ask(name), {"rcode": "NOERROR", "aa": False, "tc": False, "additional": glue})


@pytest.mark.parametrize(
    ("more", "tc", "glue"),
    [
        pytest.param({}, True, None, id="RFC 9471 3.1: TC where the glue of the domain does not fit"),
        pytest.param({"use_edns": 0, "payload": 1232}, False, WIDE, id="RFC 9471 3.1: all glue if it fits"),
        pytest.param({"over": dns.query.tcp}, False, WIDE, id="RFC 9471 3.1: all glue over TCP"),
    ],
)
def test_much_glue(ask, assert_agrees, more, tc, glue):
    assert_agrees(ask("x.wide", **more), {"aa": False, "tc": tc} | ({} if glue is None else {"additional": glue}))
