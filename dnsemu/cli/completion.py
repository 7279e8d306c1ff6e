"""Words for the shell to complete: from the running server, from `--file`, or known without either.

Completion is silent: without a server, and after any failure, there are no words. Modules are imported late, since a
shell waits for each completion.
"""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import typer

from dnsemu.cli.bash_words import BashWords
from dnsemu.cli.token import send_token

TIME_LIMIT_S = 1.0
"""Longest silence of the server."""
MAX_FILES_BYTES = 1 << 20
"""Larger files take too long to read while a user waits."""

VARIABLE = "_DNSEMU_COMPLETE"
_ONE_LINE = {"COLUMNS": "10000"}
"""Keeps typer from wrapping the explanation of a word."""

Word = tuple[str, str]
"""A word, and what it stands for in a few words."""

Source = Callable[[typer.Context, str], list[Word]]


def known(*kinds: str) -> Source:
    """Returns a source of the words of the given kinds that the server or the files of the command line know."""

    def words(context: typer.Context, incomplete: str) -> list[Word]:
        files = [Path(file) for file in context.params.get("file") or ()]
        if files:
            return _of_files(files, kinds, incomplete)
        send_token(context.params.get("token"))
        return _of_server(context.params.get("server"), kinds, incomplete)

    return _silent(words)


def fixed(words: dict[str, str], *, is_list: bool = False) -> Source:
    """Returns a source of words that are always the same, each with what it stands for.

    Args:
        is_list: several words may be given, with commas.
    """

    def all_words(context: typer.Context, incomplete: str) -> list[Word]:
        return _behind_commas(incomplete, words) if is_list else list(words.items())

    return all_words


def record_types(context: typer.Context, incomplete: str) -> list[Word]:
    """Returns the record types that may be asked for."""
    from dnsemu.config.rdata.rrtypes import RRType

    types = [*RRType.__members__, "ANY"]
    return [(type_ if incomplete == incomplete.upper() else type_.lower(), "") for type_ in types]


def places(context: typer.Context, incomplete: str) -> list[Word]:
    """Returns Regions, countries, US states and edge locations, behind the commas that were typed before."""
    from dnsemu.config.aws.places import COUNTRIES, REGIONS, SUBDIVISIONS

    known_places = {code: region.name for code, region in REGIONS.items()}
    known_places |= {code: name for code, name in COUNTRIES.items() if code != "*"}
    known_places |= {f"{country}-{code}": name for (country, code), name in SUBDIVISIONS.items()}
    return _behind_commas(incomplete, known_places)


def rules_to_require(context: typer.Context, incomplete: str) -> list[Word]:
    """Returns the rules of `--require`."""
    from dnsemu.what_if.rules import RULES

    return [(rule, "") for rule in RULES]


def command_names(context: typer.Context, incomplete: str) -> list[Word]:
    """Returns the names of all commands."""
    program = context.find_root().command
    return [(name, command.get_short_help_str()) for name, command in program.commands.items()]  # type: ignore[attr-defined]


def run_completion(run: Callable[[], object]) -> None:
    """Answers a shell's request for words, without a word on standard error, and exits."""
    output, code = StringIO(), 0
    words = BashWords.of(os.environ) if os.environ[VARIABLE] == "complete_bash" else None
    os.environ.update(_ONE_LINE if words is None else words.environment)
    try:
        with redirect_stdout(output), redirect_stderr(StringIO()):
            run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except Exception:  # a shell's prompt is no place for errors
        code = 1
    if words is not None:
        print("\n".join(map(words.completed, output.getvalue().splitlines())))
    else:
        print(_with_apostrophes(output.getvalue()), end="")
    sys.exit(code)


def _with_apostrophes(text: str) -> str:
    """Mends typer's text for zsh, a quoted argument in which it doubles apostrophes, so that zsh drops them."""
    head, quote, rest = text.partition("_arguments '")
    body, last, end = rest.rpartition("'")
    return head + quote + body.replace("''", "'\\''") + last + end if quote else text


def _behind_commas(incomplete: str, words: dict[str, str]) -> list[Word]:
    """Puts before each word what was typed before the last comma."""
    before, comma, _ = incomplete.rpartition(",")
    return [(f"{before}{comma}{word}", about) for word, about in words.items()]


def _of_server(server: str | None, kinds: Iterable[str], incomplete: str) -> list[Word]:
    from dnsemu.cli.client import call
    from dnsemu.cli.options import DEFAULT_SERVER

    query = [*(("of", kind) for kind in kinds), ("prefix", incomplete)]
    found = call(server or DEFAULT_SERVER, "words", "words", query=query, timeout_s=TIME_LIMIT_S)
    return [(word["word"], word["about"]) for word in found["words"]]


def _of_files(files: list[Path], kinds: Iterable[str], incomplete: str) -> list[Word]:
    from dnsemu.config.file.load import load_files
    from dnsemu.config.file.opening import files_in
    from dnsemu.explain.known_words import WordKind, known_words

    read = [file for path in files for file in (files_in(path) if path.is_dir() else [path])]
    if any(not file.is_file() for file in read) or sum(file.stat().st_size for file in read) > MAX_FILES_BYTES:
        return []
    work = known_words(load_files(files, skips_faulty=True).world, [WordKind(kind) for kind in kinds], incomplete)
    while True:
        try:
            next(work)
        except StopIteration as done:
            words: list[Word] = done.value
            return words


def _silent(source: Source) -> Source:
    """Returns a source that has no words where the other fails."""

    def silent(context: typer.Context, incomplete: str) -> list[Word]:
        try:
            return source(context, incomplete)
        except Exception:  # a shell's prompt is no place for errors
            return []

    return silent
