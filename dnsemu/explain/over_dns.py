"""Explanations over DNS: `dig TXT [TYPE.]NAME._explain` explains the answer to NAME.

Each line is a TXT record and begins with its number, because a resolver may reorder the records. A first label that is
a record type is the type to explain; without one it is A.
"""

from collections.abc import Iterable
from functools import partial

from dnsemu.answering.resolution import resolve
from dnsemu.config import names
from dnsemu.config.model.health_checks import label_in
from dnsemu.config.names import ROOT, DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.explain.lines import ASCII
from dnsemu.explain.text import explanation_lines
from dnsemu.explain.tree import CheckDetail, explain
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot
from dnsemu.policies.location.client import Client
from dnsemu.publication.board import Published
from dnsemu.wire.protocol import RR, RCode
from dnsemu.wire.qtypes import QTYPES
from dnsemu.wire.reply import Reply

SUFFIX = DName(b"\x08_explain\x00")
MAX_STRING_BYTES = 255
MAX_DECISIONS = 40
"""Bound on decisions in one answer; the command line and the control API show more."""
MAX_CANDIDATES = 200
"""Bound on record sets in one answer: what can be explained within about 10 ms, in which no other query is answered."""
MAX_BYTES = 50_000
"""Bound on the text of one answer; a DNS message holds little more."""

_RR_BYTES = 20
_ASCII = str.maketrans(ASCII)


def question_to_explain(name: DName) -> tuple[DName, int] | None:
    """The name and type that a query under `_explain` is about; None for any other query."""
    if name == SUFFIX or not names.is_at_or_below(name, SUFFIX):
        return None
    rest = DName(name[: -len(SUFFIX)] + ROOT)
    first, below = next(names.labels(rest)).decode("latin-1").upper(), names.parent(rest)
    if below == ROOT:
        return rest, RRType.A
    return (below, QTYPES[first]) if first in QTYPES else (rest, RRType.A)


def explanation_reply(
    published: Published,
    health: HealthSnapshot,
    client: Client,
    scope_bits: int,
    question: tuple[DName, int],
    owner: DName,
    detail: CheckDetail,
) -> Reply:
    """The explanation of a question as TXT records with a TTL of 0, for the client that sent the query.

    Args:
        question: the name and type to explain.
        owner: the query's name.
    """
    link = resolve(published.catalog, health, client, *question)
    label = partial(label_in, published.world.health_checks)
    explanation = explain(link, scope_bits, detail, MAX_DECISIONS, label=label, max_candidates=MAX_CANDIDATES)
    lines = (line.text for line in explanation_lines(explanation))
    answer: list[RR] = [(owner, int(RRType.TXT), 0, rdata) for rdata in _txt(lines)]
    return Reply(RCode.NOERROR, is_authoritative=True, answer=answer, scope_bits=scope_bits)


def _txt(lines: Iterable[str]) -> Iterable[bytes]:
    bytes_left = MAX_BYTES
    for number, line in enumerate(lines, 1):
        bytes_left -= len(line) + _RR_BYTES
        if bytes_left < 0:
            yield from _txt_line(f"{number:03} and more that does not fit into a DNS message")
            return
        yield from _txt_line(f"{number:03} {line.translate(_ASCII)}")


def _txt_line(line: str) -> Iterable[bytes]:
    text = line.encode("ascii", "replace")
    strings = [text[at : at + MAX_STRING_BYTES] for at in range(0, len(text), MAX_STRING_BYTES)]
    yield b"".join(bytes([len(string)]) + string for string in strings)
