"""Reads questions to explain, as people write them: a name, a type, and the client or its place."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from ipaddress import ip_interface

from dnsemu.answering.resolution import resolve
from dnsemu.config import names
from dnsemu.config.model.health_checks import label_in
from dnsemu.explain.tree import CheckDetail, Explanation, explain
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.location.place import UnknownPlace, place_named
from dnsemu.publication.board import Published
from dnsemu.wire.qtypes import QTYPES


class BadQuestion(ValueError):
    """A question that cannot be read; `field` is the wrong part."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


def explain_question(
    published: Published,
    health: HealthSnapshot,
    question: Mapping[str, str],
    detail: CheckDetail,
    forward_to: Sequence[str] = (),
) -> Explanation:
    """Explains the answer to a question; raises as `explaining` does."""
    return explaining(published, health, question, detail, forward_to)()


def explaining(
    published: Published,
    health: HealthSnapshot,
    question: Mapping[str, str],
    detail: CheckDetail,
    forward_to: Sequence[str] = (),
) -> Callable[[], Explanation]:
    """Reads a question, and returns the function that explains its answer, which may take long.

    Args:
        question: `name`; `type` (A if absent); `client`, an address or network, or `place`. Without the last two the
            client is unlocated and in no network.
    Raises:
        BadQuestion: a field cannot be read.
    """
    try:
        name = names.parse(question.get("name", ""))
    except names.BadName as bad:
        raise BadQuestion("name", str(bad)) from None
    type_ = _type(question.get("type") or "A")
    client, scope_bits = _client(published.locator, question)
    link = resolve(published.catalog, health, client, name, type_)
    label = partial(label_in, published.world.health_checks)
    return partial(explain, link, scope_bits, detail, forward_to=forward_to, label=label)


def _type(text: str) -> int:
    upper = text.upper()
    if upper in QTYPES:
        return QTYPES[upper]
    if upper.startswith("TYPE") and upper[4:].isdecimal() and int(upper[4:]) < 65536:
        return int(upper[4:])
    raise BadQuestion("type", f"'{text}' is no record type: write one of {', '.join(QTYPES)} or TYPEnnn")


def _client(locator: Locator, question: Mapping[str, str]) -> tuple[Client, int]:
    if place := question.get("place"):
        try:
            return Client.at_place(locator.with_latencies(place_named(place))), 0
        except UnknownPlace as unknown:
            raise BadQuestion("place", str(unknown)) from None
    if not (text := question.get("client")):
        return Client.at_place(locator.unlocated), 0
    try:
        network = ip_interface(text).network
    except ValueError:
        raise BadQuestion("client", f"'{text}' is neither an address nor a network such as 203.0.113.0/24") from None
    located = locator.locate(network.network_address.packed, network.prefixlen)
    return located.client, located.scope_bits
