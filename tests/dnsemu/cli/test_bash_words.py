"""Words as bash splits them are joined, and candidates replace only what bash replaces."""

import pytest

from dnsemu.cli.bash_words import BashWords


def of(*words, cursor=None):
    position = len(words) - 1 if cursor is None else cursor
    return BashWords.of({"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(position)})


@pytest.mark.parametrize(
    ("split", "joined", "kept"),
    [
        pytest.param(["dnsemu", "force", "web"], ["dnsemu", "force", "web"], "", id="nothing to join"),
        pytest.param(["dnsemu", "force", ""], ["dnsemu", "force", ""], "", id="an empty word"),
        pytest.param(["dnsemu", "force", "region", ":"], ["dnsemu", "force", "region:"], "region:", id="an open colon"),
        pytest.param(
            ["dnsemu", "force", "region", ":", "us"], ["dnsemu", "force", "region:us"], "region:", id="a pattern"
        ),
        pytest.param(
            ["dnsemu", "force", "region", ":", "us", "un"], ["dnsemu", "force", "region:us", "un"], "", id="one before"
        ),
        pytest.param(
            ["dnsemu", "explain", "--server", "=", "http", ":", "//127.0.0.1", ":", "8053", "w"],
            ["dnsemu", "explain", "--server=http://127.0.0.1:8053", "w"],
            "",
            id="a URL",
        ),
        pytest.param(
            ["dnsemu", "force", "address", ":", "fe80", "::", "1"],
            ["dnsemu", "force", "address:fe80::1"],
            "address:fe80::",
            id="an IPv6 address",
        ),
    ],
)
def test_words_are_joined(split, joined, kept):
    words = of(*split)
    assert (list(words.words), words.position, words.kept) == (joined, len(joined) - 1, kept)


def test_words_behind_the_cursor_do_not_matter():
    words = of("dnsemu", "force", "we", "unhealthy", cursor=2)
    assert words.environment == {"COMP_WORDS": "dnsemu\nforce\nwe", "COMP_CWORD": "2"}


@pytest.mark.parametrize(
    ("split", "candidate", "put_in"),
    [
        (["force", "web"], "web-us", "web-us"),
        (["force", "region", ":", "us"], "region:us-east-1", "us-east-1"),
        (["what-if", "--down", "=", "region", ":", "us"], "region:us-east-1", "us-east-1"),
        (["explain", "--place", "=", "J"], "JP", "JP"),
        (["force", "Web"], "Web US", r"Web\ US"),
        (["force", "'Web"], "Web US", "Web US"),
        (["explain", ""], "*.shop.test", r"\*.shop.test"),
    ],
)
def test_a_candidate_replaces_what_bash_replaces(split, candidate, put_in):
    assert of(*split).completed(candidate) == put_in
