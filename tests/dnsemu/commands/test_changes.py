"""GetChange, and the dropping of old changes (A210–A214)."""

import pytest

from dnsemu.commands import context
from dnsemu.commands.context import CHANGES, utc
from dnsemu.config.model.settings import ApiSettings
from tests.dnsemu.commands.batches import CHANGE, ZONE, a, batch, create, emulation, refused_message, upsert
from tests.dnsemu.commands.emulation import NOW


def changed(emulated, **others):
    """Makes a change and returns its id."""
    return emulated.call(CHANGE, **batch(upsert(a("www")), **others))["ChangeInfo"]["Id"]


def status(emulated, id):
    return emulated.call("GetChange", Id=id)["ChangeInfo"]["Status"]


def test_a211_a433_in_sync_by_the_first_question():
    emulated = emulation()
    assert status(emulated, changed(emulated)) == "INSYNC"


def test_a211_r43_pending_until_the_delay_has_passed():
    emulated = emulation(settings=ApiSettings(change_delay_s=45))
    id = changed(emulated)
    emulated.now = NOW + 44.9
    assert status(emulated, id) == "PENDING"
    emulated.now = NOW + 45
    assert status(emulated, id) == "INSYNC"


def test_r43_a_change_of_the_future_is_in_sync_as_the_clock_went_back():
    """A reset of the clock alone publishes what is pending."""
    emulated = emulation(settings=ApiSettings(change_delay_s=45))
    id = changed(emulated)
    emulated.now = NOW - 3600
    assert status(emulated, id) == "INSYNC"


def test_a210_a214_the_whole_of_it():
    emulated = emulation()
    id = changed(emulated, comment="why")
    emulated.now += 100
    assert emulated.call("GetChange", Id=id) == {
        "ChangeInfo": {"Id": id, "Status": "INSYNC", "SubmittedAt": utc(NOW), "Comment": "why"}
    }
    assert "Comment" not in emulated.call("GetChange", Id=changed(emulated))["ChangeInfo"]


def test_a46_with_and_without_prefix():
    emulated = emulation()
    id = changed(emulated)
    assert emulated.call("GetChange", Id=id) == emulated.call("GetChange", Id=id.removeprefix("/change/"))


def test_a210_unknown():
    error = emulation().refused("GetChange", Id="/change/C15RYMEZ8RZJFM")
    assert (error.code, error.message) == ("NoSuchChange", "Could not find resource with ID: C15RYMEZ8RZJFM")


def test_a110_a_refused_batch_is_no_change():
    emulated = emulation()
    refused_message(emulated, create(a("www", "x")))
    assert list(emulated.state.rows(CHANGES)) == []


def test_a213_a429_kept_when_the_zone_is_gone():
    emulated = emulation()
    id = emulated.call(CHANGE, **batch(create(a("www"))))["ChangeInfo"]["Id"]
    emulated.call(CHANGE, **batch(("DELETE", a("www"))))
    emulated.call("DeleteHostedZone", Id=ZONE)
    assert status(emulated, id) == "INSYNC"


def test_a213_the_oldest_go(monkeypatch):
    monkeypatch.setattr(context, "MAX_CHANGES", 10)
    monkeypatch.setattr(context, "MAX_SURPLUS", 3)
    emulated = emulation()
    ids = []
    for _ in range(20):
        emulated.now += 1
        ids.append(changed(emulated))
        kept = [id for id in ids if emulated.state.row(CHANGES, id.removeprefix("/change/"))]
        assert kept == ids[-len(kept) :]
        assert min(len(ids), 10) <= len(kept) <= 13
    with pytest.raises(AssertionError, match="GetChange was not refused"):
        emulated.refused("GetChange", Id=ids[-10])
    assert emulated.refused("GetChange", Id=ids[0]).code == "NoSuchChange"
