"""The outcome of a drill: runs it, computes the behaviour of every population, measures and judges."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction

from dnsemu.config import names
from dnsemu.drill.answers import Distribution, distribution, empty_reply
from dnsemu.drill.clients import Behaviour, Step, behave
from dnsemu.drill.judging import ExpectationVerdict, judge
from dnsemu.drill.measures import Measures, measure, value_at
from dnsemu.drill.model import DnsFault, Drill, DrillPopulation
from dnsemu.drill.running import Moment, Recording, rehearse
from dnsemu.files.loading import LoadedFiles


@dataclass(frozen=True, slots=True)
class DrillOutcome:
    """A drill that was carried out; by the names of populations in the order of the file."""

    drill: Drill
    recording: Recording
    answers: dict[str, list[Step[Distribution]]]
    behaviours: dict[str, Behaviour]
    measures: dict[str, Measures]
    verdicts: tuple[ExpectationVerdict, ...]

    @property
    def has_passed(self) -> bool:
        """True if every expectation held."""
        return all(verdict.holds for verdict in self.verdicts)


def carry_out(drill: Drill, declared: LoadedFiles) -> DrillOutcome:
    """Carries a drill out.

    Raises:
        CannotCarryOut: an event of the timeline was refused.
    """
    recording = rehearse(drill, declared)
    known: dict[object, list[Step[Distribution]]] = {}
    answers, behaviours, measures = {}, {}, {}
    for population in drill.populations:
        key = population.client, population.asks, population.type
        if key not in known:
            known[key] = with_dns_faults(answers_over_time(recording.moments, population), drill, population, recording)
        steps = known[key]
        behaviour = behave(population, steps, recording.dead, drill.duration_us)
        answers[population.name], behaviours[population.name] = steps, behaviour
        measures[population.name] = measure(drill, behaviour, steps, recording.dead, recording.statuses)
    verdicts = judge(drill.expectations, behaviours, measures)
    return DrillOutcome(drill, recording, answers, behaviours, measures, verdicts)


def answers_over_time(moments: Sequence[Moment], population: DrillPopulation) -> list[Step[Distribution]]:
    """The distribution of replies to a population, at each instant at which it changed."""
    found: list[Step[Distribution]] = []
    for moment in moments:
        catalog, health = moment.published.catalog, moment.health
        now = distribution(catalog, health, population.client, population.asks, population.type)
        if not found or dict(found[-1][1]) != dict(now):
            found.append((moment.at_us, now))
    return found


def with_dns_faults(
    steps: Sequence[Step[Distribution]], drill: Drill, population: DrillPopulation, recording: Recording
) -> list[Step[Distribution]]:
    """The replies to a population with the DNS faults of the timeline; of several at once, each takes its share."""
    asks = names.display(population.asks).rstrip(".")
    events = [(event.at_us, event.action) for event in drill.timeline if isinstance(event.action, DnsFault)]
    faults = [(at_us, fault) for at_us, fault in events if fnmatchcase(asks, fault.names)]
    if not faults:
        return list(steps)
    edges = {edge for at_us, fault in faults for edge in (at_us, min(fault.ends_us, drill.duration_us))}
    found: list[Step[Distribution]] = []
    for at_us in sorted({at_us for at_us, _ in steps} | edges):
        now = dict(value_at(steps, at_us))
        catalog = value_at([(moment.at_us, moment) for moment in recording.moments], at_us).published.catalog
        for since_us, fault in faults:
            if since_us <= at_us < fault.ends_us:
                now = {answer: share * (1 - fault.share) for answer, share in now.items() if fault.share < 1}
                reply = empty_reply(catalog, population.asks, fault.reason)
                now[reply] = now.get(reply, Fraction(0)) + fault.share
        if not found or dict(found[-1][1]) != now:
            found.append((at_us, tuple(now.items())))
    return found
