"""Asks upstream resolvers, for clients that ask for recursion: which one, what its reply is worth, and when the next.

Time limits are those of the real network, so they use real time.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog

from dnsemu.config.text.addresses import Address
from dnsemu.upstream.exchange import UpstreamLimits, UpstreamQuestion, exchange
from dnsemu.wire.protocol import AA, RA, RCode
from dnsemu.wire.received_reply import ReceivedReply

MAX_PENDING = 1000
"""Bound on pending queries; beyond it the answer is SERVFAIL."""

_FINAL = {RCode.NOERROR, RCode.NXDOMAIN, RCode.FORMERR}
"""Rcodes after which no other upstream is asked."""
_REFUSING = {RCode.SERVFAIL, RCode.NOTIMP, RCode.REFUSED}

log = structlog.get_logger()


class UpstreamFailed(Exception):
    """No upstream answered; the message gives the reason for each."""


class TooManyPending(UpstreamFailed):
    """Too many queries wait for upstreams already."""


class Forwarder:
    """Asks upstreams one after the other until one answers.

    One that does not answer is asked last for a while, and only if no other replies.
    """

    def __init__(
        self,
        upstreams: Sequence[Address],
        *,
        limits: UpstreamLimits = UpstreamLimits(),  # noqa: B008 - an immutable value
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Makes a forwarder.

        Args:
            upstreams: in the order of preference.
            now: real time in seconds.
        """
        self.upstreams = tuple(upstreams)
        self._limits = limits
        self._now = now
        self._silent_until: dict[Address, float] = {}
        self._pending = 0
        self._turn = asyncio.Lock()

    async def ask(self, question: UpstreamQuestion) -> ReceivedReply:
        """The reply of the first upstream that has one; else the best that was received.

        Raises:
            UpstreamFailed: no upstream replied.
        """
        if self._pending >= MAX_PENDING:
            raise TooManyPending(f"{MAX_PENDING:,} queries are pending already")
        self._pending += 1
        try:
            return await self._ask_each(question)
        finally:
            self._pending -= 1

    async def _ask_each(self, question: UpstreamQuestion) -> ReceivedReply:
        failures = []
        second_best: ReceivedReply | None = None
        for upstream, is_silent in self._in_order():
            if is_silent and second_best is not None:
                break
            try:
                reply = await self._ask_one(upstream, question)
            except TimeoutError:
                failures.append(f"{upstream} did not answer within {self._limits.reply_s:g} s")
            except OSError as failure:
                failures.append(f"{upstream}: {failure}")
            except ValueError as failure:
                failures.append(f"{upstream}: {failure}")
                continue
            else:
                self._silent_until.pop(upstream, None)
                if _is_final(reply):
                    return reply
                if reply.rcode not in _FINAL | _REFUSING:
                    failures.append(f"{upstream} answered with rcode {reply.rcode}")
                elif second_best is None or (reply.is_truncated and not second_best.is_truncated):
                    second_best = reply
                continue
            self._set_silent(upstream)
        if second_best is None:
            raise UpstreamFailed("; ".join(failures))
        return second_best

    async def _ask_one(self, upstream: Address, question: UpstreamQuestion) -> ReceivedReply:
        """Asks one upstream, again without what it does not support."""
        while True:
            reply = await exchange(upstream, question, self._limits, self._turn)
            simpler = question.simpler_after(reply.rcode)
            if simpler is None:
                return reply
            question = simpler

    def _in_order(self) -> list[tuple[Address, bool]]:
        """The upstreams and whether they were silent lately; those come last.

        When one's time is over, one query finds out whether it answers again; others go on without it meanwhile.
        """
        now = self._now()
        silent = {upstream for upstream, until in self._silent_until.items() if until > now}
        for upstream in self._silent_until.keys() - silent:
            self._silent_until[upstream] = now + self._limits.reply_s
        return sorted(((upstream, upstream in silent) for upstream in self.upstreams), key=lambda pair: pair[1])

    def _set_silent(self, upstream: Address) -> None:
        if upstream not in self._silent_until and len(self.upstreams) > 1:
            log.warning("an upstream does not answer; others are asked first", upstream=str(upstream))
        self._silent_until[upstream] = self._now() + self._limits.silent_s


def _is_final(reply: ReceivedReply) -> bool:
    """True unless another upstream may know more: the reply refuses, is truncated, or refers to other servers."""
    if reply.rcode not in _FINAL or reply.is_truncated:
        return False
    is_referral = reply.rcode == RCode.NOERROR and not reply.answer and not reply.flags & (AA | RA)
    return not is_referral
