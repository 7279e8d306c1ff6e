"""The slow way to a drill's figures: every request of every client, and every reply that each question may get.

It shares no code with the client model: replies are enumerated by the draws that name servers make, caches hold times in
microseconds, and each client is followed alone.
"""

from collections import Counter
from fractions import Fraction
from ipaddress import ip_address
from itertools import combinations, permutations
from math import prod

from dnsemu.answering.answer import ReplyDraft, draft
from dnsemu.answering.draws import Draws
from dnsemu.answering.resolution import resolve
from dnsemu.wire.protocol import RCode

US = 1_000_000


class FirstTicket:
    """Dice that always draw the first ticket."""

    def randrange(self, stop):
        return 0


def replies(catalog, health, client, name, type):
    """Every reply with its share: (addresses, reason if there are none, TTL in seconds)."""
    found = Counter()
    paths = [()]
    while paths:
        given = paths.pop()
        draws = Draws(FirstTicket(), given)
        drafted = draft(resolve(catalog, health, client, name, type), draws, 0)
        path = draws.path
        for at in range(len(given), len(path)):
            paths += [(*path[:at], index) for index in range(1, len(draws.choices[at][0]))]
        share = prod((Fraction(counts[index], sum(counts)) for counts, index in draws.choices), start=Fraction(1))
        for reply, part in _drawn(drafted):
            found[reply] += share * part
    return found


def _drawn(drafted):
    if not isinstance(drafted, ReplyDraft):
        if drafted.rcode is RCode.SERVFAIL:
            return [(((), "SERVFAIL", 0), 1)]
        (soa,) = drafted.authority
        reason = "NXDOMAIN" if drafted.rcode is RCode.NXDOMAIN else "NODATA"
        ttls = [soa[2], int.from_bytes(soa[3][-4:], "big"), *(rr[2] for rr in drafted.answer)]
        return [(((), reason, min(ttls)), 1)]
    (pool,) = drafted.pools
    subsets = list(combinations(pool.leaves, pool.size))
    found = []
    for subset in subsets:
        addresses = tuple(dict.fromkeys(str(ip_address(rdata)) for leaf in subset for rdata in leaf.rdata))
        ttl = min([leaf.ttl for leaf in subset] + [rr[2] for rr in drafted.chain])
        found.append(((addresses, "", ttl), Fraction(1, len(subsets))))
    return found


def kept_us(reply, rule):
    """The time for which a resolver keeps a reply, None for ever; `rule` is the resolver as a drill file has it."""
    _, reason, ttl = reply
    if reason == "SERVFAIL":
        return 0
    if rule in ("java", "forever") and reason:
        return 10 * US
    if rule == "forever":
        return None
    if rule == "java":
        return 30 * US
    low, high = rule
    return min(max(ttl * US, low), high)


class SlowClients:
    """The clients of one population, one by one."""

    def __init__(self, clients, interval_us, rule, stale_us, retries, end_us, ask, dead_at):
        self.interval_us, self.rule, self.stale_us, self.retries = interval_us, rule, stale_us, retries
        self.end_us, self.ask, self.dead_at = end_us, ask, dead_at
        self.histories = [self._history(interval_us * k // clients) for k in range(clients)]

    def _history(self, phase):
        """The requests of one client: instant, and each reply that may be in use then with its share."""
        states = self._start(phase)
        history = [(phase - self.interval_us, self._in_use(states))]
        at = phase
        while at < self.end_us:
            after = Counter()
            for (reply, expires, stale_until), share in states.items():
                if expires is None or at < expires:
                    after[reply, expires, stale_until] += share
                    continue
                for new, part in self.ask(at).items():
                    if new[1] == "SERVFAIL" and stale_until is not None and at < stale_until:
                        after[reply, at, stale_until] += share * part
                        continue
                    after[self._state(new, at)] += share * part
            states = after
            history.append((at, self._in_use(states)))
            at += self.interval_us
        return history

    def _state(self, reply, at):
        kept = kept_us(reply, self.rule)
        expires = None if kept is None else at + kept
        is_kept_stale = bool(self.stale_us) and not reply[1] and kept is not None
        return reply, expires, expires + self.stale_us if is_kept_stale else None

    def _start(self, phase):
        """Replies in use in proportion to their shares and the requests that they serve, of every age."""
        states = Counter()
        asked = self.ask(0)
        if any(kept_us(reply, self.rule) is None for reply in asked):
            asked = {reply: share for reply, share in asked.items() if kept_us(reply, self.rule) is None}
            return {(reply, None, None): share / sum(asked.values()) for reply, share in asked.items()}
        for reply, share in asked.items():
            served = 1
            while served * self.interval_us < kept_us(reply, self.rule):
                served += 1
            for age in range(1, served + 1):
                states[self._state(reply, phase - age * self.interval_us)] += share
        total = sum(states.values())
        return {state: share / total for state, share in states.items()}

    @staticmethod
    def _in_use(states):
        used = Counter()
        for (reply, _, _), share in states.items():
            used[reply] += share
        return used

    def shares_at(self, instant):
        """The share of each address, by each client's last request."""
        found = Counter()
        for history in self.histories:
            used = [used for at, used in history if at <= instant][-1]
            for (addresses, reason, _), share in used.items():
                for address in addresses or (reason,):
                    found[address] += share / max(len(addresses), 1) / len(self.histories)
        return {address: share for address, share in found.items() if share}

    def failed(self):
        """The expected number of failed requests, and the instants at which one may fail."""
        total, instants = Fraction(0), []
        for history in self.histories:
            for at, used in history[1:]:
                share = sum(share * self._failing(reply[0], self.dead_at(at)) for reply, share in used.items())
                total += share
                if share:
                    instants.append(at)
        return total, sorted(instants)

    def _failing(self, addresses, dead):
        """The share of orders of an answer in which all addresses that a client tries are dead."""
        orders = list(permutations(addresses))
        return Fraction(sum(dead.issuperset(order[: self.retries + 1]) for order in orders), len(orders))
