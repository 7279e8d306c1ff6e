"""The report of a drill: plain data, the same octet for octet for the same seed; and the results as JUnit XML.

It holds no wall-clock times, versions or absolute paths. Times are seconds from the start of the drill.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

from dnsemu.config import names
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.drill.answers import Distribution
from dnsemu.drill.clients import Behaviour
from dnsemu.drill.judging import ExpectationVerdict, Miss, in_order
from dnsemu.drill.measures import Measures, Recovery, value_at
from dnsemu.drill.model import US_PER_S, Drill, time_text
from dnsemu.drill.outcome import DrillOutcome
from dnsemu.drill.traffic import by_address, failing_share, share_at
from dnsemu.explain.questions import explain_question
from dnsemu.explain.text import brief_lines
from dnsemu.what_if.tree import TooManyLinks, Unanswered, tree_of

MAX_POINTS = 240
"""Points in time of a series, apart from the events."""
MAX_REASONS = 6


def report(outcome: DrillOutcome) -> dict[str, Any]:
    """The report of one drill."""
    drill, recording = outcome.drill, outcome.recording
    return {
        "drill": drill.title,
        "seed": drill.seed,
        "duration_s": _seconds(drill.duration_us),
        "passed": outcome.has_passed,
        "timeline": [{"at_s": _seconds(event.at_us), "event": event.label} for event in drill.timeline],
        "statuses": [
            {
                "at_s": _seconds(change.at_us),
                "health_check": change.label,
                "status": "healthy" if change.is_healthy else "unhealthy",
                "cause": change.cause,
            }
            for change in recording.statuses
        ],
        "populations": [_population(outcome, name) for name in outcome.measures],
        "all": _all(list(outcome.measures.values())),
        "expectations": [_expectation(verdict, outcome) for verdict in outcome.verdicts],
    }


def _seconds(us: int | None) -> float | None:
    return None if us is None else us / US_PER_S


def _rounded(value: Fraction) -> float:
    return round(float(value), 6)


def _population(outcome: DrillOutcome, name: str) -> dict[str, Any]:
    measures, behaviour = outcome.measures[name], outcome.behaviours[name]
    population = measures.population
    return {
        "name": name,
        "place": population.place,
        "clients": population.clients,
        "asks": names.display(population.asks).rstrip("."),
        "type": population.type.name,
        **_totals([measures]),
        "recoveries": [_recovery(recovery) for recovery in measures.recoveries],
        "moves": list(moves(outcome, name)),
        "shares": list(_series(behaviour, outcome.drill)),
    }


def _totals(measures: Sequence[Measures]) -> dict[str, Any]:
    return {
        "requests": sum(each.requests for each in measures),
        "failed_requests": _rounded(sum((each.failed for each in measures), Fraction(0))),
        "error_minutes": _rounded(sum((each.error_minutes for each in measures), Fraction(0))),
    }


def _recovery(recovery: Recovery) -> dict[str, Any]:
    """One failure's course; each time counts from the end of the one before, `recovery_s` from the event."""
    moved_us, detected_us = recovery.moved_us, recovery.detected_us
    dns_us = moved_us - detected_us if moved_us is not None and detected_us is not None else None
    return {
        "after": recovery.event.label,
        "at_s": _seconds(recovery.event.at_us),
        "is_hit": recovery.is_hit,
        "detection_s": _seconds(detected_us),
        "dns_s": _seconds(dns_us),
        "tail_s": _seconds(max(recovery.tail_us - moved_us, 0)) if moved_us is not None else None,
        "recovery_s": _seconds(recovery.recovered_us),
    }


def _all(measures: Sequence[Measures]) -> dict[str, Any]:
    """The figures of all populations together: sums, and the longest times."""
    rows = [[_recovery(recovery) for recovery in each.recoveries] for each in measures]
    together = []
    for alike in zip(*rows, strict=True):
        times = {}
        for key in ("detection_s", "dns_s", "tail_s", "recovery_s"):
            known = [row[key] for row in alike if row[key] is not None]
            is_open = key == "recovery_s" and len(known) < len(alike)
            times[key] = None if is_open or not known else max(known)
        is_hit = any(row["is_hit"] for row in alike)
        together.append({"after": alike[0]["after"], "at_s": alike[0]["at_s"], "is_hit": is_hit, **times})
    return {**_totals(measures), "recoveries": together}


def _series(behaviour: Behaviour, drill: Drill) -> Iterator[dict[str, Any]]:
    """The shares of addresses over time, at regular instants and at events, where they differ from the point before."""
    step_us = max(-(-drill.duration_us // (MAX_POINTS * US_PER_S)) * US_PER_S, US_PER_S)
    instants = {*range(0, drill.duration_us + 1, step_us), *(event.at_us for event in drill.timeline)}
    failing, before = failing_share(behaviour.population.retries), None
    for at_us in sorted(instants):
        shares = {address: _rounded(share) for address, share in in_order(by_address(behaviour, at_us))}
        point = {"shares": shares, "failing": _rounded(share_at(behaviour, failing, at_us))}
        if point != before:
            yield {"at_s": _seconds(at_us), **point}
        before = point


def moves(outcome: DrillOutcome, name: str) -> Iterator[dict[str, Any]]:
    """Each change of the answers to a population: when, from which to which, and the reason."""
    recording, timeline = outcome.recording, outcome.drill.timeline
    behind = _checks_behind(outcome, name)
    for (_, before), (at_us, after) in pairwise(outcome.answers[name]):
        changed = [change for change in recording.statuses if change.at_us == at_us]
        own = [change for change in changed if change.check in behind] or changed
        causes = [f"{change.label} {'healthy' if change.is_healthy else 'unhealthy'}" for change in own]
        causes += [event.label for event in timeline if event.at_us == at_us]
        yield {
            "at_s": _seconds(at_us),
            "from": division(before),
            "to": division(after),
            "because": ", ".join(dict.fromkeys(causes)) or "a change took effect",
        }


def _checks_behind(outcome: DrillOutcome, name: str) -> frozenset[HealthCheckId]:
    """The health checks and targets that the answers to a population depend on, at the end."""
    population = outcome.behaviours[name].population
    try:
        tree = tree_of(outcome.recording.moments[-1].published.catalog, population.asks, population.type)
    except (Unanswered, TooManyLinks):
        return frozenset()
    return frozenset(tree.checks()) | tree.resource_targets().keys()


def division(answers: Distribution) -> dict[str, float]:
    """The share of replies that lead to each address, the largest first."""
    found: dict[str, Fraction] = {}
    for answer, share in answers:
        for address, part in answer.shares:
            found[address] = found.get(address, Fraction(0)) + share * part
    return {address: _rounded(share) for address, share in in_order(found)}


# --- expectations ---


def _expectation(verdict: ExpectationVerdict, outcome: DrillOutcome) -> dict[str, Any]:
    expectation = verdict.expectation
    return {
        "expect": expectation.words,
        "place": expectation.place,
        "holds": verdict.holds,
        "misses": [
            {
                "population": miss.population,
                "at_s": _seconds(miss.at_us),
                "expected": miss.expected,
                "seen": miss.seen,
                "explained": reasons(miss, outcome),
            }
            for miss in verdict.misses
        ],
    }


def reasons(miss: Miss, outcome: DrillOutcome) -> list[str]:
    """The answers at the instant of a miss, as `explain` has them, and the last change before it."""
    population = outcome.behaviours[miss.population].population
    moment = [moment for moment in outcome.recording.moments if moment.at_us <= miss.at_us][-1]
    question = {"name": names.display(population.asks), "type": population.type.name}
    if population.place is not None:
        question["place"] = population.place
    explanation = explain_question(moment.published, moment.health, question, lambda _check: "")
    lines = [" ".join(line.text.split()) for line in brief_lines(dict(explanation))][:MAX_REASONS]
    last = [move for move in moves(outcome, miss.population) if move["at_s"] * US_PER_S <= miss.at_us][-1:]
    told = [f"since {time_text(round(move['at_s'] * US_PER_S))} ({move['because']})" for move in last]
    return [f"DNS answers {told[0] if told else 'since the start'}:", *lines, *_still_used(miss, outcome)]


def _still_used(miss: Miss, outcome: DrillOutcome) -> list[str]:
    """A line about addresses that clients use at the instant of a miss although DNS no longer answers them."""
    behaviour, measures = outcome.behaviours[miss.population], outcome.measures[miss.population]
    used = by_address(behaviour, min(miss.at_us, behaviour.end_us - 1))
    answered = division(value_at(outcome.answers[miss.population], miss.at_us))
    old = [address for address, _ in in_order(used) if address not in answered]
    if not old:
        return []
    is_endless = behaviour.population.caching.is_endless
    kept = "for ever" if is_endless else f"for up to {time_text(measures.quiet_us)}"
    return [f"clients still use {', '.join(old[:3])}: their resolver keeps an answer {kept}"]


def junit(reports: Sequence[Mapping[str, Any]]) -> str:
    """The results as JUnit XML: a suite for each drill, a case for each expectation."""
    root = ElementTree.Element("testsuites")
    for each in reports:
        failed = sum(not expectation["holds"] for expectation in each["expectations"])
        counts = {"tests": str(len(each["expectations"])), "failures": str(failed), "errors": "0"}
        suite = ElementTree.SubElement(root, "testsuite", {"name": each["drill"], **counts})
        for expectation in each["expectations"]:
            attributes = {"classname": each["drill"], "name": expectation["expect"], "file": expectation["place"]}
            case = ElementTree.SubElement(suite, "testcase", attributes)
            for miss in expectation["misses"]:
                failure = ElementTree.SubElement(case, "failure", {"message": miss_text(miss)})
                failure.text = "\n".join(miss["explained"])
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def miss_text(miss: Mapping[str, Any]) -> str:
    """A miss in one sentence."""
    at = time_text(round(miss["at_s"] * US_PER_S))
    return f"{miss['population']} at {at}: expected {miss['expected']}; seen {miss['seen']}"
