"""A server that is killed at any moment restarts with every acknowledged call, no partial one, and answers from that.

`DNSEMU_TEST_ROUNDS` multiplies the number of kills; `DNSEMU_CRASH_SEED` repeats a run.
"""

import contextlib
import itertools
import os
import random
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from secrets import randbits

from botocore.exceptions import ConnectionError as NotConnected
from botocore.exceptions import HTTPClientError

from tests.e2e.asking import served
from tests.e2e.aws import change, create, delete, make_zone, refused, route53, upsert
from tests.rounds import rounds
from tests.serving import DNSEMU, FREE_PORTS, Server, serving

BROKEN = (NotConnected, HTTPClientError)
"""Errors that a client gets from a killed server."""

WRITERS = 2
MAX_PRESENT = 3
"""Items that a client leaves in place: with each new one it deletes the oldest."""

MAX_CALLS = 150
"""Calls of one run of the server."""

MAX_KILL_DELAY_S = 0.02
"""The longest time from an acknowledgement to the kill: calls take a few milliseconds."""

KILLED_AT_START = 0.25
"""The probability of a kill before the server is ready."""

REFERENCES_TRIED = 20


def address(number):
    return f"192.0.{number // 250 % 256}.{number % 250}"


class Writer:
    """A client that sends batch after batch to one zone; a kill leaves at most one of them in doubt."""

    def __init__(self, apex):
        self.apex = apex
        self.zone = None
        self.number = 0
        self.change = None
        self.unacknowledged = 0

    def call(self, client):
        """Sends the next batch: two names with one value, a counter, one new name, one deleted name."""
        number = self.number + 1
        value = address(number)
        gone = number - MAX_PRESENT
        self.change = change(
            client,
            self.zone,
            upsert(f"a.{self.apex}", value),
            create(f"new{number}.{self.apex}", value),
            upsert(f"counter.{self.apex}", f'"{number}"', type_="TXT"),
            *([delete(f"new{gone}.{self.apex}", address(gone))] if gone > 0 else []),
            upsert(f"b.{self.apex}", value),
        )
        self.number = number

    def recover(self, client, server):
        """Checks that the zone is as the last acknowledged batch left it, or the one after."""
        if self.zone is None:
            self.zone = make_zone(client, self.apex, self.apex)
        listed = {(found["Name"], found["Type"]): values_of(found) for found in record_sets(client, self.zone)}
        found = int(listed.get((f"counter.{self.apex}.", "TXT"), ['"0"'])[0].strip('"'))
        assert found in (self.number, self.number + 1)
        assert {key: values for key, values in listed.items() if key[0] != f"{self.apex}."} == self.after(found)
        for (name, type_), values in listed.items():
            assert served(server.dns, name, type_) == values
        for number in (found - MAX_PRESENT, found + 1):
            assert served(server.dns, f"new{number}.{self.apex}") == ["NXDOMAIN"]
        if self.change is not None:
            stored = client.get_change(Id=self.change["Id"])["ChangeInfo"]
            assert stored["SubmittedAt"] == self.change["SubmittedAt"]
        self.unacknowledged += found - self.number
        self.number = found

    def after(self, number):
        """Returns the record sets below the apex after this batch."""
        if number == 0:
            return {}
        new = {f"new{n}": [address(n)] for n in range(max(number - MAX_PRESENT, 0) + 1, number + 1)}
        addresses = {"a": [address(number)], "b": [address(number)]} | new
        return {(f"{label}.{self.apex}.", "A"): values for label, values in addresses.items()} | {
            (f"counter.{self.apex}.", "TXT"): [f'"{number}"']
        }


class Maker:
    """A client that creates zones and health checks, and deletes older ones."""

    def __init__(self):
        self.numbers = itertools.count(1)
        self.todo = []
        self.there = {"zone": {}, "check": {}}
        self.gone = {"zone": {}, "check": {}}
        """Ids by number; the number is the caller reference."""
        self.unacknowledged = 0

    def call(self, client):
        """Makes the next call; it stays in `todo` until it is acknowledged."""
        if not self.todo:
            number = next(self.numbers)
            self.todo = [(create, kind, number) for kind in self.there]
            self.todo += [(delete, kind, number - MAX_PRESENT) for kind in self.there if number > MAX_PRESENT]
        do, kind, number = self.todo[0]
        if do is create:
            self.there[kind][number] = CREATE[kind](client, number)
        else:
            DELETE[kind](client, self.there[kind][number])
            self.gone[kind][number] = self.there[kind].pop(number)
        self.todo.pop(0)

    def recover(self, client, server, tried):
        """Checks what exists, that it answers, and that caller references stay taken after a deletion.

        Args:
            tried: picks the caller references to try from a list.
        """
        listed = {kind: list_all(client) for kind, list_all in LIST.items()}
        if self.todo:
            self._settle_unacknowledged(listed)
        assert listed == self.there
        assert {check["id"] for check in server.status()["health_checks"]} == set(listed["check"].values())
        for number in listed["zone"]:
            assert served(server.dns, f"zone{number}.test", "NS") == values_of(
                record_sets(client, listed["zone"][number])[0]
            )
        for number in tried(list(self.gone["zone"])):
            assert served(server.dns, f"zone{number}.test", "NS") == ["REFUSED"]
        for number in tried([*self.there["zone"], *self.gone["zone"]]):
            assert refused(create_zone, client, number)[1] == "HostedZoneAlreadyExists"
        for number in tried(list(self.gone["check"])):
            assert refused(create_check, client, number)[1] == "HealthCheckAlreadyExists"
        for number, check_id in self.there["check"].items():
            assert create_check(client, number) == check_id
            assert refused(create_check, client, number, Port=2)[1] == "HealthCheckAlreadyExists"

    def _settle_unacknowledged(self, listed):
        """Finds out if the unacknowledged call was executed."""
        do, kind, number = self.todo[0]
        is_done = (number in listed[kind]) is (do is create)
        if not is_done:
            return
        if do is create:
            self.there[kind][number] = listed[kind][number]
        else:
            self.gone[kind][number] = self.there[kind].pop(number)
        self.unacknowledged += 1
        self.todo.pop(0)


def values_of(found):
    return sorted(record["Value"] for record in found["ResourceRecords"])


def record_sets(client, zone_id):
    pages = client.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone_id)
    return [found for page in pages for found in page["ResourceRecordSets"]]


def create_zone(client, number):
    return make_zone(client, f"zone{number}.test", f"{number}")


def create_check(client, number, **more):
    config = {"Type": "TCP", "IPAddress": "127.0.0.1", "Port": 1, "Disabled": True} | more
    return client.create_health_check(CallerReference=f"{number}", HealthCheckConfig=config)["HealthCheck"]["Id"]


def zones(client):
    """Returns the zones that the maker created, by number."""
    pages = client.get_paginator("list_hosted_zones").paginate()
    found = [zone for page in pages for zone in page["HostedZones"]]
    return {int(zone["CallerReference"]): zone["Id"] for zone in found if zone["CallerReference"].isdigit()}


def checks(client):
    pages = client.get_paginator("list_health_checks").paginate()
    return {int(check["CallerReference"]): check["Id"] for page in pages for check in page["HealthChecks"]}


CREATE = {"zone": create_zone, "check": create_check}
DELETE = {
    "zone": lambda client, zone_id: client.delete_hosted_zone(Id=zone_id),
    "check": lambda client, check_id: client.delete_health_check(HealthCheckId=check_id),
}
LIST = {"zone": zones, "check": checks}


@contextlib.contextmanager
def process(command):
    """Starts a process that is killed at the end of the block; yields it with the files of its output."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = subprocess.Popen(command, stdout=output, stderr=errors)
        try:
            yield started, output, errors
        finally:
            started.kill()
            started.wait()


class Run:
    """One run of the server, from the start to the kill."""

    def __init__(self):
        self.acknowledged = threading.Semaphore(0)
        self.is_ending = threading.Event()

    def work(self, call, client):
        """Makes calls until the server is killed, and no earlier; returns the number of answered calls."""
        calls = 0
        try:
            while True:
                call(client)
                calls += 1
                self.acknowledged.release()
        except BROKEN:
            assert self.is_ending.is_set()
        return calls


def test_a86_h96_acknowledged_calls_survive_a_kill_of_the_server(tmp_path):
    seed = int(os.environ.get("DNSEMU_CRASH_SEED", randbits(32)))
    print(f"DNSEMU_CRASH_SEED={seed}")
    dice = random.Random(seed)
    command = [DNSEMU, "serve", *FREE_PORTS, "--store", f"sqlite:///{tmp_path / 'dnsemu.db'}"]
    writers = [Writer(f"writer{number}.test") for number in range(WRITERS)]
    maker = Maker()
    moment = threading.Event()

    def recover(client, server, tried):
        for writer in writers:
            writer.recover(client, server)
        maker.recover(client, server, tried)

    def some(numbers):
        return dice.sample(numbers, min(len(numbers), REFERENCES_TRIED))

    calls = 0
    for _ in range(rounds(4)):
        if dice.random() < KILLED_AT_START:
            with process(command):
                moment.wait(dice.random())
        run = Run()
        with ThreadPoolExecutor() as pool, process(command) as started:
            server = Server(*started)
            client = route53(server)
            recover(client, server, some)
            works = [pool.submit(run.work, one.call, client) for one in (*writers, maker)]
            for _ in range(dice.randint(1, MAX_CALLS)):
                assert run.acknowledged.acquire(timeout=30)
            moment.wait(dice.uniform(0, MAX_KILL_DELAY_S))
            run.is_ending.set()
        calls += sum(work.result() for work in works)
    with serving(command) as server:
        recover(route53(server), server, list)
    made = {kind: len(there) + len(maker.gone[kind]) for kind, there in maker.there.items()}
    unacknowledged = maker.unacknowledged + sum(writer.unacknowledged for writer in writers)
    print(f"{calls} calls acknowledged: {sum(writer.number for writer in writers)} batches, made {made}")
    print(f"{unacknowledged} more were done when the server died before it said so")
