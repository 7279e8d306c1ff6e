"""What is compiled says what is decided: byte by byte, with the same dice, whatever is asked and whatever changes."""

import random

import pytest

from dnsemu.answering.dice import QuickDice
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.publication.board import Board
from dnsemu.server.responder import Responder
from tests.dnsemu.fastpath.worlds import RandomWorld
from tests.rounds import rounds

WORLDS = rounds(25)
STEPS = 20
QUESTIONS = 100
"""Between two changes; each world has so many different ones, but for id, case and cookie."""


class Side:
    """One of two servers that answer from the same boards."""

    def __init__(self, board, health, **more):
        self._chance = random.Random()
        self.responder = Responder(board, health, QuickDice(self._chance.random), str, **more)
        self._handlers = self.responder.handlers()

    def ask(self, packet, source, seed, *, over_udp):
        self._chance.seed(seed)
        return (self._handlers.udp if over_udp else self._handlers.tcp)(packet, source)


@pytest.mark.parametrize("seed", range(WORLDS))
def test_compiled_answers_are_those_that_are_made_anew(seed):
    world = RandomWorld(seed)
    dice, board, health = random.Random(seed), Board(world.published), HealthBoard()
    fast, slow = Side(board, health), Side(board, health, ttl_divisor=lambda: 1.0)
    questions = [world.question() for _ in range(QUESTIONS)]
    for step in range(STEPS):
        for number in range(QUESTIONS):
            packet, source, over_udp = dice.choice(questions)
            packet = world.again(packet)
            expected = slow.ask(packet, source, number, over_udp=over_udp)
            for _ in range(dice.choice((1, 1, 1, 3))):
                assert fast.ask(packet, source, number, over_udp=over_udp) == expected, (step, packet.hex(), source)
        if dice.random() < 0.5:
            health.set(*world.health())
        else:
            change = world.change()
            board.publish(world.published, change)
    assert dict(slow.responder.answered.items()).keys() == dict(fast.responder.answered.items()).keys()
