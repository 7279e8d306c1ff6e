"""The index from what can change to the cached answers that read it."""

from dnsemu.fastpath.decision_tree import CompiledAnswer
from dnsemu.fastpath.reads import ReadKey


class Dependents:
    """The answers that read each key. Most keys have one, which is stored without a set around it to save memory."""

    def __init__(self) -> None:
        self._by_key: dict[ReadKey, CompiledAnswer | set[CompiledAnswer]] = {}

    def of(self, key: ReadKey) -> list[CompiledAnswer]:
        """Returns the answers that read a key."""
        found = self._by_key.get(key)
        if found is None:
            return []
        return list(found) if isinstance(found, set) else [found]

    def add(self, key: ReadKey, answer: CompiledAnswer) -> None:
        """Adds an answer that read a key."""
        found = self._by_key.setdefault(key, answer)
        if isinstance(found, set):
            found.add(answer)
        elif found is not answer:
            self._by_key[key] = {found, answer}

    def discard(self, key: ReadKey, answer: CompiledAnswer) -> None:
        """Removes an answer that read a key."""
        found = self._by_key[key]
        if isinstance(found, set):
            found.discard(answer)
        if found is answer or not found:
            del self._by_key[key]
