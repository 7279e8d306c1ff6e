"""Reads what a user asks: names or all of them, the patterns that are down, and the places that matter."""

import re
from collections.abc import Iterator, Sequence

from dnsemu.config import names
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.explain.questions import BadQuestion
from dnsemu.faults.patterns import Pattern, parse_pattern
from dnsemu.policies.location.place import Place, UnknownPlace, place_named
from dnsemu.policies.model import Group
from dnsemu.publication.board import Published
from dnsemu.what_if.tree import AnswerTree, TooManyLinks, Unanswered, tree_of
from dnsemu.what_if.work import Progress, Work
from dnsemu.zone.catalog import Catalog

MAX_NAMES_AT_ONCE = 10_000
"""Names simulated when the user names none."""
NAMES_PER_STEP = 100

_NUMBER = re.compile(r"\s*[-+]?[0-9.]+\s*")


def trees_of(published: Published, name_texts: Sequence[str], type_text: str | None) -> Work[list[AnswerTree]]:
    """The answer trees of some names, or of all names with a routing policy, a health check or an alias.

    Args:
        name_texts: none for all names.
        type_text: None for A; for all names, None for every type.
    Raises:
        BadQuestion: a name or type cannot be read, no record set answers it, or there are too many names.
    """
    if name_texts:
        type_ = read_type(type_text or "A")
        return [_tree(published, name, type_) for name in dict.fromkeys(map(_read_name, name_texts))]
    only = None if type_text is None else read_type(type_text)
    questions = yield from _all_questions(published.catalog, only)
    if not questions:
        raise BadQuestion("name", "no name has a routing policy, a health check or an alias, so no failure matters")
    trees = []
    for number, (name, type_) in enumerate(questions, 1):
        trees.append(_tree(published, name, type_))
        if not number % NAMES_PER_STEP:
            yield Progress()
    return trees


def read_type(text: str) -> RRType:
    """Reads a record type.

    Raises:
        BadQuestion: there is no such type.
    """
    try:
        return RRType[text.upper()]
    except KeyError:
        raise BadQuestion("type", f"'{text}' is no record type: write one of {', '.join(RRType.__members__)}") from None


def read_patterns(texts: Sequence[str]) -> tuple[Pattern, ...]:
    """Reads the patterns of what is down.

    Raises:
        BadQuestion: one cannot be read.
    """
    try:
        return tuple(dict.fromkeys(map(parse_pattern, texts)))
    except ValueError as bad:
        raise BadQuestion("down", str(bad)) from None


def read_places(texts: Sequence[str]) -> dict[str, Place]:
    """Reads places, several in one text separated by commas; two numbers in a row are a latitude and a longitude.

    Raises:
        BadQuestion: one is no place.
    """
    found: dict[str, Place] = {}
    for name in (name for text in texts for name in _split(text)):
        try:
            found[name] = place_named(name)
        except UnknownPlace as unknown:
            raise BadQuestion("place", str(unknown)) from None
    return found


def _split(text: str) -> Iterator[str]:
    parts = [part.strip() for part in text.split(",")]
    while parts:
        first = parts.pop(0)
        if parts and _NUMBER.fullmatch(first) and _NUMBER.fullmatch(parts[0]):
            first = f"{first},{parts.pop(0)}"
        yield first


def _all_questions(catalog: Catalog, type_: RRType | None) -> Work[list[tuple[DName, RRType]]]:
    """The names and types whose answers may depend on policy or health, by name."""
    found: list[tuple[DName, RRType]] = []
    for zone in catalog.zones.values():
        resource = catalog.resources.get(zone.name)
        if resource is not None and resource.zone is zone:
            continue
        for number, (name, node) in enumerate(zone.nodes.items(), 1):
            for group in node.groups.values():
                if _may_change(group) and type_ in (None, group.type) and catalog.zone_of(name) is zone:
                    found.append((name, group.type))
            if len(found) > MAX_NAMES_AT_ONCE:
                raise BadQuestion("name", f"more than {MAX_NAMES_AT_ONCE:,} names may change: write some of them")
            if not number % NAMES_PER_STEP:
                yield Progress()
    return sorted(found, key=lambda question: (names.display(question[0]), question[1].name))


def _may_change(group: Group) -> bool:
    return any(r.set_identifier is not None or r.health_check_id or r.alias for r in group.record_sets)


def _tree(published: Published, name: DName, type_: RRType) -> AnswerTree:
    try:
        return tree_of(published.catalog, name, type_)
    except (Unanswered, TooManyLinks) as unfit:
        raise BadQuestion("name", str(unfit)) from None


def _read_name(text: str) -> DName:
    try:
        return names.parse(text)
    except names.BadName as bad:
        raise BadQuestion("name", str(bad)) from None
