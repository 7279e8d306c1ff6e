"""The methods of the fixture `dnsemu`: what tests load, break, ask and assert."""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dnsemu.testing.answers import Answer, SharesByValue, exact, shares_of, split_text
from dnsemu.testing.connected import Connected
from dnsemu.testing.control import Refused
from dnsemu.testing.durations import seconds_in
from dnsemu.testing.failover import Rehearsal
from dnsemu.testing.waiting import AsyncDnsemu

Changes = Sequence[Mapping[str, Any]]
Endpoints = str | Mapping[str, str]


class Dnsemu(Connected):
    """A server for tests. Endpoints are simulated and time stands still, unless a test says otherwise.

    Use it in a `with` statement, or call `close`.
    """

    def __init__(self, server: str | None = None, *, seed: int = 1) -> None:
        """Starts a server, or takes over a running one.

        Args:
            server: a `dnsemu` program that is installed elsewhere, or the URL of a running server, whose content is
                replaced; None for the program beside this module.
            seed: fixes all random draws of a server that is started here.
        Raises:
            ServerLost: there is no server.
        """
        super().__init__(server, seed)
        self._files: dict[str, str] = {}
        self._endpoints: Endpoints = "simulated"
        self.reset()

    # --- content ---

    def load(self, *files: str | os.PathLike[str], endpoints: Endpoints | None = None) -> None:
        """Hosts files, beside what was loaded before; a file that is loaded again replaces itself.

        Args:
            endpoints: "simulated" (up until `fail`, the default), "real", or the addresses of those that are real, by
                health check: `{"web-us": "127.0.0.1:8101"}`.
        Raises:
            Refused: errors in the files, each with its line; nothing changed.
        """
        texts = {str(Path(file).absolute()): Path(file).read_text("utf-8") for file in files}
        self._host(self._files | texts, self._endpoints if endpoints is None else endpoints)

    def zone(
        self, name: str, record_sets: Sequence[Mapping[str, Any]], *, health_checks: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Hosts one zone from Python, in the words of the file; raises as `load` does."""
        content: dict[str, Any] = {"hosted_zones": [{"name": name, "record_sets": list(record_sets)}]}
        if health_checks:
            content["health_checks"] = list(health_checks)
        self._host(self._files | {f"zone {name}.json": json.dumps(content)}, self._endpoints)

    def reset(self) -> None:
        """Puts the server back to its start: no content, no faults, time as at the start. One that ended is started."""
        super().reset()
        self._files, self._endpoints = {}, "simulated"
        self._control.post("files", {"files": [], "endpoints": "simulated"})
        self._control.post("reset", {})
        if not self._control.get("clock")["stands_still"]:
            self._control.post("clock", {"do": "pause"})

    def _host(self, files: dict[str, str], endpoints: Endpoints) -> None:
        """Hosts files, and lets time pass until every checker has probed once, as it would have in a running system."""
        body = {
            "files": [{"name": name, "text": text} for name, text in files.items()],
            "endpoints": endpoints if isinstance(endpoints, str) else dict(endpoints),
        }
        before, self._endpoints = self._endpoints, endpoints
        try:
            self._refuse_to_hold_a_loop("load")
            hosted = self._control.post("files", body)
        except Refused:
            self._endpoints = before
            raise
        self._files = files
        if hosted["observed_in_s"]:
            self.advance(hosted["observed_in_s"])

    def change(self, zone: str, changes: Changes) -> None:
        """Changes record sets as the Route 53 API does, all or none; they last until the next `load`.

        Args:
            zone: the hosted zone's name.
            changes: `{"action": "UPSERT", "record_set": {…}}`, in the words of the file; or CREATE, DELETE.
        Raises:
            Refused: there is no such zone, or Route 53 would refuse the change.
        """
        self._control.post("changes", {"zone": zone, "changes": list(changes)})

    # --- faults ---

    def fail(self, pattern: str, how: str = "refuse") -> None:
        """Makes endpoints fail, as their checkers will see.

        Args:
            pattern: `web-us`, `web-*`, `region:us-east-1`, `az:use1-az1` or `address:192.0.2.1`.
            how: `refuse`, `timeout`, `slow: 5s`, `status: 503` or `body: TEXT`.
        Raises:
            Refused: the pattern matches nothing.
        """
        self._control.post("endpoint-faults", {"pattern": pattern, "how": how})

    def heal(self, pattern: str | None = None) -> None:
        """Ends the faults of the endpoints that a pattern matches; without a pattern, all faults.

        Raises:
            Refused: nothing that the pattern matches fails.
        """
        self._control.post("endpoint-faults/heal", {"pattern": pattern})

    def force(self, pattern: str, status: str = "unhealthy") -> None:
        """Overrides the statuses of health checks at once: `healthy`, `unhealthy`, or `auto` to end that.

        Raises:
            Refused: the pattern matches no health check.
        """
        self._control.post("force", {"pattern": pattern, "status": status})

    def dns_fault(self, **fault: Any) -> None:
        """Breaks answers. Not supported yet.

        Raises:
            Refused: always.
        """
        raise Refused("DNS faults are not supported yet: write fail() for endpoints, or force() for health checks")

    # --- time ---

    @property
    def now_s(self) -> float:
        """The server's time, in seconds since the epoch."""
        return float(self._control.get("clock")["now_s"])

    def advance(self, duration: str | float) -> None:
        """Lets time pass: `"90s"`, `"1m30s"`, or a number of seconds. Every probe on the way is made.

        Raises:
            Refused: endpoints are probed for real, and the caller holds an event loop, in which they may run.
        """
        self._refuse_to_hold_a_loop("advance")
        self._control.post("clock", {"do": "advance", "by": duration})

    def _refuse_to_hold_a_loop(self, method: str) -> None:
        if self._endpoints == "simulated":
            return
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        raise Refused(
            f"{method} would hold this event loop while endpoints are probed for real, and a service in it could not "
            f"answer: write await dnsemu.aio.{method}(…)"
        )

    # --- questions ---

    def resolve(self, name: str, type: str = "A", *, place: str | None = None, client: str | None = None) -> Answer:
        """Queries the server, and returns the values of the answer; empty without one.

        Args:
            place: the client's place: a Region, a country (`DE`), a US state, `LAT,LON`.
            client: the client's address or network, in place of it.
        Raises:
            Refused: a name, type, place or client that cannot be read.
        """
        question = {"name": name, "type": type, "place": place, "client": client}
        found = self._control.get("resolve", question)
        records = [record for record in found["answer"] if record["type"] == type.upper()]
        ttl = min((record["ttl"] for record in found["answer"]), default=None)
        return Answer((r["value"] for r in records), found["rcode"], ttl, lambda: self._explanation(question))

    def shares(
        self, name: str, type: str = "A", *, place: str | None = None, client: str | None = None
    ) -> SharesByValue:
        """Returns by value the exact share of replies that contain it; raises as `resolve` does."""
        question = {"name": name, "type": type, "place": place, "client": client}
        found = self._control.get("explain", question)
        return SharesByValue(shares_of(found), lambda: self._explanation(question))

    def explain(self, name: str, type: str = "A", *, place: str | None = None, client: str | None = None) -> str:
        """Returns why a name is answered as it is, as `dnsemu explain` prints it."""
        return self._explanation({"name": name, "type": type, "place": place, "client": client})

    def _explanation(self, question: Mapping[str, str | None]) -> str:
        return "\n".join(self._control.get("explain", {**question, "as": "text"})["lines"])

    # --- assertions ---

    def assert_split(
        self,
        name: str,
        shares: Mapping[str, float],
        type: str = "A",
        *,
        place: str | None = None,
        client: str | None = None,
    ) -> None:
        """Asserts that the answers divide as given; shares are exact, not sampled.

        Raises:
            AssertionError: they do not; with what was expected, what is, and why.
        """
        found = self.shares(name, type, place=place, client=client)
        expected = {value: exact(share) for value, share in shares.items()}
        if found != expected:
            where = f" for a client in {place}" if place else f" for {client}" if client else ""
            raise AssertionError(
                f"{name} {type} divides otherwise{where}\n"
                f"  expected: {split_text(expected)}\n  seen:     {split_text(found)}\n\n{found.explain()}"
            )

    def assert_fails_over(
        self,
        name: str,
        pattern: str,
        *,
        within: str | float,
        type: str = "A",
        place: str | None = None,
        client: str | None = None,
    ) -> float:
        """Fails what a pattern matches, and asserts that the answers move in time; leaves it failed.

        If it fails already, it is healed first, and its health checks recover.

        Args:
            within: from the fault until the last client has moved, the TTL included.
        Returns:
            The seconds that it took.
        Raises:
            AssertionError: it takes longer, or never happens; with detection, TTL, and why.
            Refused: the pattern matches nothing, or the question cannot be read.
        """
        self._refuse_to_hold_a_loop("assert_fails_over")
        question = {"name": name, "type": type, "place": place, "client": client}
        rehearsal, within_s = Rehearsal(self._control, question, pattern), seconds_in(within)
        rehearsal.run(within_s)
        return rehearsal.judge(name, within_s, self._explanation(question))

    @property
    def aio(self) -> AsyncDnsemu:
        """The same methods as coroutines, which leave the event loop free."""
        return AsyncDnsemu.of(self)
