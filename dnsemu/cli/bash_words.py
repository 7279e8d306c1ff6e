"""The words of a command line as bash passes them to a completion: split at `:` and `=` too.

A candidate replaces only what stands behind the last of these signs, so it is returned without what stands before.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BREAKS = re.compile("[:=@]+")
_TO_ESCAPE = re.compile(r"[^\w.,:/@%+=-]")


@dataclass(frozen=True, slots=True)
class BashWords:
    """The words joined again; `position` is that of the word to complete, `kept` what bash keeps of it."""

    words: Sequence[str]
    position: int
    kept: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "BashWords":
        """Reads COMP_WORDS, a word a line, and COMP_CWORD."""
        split = environment.get("COMP_WORDS", "").split("\n")
        cursor = int(environment.get("COMP_CWORD", "0"))
        split += [""] * (cursor + 1 - len(split))
        joined: list[str] = []
        kept, is_open = "", False
        for word in split[: cursor + 1]:
            is_break = bool(_BREAKS.fullmatch(word))
            if joined and word and (is_break or is_open):
                kept = joined[-1] + (word if is_break else "")
                joined[-1] += word
            else:
                joined.append(word)
                kept = ""
            is_open = is_break
        return cls(joined, len(joined) - 1, kept)

    @property
    def environment(self) -> dict[str, str]:
        """The variables with joined words."""
        return {"COMP_WORDS": "\n".join(self.words), "COMP_CWORD": str(self.position)}

    def completed(self, candidate: str) -> str:
        """Returns the text that bash puts in, with blanks and the like escaped where no quote is open."""
        for kept in (self.kept, self.kept.partition("=")[2] if self.kept.startswith("-") else ""):
            if kept and candidate.startswith(kept):
                candidate = candidate.removeprefix(kept)
                break
        is_quoted = self.words[self.position][:1] in ("'", '"') if self.words else False
        return candidate if is_quoted else _TO_ESCAPE.sub(lambda sign: f"\\{sign[0]}", candidate)
