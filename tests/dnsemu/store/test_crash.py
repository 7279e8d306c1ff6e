"""A process that is killed at any moment loses no acknowledged commit, and leaves no partial one.

`DNSEMU_TEST_ROUNDS` scales the 20 kills; `DNSEMU_CRASH_SEED` repeats a run.
"""

import os
import random
from multiprocessing import get_context
from secrets import randbits

from dnsemu.store.opening import open_store
from tests.dnsemu.store.crash_child import SLOTS, commit_until_killed, commit_without_room
from tests.dnsemu.store.samples import NUMBERS, TABLES, zone_with
from tests.rounds import rounds

PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.dnsemu.store.crash_child", "dnsemu.store.database"])

MAX_BEFORE_A_KILL = 200


def started(run, *arguments):
    """Starts a process; returns it with the end of the pipe that gets its reports."""
    reports, report = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=run, args=(*arguments, report), daemon=True)
    process.start()
    report.close()
    return process, reports


def remaining(reports):
    """Yields the reports up to the end of the process."""
    try:
        while True:
            yield reports.recv()
    except (EOFError, OSError):
        reports.close()


async def stored(path):
    """Returns the numbers of all stored batches, after checking that each is complete."""
    store = open_store(f"sqlite:///{path}", TABLES)
    state = await store.load()
    await store.close()
    zone = state.world.hosted_zones.get(zone_with().id, zone_with())
    numbers = {key[0]: row.value for key, row in state.rows(NUMBERS)}
    new = {value for key, value in numbers.items() if key.startswith("new")}
    assert {record_set.ttl for record_set in zone.record_sets.values()} == new
    for slot in range(SLOTS):
        assert numbers.get(f"left {slot}") == numbers.get(f"right {slot}")
    return new


async def test_acknowledged_commits_survive_a_kill(tmp_path):
    seed = int(os.environ.get("DNSEMU_CRASH_SEED", randbits(32)))
    print(f"DNSEMU_CRASH_SEED={seed}")
    dice = random.Random(seed)
    path = tmp_path / "a.db"
    acknowledged: set[int] = set()
    for crash in range(rounds(20)):
        process, reports = started(commit_until_killed, path, crash * 1_000_000)
        for _ in range(dice.randint(1, MAX_BEFORE_A_KILL)):
            acknowledged.add(reports.recv())
        process.kill()
        acknowledged.update(remaining(reports))
        process.join()
        process.close()
        found = await stored(path)
        assert acknowledged <= found, f"lost in crash {crash}, seed {seed}"


async def test_acknowledged_commits_survive_a_full_disk(tmp_path):
    path = tmp_path / "a.db"
    process, reports = started(commit_without_room, path)
    *before, failure, after = remaining(reports)
    process.join()
    process.close()
    assert "nothing was changed" in failure
    assert await stored(path) == {*before, after}
    assert before
