"""The outcome of a drill: runs it, computes the behaviour of every population, measures and judges."""

from collections.abc import Sequence
from dataclasses import dataclass

from dnsemu.drill.answers import Distribution, distribution
from dnsemu.drill.clients import Behaviour, Step, behave
from dnsemu.drill.judging import ExpectationVerdict, judge
from dnsemu.drill.measures import Measures, measure
from dnsemu.drill.model import Drill, DrillPopulation
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
        steps = known[key] if key in known else known.setdefault(key, answers_over_time(recording.moments, population))
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
