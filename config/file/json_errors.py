"""Syntax errors of JSON in words for people: what stands wrong, and what to write instead."""

import json

_WORDS = {
    "Expecting property name": (
        "a name in double quotation marks belongs here",
        'write "name": value, without a comma after the last entry',
    ),
    "Expecting ',' delimiter": ("a comma is missing, or a bracket is not closed", "write commas between entries"),
    "Expecting ':' delimiter": ("a colon is missing", 'write "name": value'),
    "Expecting value": (
        "a value belongs here",
        "write text in double quotation marks, a number, true, false, null, a list or an object, and no comma after it",
    ),
    "Extra data": ("something stands after the end of the file's content", "remove it"),
    "Illegal trailing comma": ("a comma stands after the last entry", "remove it"),
    "Unterminated string": ("a quotation mark is not closed on its line", "write it at the end of the text, too"),
    "Invalid control character": ("a line ends, or a tab stands, inside a text", r"write \n or \t"),
    "Invalid \\": ("this backslash means nothing in JSON", r"write \\ for a backslash"),
}
"""By how Python's message begins."""
_COMMENTS = ("#", "//", "/*")


def in_words(error: json.JSONDecodeError) -> tuple[str, str]:
    """Explains an error: what is wrong, at which column, and what to write instead."""
    rest = error.doc[error.pos :]
    if not error.doc.strip():
        return "the file is empty", "write {} if it is to declare nothing"
    if rest.lstrip().startswith(_COMMENTS):
        return f"column {error.colno}: JSON has no comments", "remove it, or name the file .yaml"
    if rest.startswith("'"):
        return f"column {error.colno}: JSON has no single quotation marks", 'write "text" in double ones'
    found = next((words for begin, words in _WORDS.items() if error.msg.startswith(begin)), (error.msg, ""))
    return f"column {error.colno}: {found[0]}", found[1]
