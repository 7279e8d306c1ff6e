"""Record sets to list, and a naive sort of them."""

from hypothesis import strategies as st

from dnsemu.config import names
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Weighted
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.config.rdata.rrtypes import RRType

LABELS = ("www", "www-1", "*", "_x", "a", "A@b", r"\056", "0", "x")
IDENTITIES = st.lists(
    st.tuples(
        st.lists(st.sampled_from(LABELS), max_size=3).map(lambda part: ".".join([*part, "example.test"])),
        st.sampled_from([RRType.A, RRType.AAAA, RRType.TXT]),
        st.sampled_from(["blue", "Green", "a", ""]),
    ),
    unique=True,
    max_size=30,
)


def record_sets(identities):
    found = {}
    for text, type, identifier in identities:
        record_set = RecordSet(names.parse(text), type, Weighted(1), identifier, 60)
        found[record_set.key] = record_set
    return RecordSets(found)


def naive(record_set):
    """Returns the sort key as the rule defines it."""
    labels = names.to_text(record_set.name).rstrip(".").split(".")
    return ".".join(reversed(labels)) + ".", record_set.type.name, record_set.set_identifier or ""
