"""Suggestions for misspelled words, for error messages."""

from collections.abc import Iterable
from difflib import get_close_matches

_MAX_COMPARED_CHARACTERS = 64
"""A longer text is cut: comparing takes time in proportion to its length."""


def nearest(text: str, words: Iterable[str]) -> str | None:
    """Returns the word most similar to a text, whatever its case; None if no word is similar."""
    by_folded = {word.lower(): word for word in words}
    near = get_close_matches(text[:_MAX_COMPARED_CHARACTERS].lower(), by_folded, 1)
    return by_folded[near[0]] if near else None
