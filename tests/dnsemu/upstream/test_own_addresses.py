"""An upstream that is dnsemu itself is refused, whichever way it is written."""

import pytest

from dnsemu.config.text.addresses import parse_address
from dnsemu.upstream.own_addresses import ForwardsToItself, refuse_own

OWN = [
    ("127.0.0.1:1053", "127.0.0.1:1053"),
    ("0.0.0.0:1053", "127.0.0.1:1053"),
    ("127.0.0.9:1053", "0.0.0.0:1053"),
    ("[::ffff:127.0.0.1]:1053", "127.0.0.1:1053"),
    ("[::ffff:127.0.0.9]:1053", "0.0.0.0:1053"),
    ("[::1]:1053", "[::1]:1053"),
    ("[::]:1053", "[::1]:1053"),
]
OTHERS = [
    ("127.0.0.1:1054", "127.0.0.1:1053"),
    ("127.0.0.2:1053", "127.0.0.1:1053"),
    ("192.0.2.53:1053", "0.0.0.0:1053"),
    ("127.0.0.1:1053", "[::1]:1053"),
    ("127.0.0.1:1053", "[::]:1053"),
    ("[2001:db8::53]:1053", "[::]:1053"),
]


def addresses(*texts):
    return [parse_address(text) for text in texts]


@pytest.mark.parametrize(("upstream", "listening"), OWN)
def test_it_is_refused(upstream, listening):
    with pytest.raises(ForwardsToItself) as refused:
        refuse_own(addresses("192.0.2.53:53", upstream), addresses("127.0.0.77:99", listening))
    assert str(refused.value).startswith(f"--forward {parse_address(upstream)}: this server listens on {listening}")


@pytest.mark.parametrize(("upstream", "listening"), OTHERS)
def test_another_server_is_not_refused(upstream, listening):
    refuse_own(addresses(upstream), addresses(listening))
