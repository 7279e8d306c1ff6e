"""`dig` and `kdig` read every kind of answer without a warning."""

import re

import pytest

ANSWERS = [
    pytest.param("www", "A", "NOERROR", "qr aa", id="an answer"),
    pytest.param("blog", "A", "NOERROR", "qr aa", id="a CNAME and what it leads to"),
    pytest.param("even", "A", "NOERROR", "qr aa", id="weighted"),
    pytest.param("x.y.wild", "A", "NOERROR", "qr aa", id="a wildcard"),
    pytest.param("www", "MX", "NOERROR", "qr aa", id="NODATA"),
    pytest.param("missing", "A", "NXDOMAIN", "qr aa", id="NXDOMAIN"),
    pytest.param("deep.sub", "A", "NOERROR", "qr", id="a referral"),
    pytest.param("big", "TXT", "NOERROR", "qr aa", id="more than a datagram holds"),
    pytest.param("www.other.test.", "A", "REFUSED", "qr", id="REFUSED"),
]
WARNING_OF_ANY_AUTHORITY = ";; WARNING: recursion requested but not available"


@pytest.fixture
def dig(run, shop):
    def dig(name, *arguments):
        return run("dig", "@127.0.0.1", "-p", shop.dns, absolute(name), *arguments)

    return dig


@pytest.fixture
def kdig(run, shop):
    def kdig(*arguments):
        return run("kdig", "@127.0.0.1", "-p", shop.dns, *arguments)

    return kdig


def absolute(name):
    return name if name.endswith(".") else f"{name}.shop.test."


def complaints(output):
    """Returns the warnings that dig or kdig printed about a reply."""
    loud = re.compile(
        r";;? ?(?:WARNING|Warning|ERROR|Got bad|Got \w+ answer|.*(?:malformed|extra|mismatch|unexpected))"
    )
    return [line for line in output.splitlines() if loud.match(line) and line != ";; Got answer:"]


@pytest.mark.parametrize("how", [["+notcp", "+bufsize=512"], ["+tcp"]], ids=["UDP", "TCP"])
@pytest.mark.parametrize(("name", "type_", "rcode", "flags"), ANSWERS)
def test_dig_reads_it_without_a_warning(dig, name, type_, rcode, flags, how):
    asked = dig(name, type_, "+norecurse", *how)
    assert f"status: {rcode}," in asked
    assert f";; flags: {flags};" in asked
    assert complaints(asked) == []


@pytest.mark.parametrize(("name", "type_", "rcode", "flags"), ANSWERS)
def test_dig_without_options_warns_about_recursion_only(dig, name, type_, rcode, flags):
    asked = dig(name, type_)
    assert f"status: {rcode}," in asked
    assert f";; flags: {flags} rd;" in asked
    assert complaints(asked) == [WARNING_OF_ANY_AUTHORITY]


@pytest.mark.parametrize(("name", "type_", "rcode", "flags"), ANSWERS)
@pytest.mark.parametrize("how", [["+notcp", "+bufsize=4096"], ["+tcp"]], ids=["UDP", "TCP"])
def test_kdig_reads_it_without_a_warning(kdig, name, type_, rcode, flags, how):
    asked = kdig(absolute(name), type_, "+norec", *how)
    assert f"status: {rcode};" in asked
    assert f";; Flags: {flags};" in asked
    assert complaints(asked) == []


def test_dig_retries_a_truncated_reply_over_tcp(dig):
    plain = dig("big", "TXT", "+bufsize=512")
    assert ";; Truncated, retrying in TCP mode." in plain
    assert "(TCP)" in plain
    assert len(re.findall(r'^big\.shop\.test\..*"\d a+"$', plain, re.MULTILINE)) == 8
    cut = dig("big", "TXT", "+bufsize=512", "+ignore", "+norecurse")
    assert re.search(r";; flags: [a-z ]*\btc\b", cut)
    assert int(re.search(r"MSG SIZE  rcvd: (\d+)", cut)[1]) <= 512


def test_kdig_retries_a_truncated_reply_over_tcp(kdig):
    (warning,) = complaints(asked := kdig("big.shop.test", "TXT", "+norec"))
    assert warning.startswith(";; WARNING: truncated reply")
    assert "ANSWER: 8;" in asked


@pytest.mark.parametrize("program", ["dig", "kdig"])
@pytest.mark.parametrize(
    ("subnet", "answer", "option"),
    [
        pytest.param("203.0.113.0/24", "192.0.2.81", "203.0.113.0/24/24", id="Japan"),
        pytest.param("198.51.100.77/32", "192.0.2.49", "198.51.100.77/32/24", id="an address in Germany"),
        pytest.param("2001:db8:1::/48", "192.0.2.49", "2001:db8:1::/48/48", id="an IPv6 network"),
        pytest.param("0.0.0.0/0", "192.0.2.2", "0.0.0.0/0/0", id="R130 a client that does not disclose its network"),
    ],
)
def test_the_client_subnet_locates_the_client(run, shop, program, subnet, answer, option):
    """R127: the ECS network decides the answer. R132: the scope is the number of bits that it depends on."""
    asked = run(program, "@127.0.0.1", "-p", shop.dns, "geo.shop.test.", f"+subnet={subnet}", "+norecurse")
    assert complaints(asked) == []
    (found,) = re.findall(r"\sA\s+(\S+)$", asked, re.MULTILINE)
    assert found == answer
    assert re.search(r"CLIENT-SUBNET: (\S+)", asked)[1] == option


def test_several_questions_over_one_kept_connection(kdig):
    asked = kdig("+tcp", "+keepopen", "www.shop.test", "A", "missing.shop.test", "A", "big.shop.test", "TXT")
    assert re.findall(r"status: (\w+);", asked) == ["NOERROR", "NXDOMAIN", "NOERROR"]
    assert asked.count("(TCP)") == 3
    assert complaints(asked) == []


def test_dig_short_over_both_protocols(dig):
    assert dig("www", "+short") == dig("www", "+short", "+tcp") == "192.0.2.1\n"
