"""A process that dies at any moment loses nothing that was acknowledged, and leaves nothing half-done.

`DNSEMU_CRASHES` is how many times it dies, 20 unless told; `DNSEMU_CRASH_SEED` repeats a run.
"""

import os
import random
from multiprocessing import get_context
from secrets import randbits

from dnsemu.store.opening import open_store
from tests.dnsemu.store.crash_child import SLOTS, commit_until_killed, commit_without_room
from tests.dnsemu.store.kept import NUMBERS, TABLES, zone_with
from tests.rounds import rounds

PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.dnsemu.store.crash_child", "dnsemu.store.database"])

MAX_BEFORE_A_KILL = 200


def started(run, *arguments):
    """A process that runs it, and the end of the pipe where it tells what was done."""
    told, telling = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=run, args=(*arguments, telling), daemon=True)
    process.start()
    telling.close()
    return process, told


def everything(told):
    """What was told up to the end, and what the process's death let through of it."""
    try:
        while True:
            yield told.recv()
    except (EOFError, OSError):
        told.close()


async def kept(path):
    """The numbers of all batches that are there, after seeing that each is there as a whole."""
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


async def test_what_was_acknowledged_survives_any_death(tmp_path):
    seed = int(os.environ.get("DNSEMU_CRASH_SEED", randbits(32)))
    print(f"DNSEMU_CRASH_SEED={seed}")
    dice = random.Random(seed)
    path = tmp_path / "a.db"
    acknowledged: set[int] = set()
    for crash in range(rounds(20)):
        process, told = started(commit_until_killed, path, crash * 1_000_000)
        for _ in range(dice.randint(1, MAX_BEFORE_A_KILL)):
            acknowledged.add(told.recv())
        process.kill()
        acknowledged.update(everything(told))
        process.join()
        process.close()
        found = await kept(path)
        assert acknowledged <= found, f"lost in crash {crash}, seed {seed}"


async def test_what_was_acknowledged_survives_a_full_disk(tmp_path):
    path = tmp_path / "a.db"
    process, told = started(commit_without_room, path)
    *before, failure, after = everything(told)
    process.join()
    process.close()
    assert "nothing was changed" in failure
    assert await kept(path) == {*before, after}
    assert before
