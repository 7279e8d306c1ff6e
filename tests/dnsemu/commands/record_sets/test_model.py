"""Random batches on a zone, compared with the simplest way to apply them (A110–A114, A140–A151, A169, A170, A170a)."""

from hypothesis import event, given, settings
from hypothesis import strategies as st

from dnsemu.commands.errors.kinds import ApiError
from tests.dnsemu.commands.batches import CHANGE, a, alias, batch, create, emulation, leaf, listed, member
from tests.rounds import rounds

NAMES = ("a", "b", "c")
REGIONS = ("us-east-1", "eu-west-1")
CNAME_TARGETS = st.sampled_from(["x.test", *(f"{name}.example.test" for name in NAMES)])


def record_sets():
    name = st.sampled_from(NAMES)
    simple = st.builds(a, name, st.sampled_from(["192.0.2.1", "192.0.2.2"]), ttl=st.sampled_from([60, 300]))
    cname = st.builds(lambda n, target: leaf(n, "CNAME", target), name, CNAME_TARGETS)
    identifier = st.sampled_from(["s", "t"])
    weighted = st.builds(
        lambda s, n, ttl, weight: member(s, n, ttl=ttl, Weight=weight),
        identifier,
        name,
        st.sampled_from([60, 300]),
        st.sampled_from([0, 1]),
    )
    latency = st.builds(lambda s, n, r: member(s, n, Region=r), identifier, name, st.sampled_from(REGIONS))
    to = st.builds(alias, name, st.sampled_from([*NAMES, "www.elsewhere.test"]))
    weighted_to = st.builds(lambda n, t, s: alias(n, t, SetIdentifier=s, Weight=1), name, name, identifier)
    cname_to = st.builds(lambda n, t: alias(n, t, "CNAME"), name, name)
    return st.one_of(simple, cname, weighted, latency, to, weighted_to, cname_to)


CHANGES = st.one_of(
    st.tuples(st.sampled_from(["CREATE", "UPSERT"]), record_sets()),
    st.tuples(st.sampled_from(["CREATE", "DELETE", "UPSERT"]), record_sets()),
    st.tuples(st.just("DELETE"), st.integers(0, 9)),
)
"""A number stands for one of the record sets in the zone at that point."""
BATCHES = st.lists(st.lists(CHANGES, min_size=1, max_size=4), min_size=4, max_size=16)


def resolved(changes, stored):
    there = [
        (action, stored[data % len(stored)] if stored else a("a")) for action, data in changes if isinstance(data, int)
    ]
    return [change if not isinstance(change[1], int) else there.pop(0) for change in changes]


def error_of(emulated, changes):
    try:
        emulated.call(CHANGE, **batch(*changes))
    except ApiError as error:
        return error
    return None


def shown(data):
    """Returns a record set as it is listed."""
    found = {**data, "Name": data["Name"] + "."}
    if "AliasTarget" in data:
        found["AliasTarget"] = {**data["AliasTarget"], "DNSName": data["AliasTarget"]["DNSName"] + "."}
    return found


def identity(data):
    return data["Name"], data["Type"], data.get("SetIdentifier")


def by_identity(data):
    return data["Name"], data["Type"], data.get("SetIdentifier", "")


def policy(data):
    return next((field for field in ("Weight", "Region") if field in data), None)


def is_wrong(new, image):
    """True if a record set cannot be added to a list of others."""
    here = [other for other in image if other["Name"] == new["Name"]]
    group = [other for other in here if other["Type"] == new["Type"]]
    ttls = {other["TTL"] for other in [*group, new] if "TTL" in other}
    return (
        any(identity(other) == identity(new) for other in group)
        or any((other["Type"] == "CNAME") != (new["Type"] == "CNAME") for other in here)
        or any(policy(other) != policy(new) for other in group)
        or ("Weight" in new and "TTL" in new and len(ttls) > 1)
        or ("Region" in new and any(other["Region"] == new["Region"] for other in group))
        or ("AliasTarget" in new and not has_target(new, image))
        or leads_back(new, image)
    )


def targets(data):
    """Returns the names that a record set leads to, for answers of its type."""
    if "AliasTarget" in data:
        return {data["AliasTarget"]["DNSName"]}
    return {record["Value"] for record in data["ResourceRecords"]} if data["Type"] == "CNAME" else set()


def leads_back(new, image):
    """True if a record set reaches its own name after as many steps as there are record sets."""
    reached = targets(new)
    for _ in image:
        following = (targets(o) for o in image if o["Name"] in reached and o["Type"] == new["Type"])
        reached = reached.union(*following)
    return new["Name"] in reached


def has_target(new, image):
    target = new["AliasTarget"]["DNSName"]
    return target != new["Name"] and any((o["Name"], o["Type"]) == (target, new["Type"]) for o in image)


def worked_off(changes, stored):
    """Returns the list of record sets after a batch, or None if it is refused."""
    order = {}
    for action, data in changes:
        order.setdefault(identity(data), []).append(action)
    if any(
        len(actions) > 1 and actions not in (["DELETE", "CREATE"], ["DELETE", "UPSERT"]) for actions in order.values()
    ):
        return None
    image = [data for data in stored if order.get(identity(data)) != ["UPSERT"]]
    for action, data in changes:
        if action == "DELETE":
            if data not in image:
                return None
            image.remove(data)
        elif is_wrong(data, image):
            return None
        else:
            image.append(data)
    return image


@settings(max_examples=rounds(300), deadline=None)
@given(BATCHES)
def test_a113_as_a_naive_model(batches):
    emulated, stored = emulation(), []
    for drawn in batches:
        changes = resolved(drawn, stored)
        expected = worked_off(changes, stored)
        before = emulated.state
        error = error_of(emulated, changes)
        event("refused" if error else "accepted")
        assert (error is None) == (expected is not None), error
        if error is not None:
            assert error.code == "InvalidChangeBatch"
            assert emulated.state is before
        stored = stored if expected is None else expected
        assert sorted(listed(emulated), key=by_identity) == sorted(map(shown, stored), key=by_identity)


@settings(deadline=None)
@given(st.lists(record_sets(), min_size=1, max_size=4, unique_by=identity))
def test_a113_what_was_created_can_be_deleted_the_other_way_round(data):
    emulated = emulation()
    if error_of(emulated, map(create, data)):
        event("refused")
        return
    world = emulated.state.world
    emulated.call(CHANGE, **batch(*(("DELETE", one) for one in reversed(data))))
    assert listed(emulated) == []
    emulated.call(CHANGE, **batch(*map(create, data)))
    assert emulated.state.world == world
