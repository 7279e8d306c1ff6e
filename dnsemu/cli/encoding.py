"""Output encodings that lack letters: signs are replaced by ASCII, so that no command fails because of them."""

import codecs
import io
import sys
from typing import TextIO

_ERRORS = "dnsemu-ascii"


def is_unicode(stream: TextIO) -> bool:
    """True if the stream can write every letter."""
    try:
        return codecs.lookup(stream.encoding or "utf-8").name.startswith("utf")
    except LookupError:
        return False


def allow_ascii_only() -> None:
    """Replaces letters that standard output and standard error cannot write, instead of failing."""
    from dnsemu.explain.lines import ASCII

    def replaced(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        letters = error.object[error.start : error.end]
        return "".join(ASCII.get(letter, "?") for letter in letters), error.end

    codecs.register_error(_ERRORS, replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not is_unicode(stream):
            stream.reconfigure(errors=_ERRORS)
