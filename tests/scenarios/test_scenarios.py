"""Every scenario's answers are as its file says, with exact shares. README.md explains the folders."""

import re
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from ipaddress import ip_interface
from pathlib import Path

import pytest

from dnsemu.answering.resolution import resolve
from dnsemu.config import names
from dnsemu.config.file.documents import parse
from dnsemu.config.file.load import load_files
from dnsemu.config.model.health_checks import CalculatedCheck
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.healthcheck.verdict.history import History
from dnsemu.healthcheck.verdict.results import Observation, ProbeResult
from dnsemu.healthcheck.verdict.signals import AlarmState, ControlState, source_of
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.healthcheck.verdict.tracker import StatusTracker
from dnsemu.policies.decide import BrokenAlias, Leaf
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.location.place import place_named
from dnsemu.policies.model import ResourceState
from dnsemu.wire.qtypes import QTYPES
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import compile_zone
from dnsemu.zone.lookup import NoData, NXDomain, Referral
from dnsemu.zone.resources import compile_resource

HERE = Path(__file__).parent
FOLDERS = sorted(path for path in HERE.iterdir() if path.is_dir() and not path.name.startswith("_"))
TTL = re.compile(r" \(ttl \d+\)")
QUESTION = re.compile(r"(?P<name>\S+) (?P<type>[A-Z]+)(?: from (?P<client>\S+))?")
PROBES = re.compile(r"(?P<number>\d+) (?P<result>failed|good) probes?")
QUORUM = re.compile(r"(?P<up>\d+) of (?P<all>\d+) checkers")
SIGNALS = {state.value: state for state in (*AlarmState, *ControlState)}


@dataclass(frozen=True)
class Question:
    """A question of `answers.txt`, with its line there, and the expected share of each reply."""

    line: int
    text: str
    expected: dict[str, Fraction]


def read_answers(text):
    """Returns the questions by situation."""
    found, situations, question = defaultdict(list), [], None
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition("#")[0].rstrip()
        if not line:
            continue
        if line.startswith("=="):
            situations = [name.strip() for name in line.removeprefix("==").split(",")]
        elif not line[0].isspace():
            question = Question(number, line, {})
            for situation in situations:
                found[situation].append(question)
            assert situations, f"line {number}: no situation is named before this question"
        else:
            share, answer = line.split(maxsplit=1)
            assert answer not in question.expected, f"line {number}: this answer is listed already"
            question.expected[answer] = Fraction(1) if share == "all" else Fraction(share)
    return found


class Scenario:
    """A folder, with its declaration compiled."""

    def __init__(self, folder):
        self.world = load_files([folder / "zone.yaml"]).world
        zones = map(compile_zone, self.world.hosted_zones.values())
        self.catalog = Catalog.of(zones, map(compile_resource, self.world.resources.values()))
        self.locator = Locator(self.world.geo).with_collections(self.world.cidr_collections.values())

    def health(self, situation):
        """The health snapshot after all steps of a situation."""
        board = HealthBoard()
        tracker = StatusTracker(board, History("scenario"))
        tracker.apply(self.world.health_checks, self.world.health_checkers, 0.0)
        for step in situation if isinstance(situation, list) else [situation]:
            for check_id, state in step.items():
                self._report(tracker, check_id, state)
        return board.current

    def _report(self, tracker, check_id, state):
        config = self.world.health_checks[check_id].config
        assert not isinstance(config, CalculatedCheck), f"{check_id} follows from its children"
        if state in SIGNALS:
            tracker.set_signal(source_of(config), SIGNALS[state], 0.0)
            return
        checkers = list(tracker.state(check_id).checkers)
        if probes := PROBES.fullmatch(state):
            results = [(int(probes["number"]), probes["result"] == "good")] * len(checkers)
        elif quorum := QUORUM.fullmatch(state):
            assert int(quorum["all"]) == len(checkers)
            results = [(config.failure_threshold, number < int(quorum["up"])) for number in range(len(checkers))]
        else:
            results = [(config.failure_threshold, {"healthy": True, "unhealthy": False}[state])] * len(checkers)
        for checker, (number, is_good) in zip(checkers, results, strict=True):
            for _ in range(number):
                result = ProbeResult.passed("good") if is_good else ProbeResult.failed("failed")
                tracker.record(check_id, checker, Observation(result, 0.0))

    def answers(self, question, health):
        """The share of each reply to a question."""
        asked = QUESTION.fullmatch(question)
        client = self._client(asked["client"])
        link = resolve(self.catalog, health, client, names.parse(asked["name"]), QTYPES[asked["type"]])
        found = defaultdict(Fraction)
        for text, share in replies(link):
            found[text] += share
        return found

    def _client(self, text):
        if text is None:
            return Client.at_place(self.locator.unlocated)
        try:
            network = ip_interface(text).network
        except ValueError:
            return Client.at_place(self.locator.with_latencies(place_named(text)))
        return self.locator.locate(network.network_address.packed, network.prefixlen).client


def replies(link):
    """Yields each reply to a question as text, with its share; one text may come several times."""
    if not link.decisions:
        yield absence(link.found), Fraction(1)
    for decision in link.decisions:
        yield from below(decision, link, Fraction(1))


def absence(found):
    if isinstance(found, Referral):
        return "referral to " + " ".join(sorted(found.cut.record_sets[0].values))
    return {NoData: "NODATA", NXDomain: "NXDOMAIN"}.get(type(found), "REFUSED")


def below(node, link, share):
    """Yields the replies below a node of the decision tree."""
    if isinstance(node, Leaf):
        yield from leaf(node.record_set, link, share)
    elif isinstance(node, BrokenAlias):
        yield "SERVFAIL" if node.is_failure else "NODATA", share
    elif node.outcome is None:
        yield "NODATA", share
    else:
        for record_set, part in node.outcome.shares():
            member = Leaf(record_set) if isinstance(node, ResourceState) else node.below(record_set)
            yield from below(member, link, part * share)


def leaf(record_set, link, share):
    values = " ".join(record_set.values)
    text = f"{values} (ttl {record_set.ttl})"
    if record_set.type is not RRType.CNAME:
        yield text, share
        return
    next_link = link.next_link(record_set) if link.follows_cname else None
    if next_link is None:
        yield f"CNAME {text}", share
    else:
        for more, part in replies(next_link):
            yield f"CNAME {text} → {more}", part * share


def without_ttls(answers):
    found = defaultdict(Fraction)
    for text, share in answers.items():
        found[TTL.sub("", text)] += share
    return found


def cases():
    for folder in FOLDERS:
        for name, situation in parse("health.yaml", (folder / "health.yaml").read_text()).data.items():
            yield pytest.param(folder, name, situation, id=f"{folder.name}: {name}")


@pytest.mark.parametrize(("folder", "name", "situation"), list(cases()))
def test_answers(folder, name, situation):
    scenario = Scenario(folder)
    health = scenario.health(situation)
    questions = read_answers((folder / "answers.txt").read_text())[name]
    assert questions, f"answers.txt asks nothing when “{name}”"
    wrong = []
    for question in questions:
        found = scenario.answers(question.text, health)
        if not any(TTL.search(text) for text in question.expected):
            found = without_ttls(found)
        if found != question.expected:
            got = "".join(f"\n  {'all' if share == 1 else share}  {text}" for text, share in found.items())
            wrong.append(f"answers.txt:{question.line}: {question.text}{got}")
    assert not wrong, "these are answered otherwise:\n" + "\n".join(wrong)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_scenario_is_complete(folder):
    """Its answers name a rule, and are about situations that its health.yaml describes."""
    assert {path.name for path in folder.iterdir()} == {"zone.yaml", "health.yaml", "answers.txt"}
    text = (folder / "answers.txt").read_text()
    assert re.search(r"^#.*\b[RH]\d", text, re.MULTILINE)
    assert read_answers(text).keys() == parse("health.yaml", (folder / "health.yaml").read_text()).data.keys()
