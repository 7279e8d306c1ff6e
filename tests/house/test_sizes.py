"""Bounds of what a reader has to take in at once: lines of a file, lines of a function."""

import ast
import statistics

from tests.house.sources import MODULES, ROOT, tree

MAX_FILE_LINES = 400
MAX_MEDIAN_FUNCTION_LINES = 6
"""The value of December 2026. It may fall."""


def test_no_file_is_long():
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in MODULES.values()}
    assert {path: number for path, number in lines.items() if number > MAX_FILE_LINES} == {}


def test_functions_stay_short(record_testsuite_property):
    lengths = [
        node.end_lineno - node.lineno + 1
        for path in MODULES.values()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    median = statistics.median(lengths)
    record_testsuite_property("median_function_lines", median)
    print(f"{len(lengths)} functions of {median} lines at the median, {statistics.mean(lengths):.1f} on average")
    assert median <= MAX_MEDIAN_FUNCTION_LINES
