"""Renders explanations as text, for the command line and over DNS; `--json` prints the same data."""

from collections.abc import Iterator, Sequence
from typing import Any

from dnsemu.explain.lines import Line

MAX_VALUES = 4
MAX_ANSWERS = 20

_NOT_TAKEN = "not taken: nothing below is healthy"


def explanation_lines(explanation: dict[str, Any], columns: int | None = None) -> Iterator[Line]:
    """The lines of an explanation.

    Args:
        columns: width to write for; a table that does not fit is not aligned. None: no limit.
    """
    question, zone = explanation["question"], explanation["zone"]
    where = f"hosted zone {zone['id']} ({zone['name']})" if zone else "in no hosted zone"
    yield Line(f"{question['name']} {question['type']}     {where} · health #{explanation['health_generation']}", 2)
    yield Line(f"client  {_client(explanation['client'])}", 8)
    if explanation["wildcard"]:
        yield Line(f"answered by the wildcard {explanation['wildcard']}", 2)
    for decision in explanation["decisions"]:
        yield from _decision(decision, 0, columns)
    scope = f"  ECS scope /{explanation['ecs_scope']}" if explanation["ecs_scope"] else ""
    yield from _no_answer(explanation, scope)
    yield from _answers(explanation, scope)
    if not explanation["is_complete"]:
        yield Line("        the tree is larger than shown here", 8)


def brief_lines(explanation: dict[str, Any]) -> Iterator[Line]:
    """The answers only, each with its share and the path to it."""
    yield from _no_answer(explanation, "")
    answers = explanation["answers"]
    for answer in answers[:MAX_ANSWERS]:
        record = f"{answer['owner']}  {answer['ttl']}  {answer['type']}"
        yield Line(f"{_percent(answer['percent']):>8}  {way(answer)}  {record}", 10, is_taken=True)
    if len(answers) > MAX_ANSWERS:
        yield Line(f"          and {len(answers) - MAX_ANSWERS} more", 10)


def way(answer: dict[str, Any]) -> str:
    """The path to an answer and what it leads to: `use1 / blue → 192.0.2.1`, or a resource and its address."""
    values = shortened(answer["values"], MAX_VALUES)
    end = f"{answer['resource']} ({values})" if answer["resource"] else values
    path = " / ".join(answer["path"])
    return f"{path} → {end}" if path else end


def shortened(values: Sequence[str], most: int) -> str:
    """The first values, and the number of the others."""
    more = len(values) - most
    return " ".join(values[:most]) + (f" and {more} more" if more > 0 else "")


def _client(client: dict[str, Any]) -> str:
    parts = [client["country"], client["subdivision"]]
    place = client["region"] or "-".join(part for part in parts if part) or "unlocated"
    point = f"{client['latitude']:.2f},{client['longitude']:.2f}"
    network = f"{client['network']}  " if client["network"] else ""
    return f"{network}{place}  {point}  from {client['source'] or 'the question'}"


def _decision(decision: dict[str, Any], indent: int, columns: int | None) -> Iterator[Line]:
    head = f"{decision['policy']}  {decision['name']} {decision['type']}"
    yield _head(head, decision["why"], decision, indent)
    candidates = decision["candidates"]
    rows = [
        (
            candidate["set_identifier"] or "-",
            _criteria(candidate["worth"]),
            f"alias {candidate['alias']}" if candidate["alias"] else shortened(candidate["values"], MAX_VALUES),
            "healthy" if candidate["is_healthy"] else "unhealthy",
            candidate["health"],
        )
        for candidate in candidates
    ]
    for line, candidate in zip(_table(rows, candidates, indent, columns), candidates, strict=True):
        yield line
        yield from _below(candidate["below"], indent + 6, columns)
    if decision["passed_by"]:
        yield Line(f"{' ' * indent}    not for this client: {', '.join(decision['passed_by'])}", indent + 6)


def _head(head: str, why: str, node: dict[str, Any], indent: int) -> Line:
    """The line above the candidates of a decision, or above the targets of a resource."""
    together = f", {node['sample']} together" if node["sample"] else ""
    reason = f"{why}{together}" if node["is_taken"] else _NOT_TAKEN
    return Line(f"{' ' * indent}└ {head}  ({reason})", indent + 4, None if node["is_taken"] else False)


def _table(
    rows: Sequence[Sequence[str]], branches: Sequence[dict[str, Any]], indent: int, columns: int | None
) -> list[Line]:
    """A line for each branch: its share of all answers if it is taken, then the cells, aligned where they fit."""
    marks = [f"→ {_percent(b['answers_percent'])}" if b["answers_percent"] else "" for b in branches]
    of_mark = max(map(len, marks), default=0)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    margin = " " * (indent + 4)
    if of_mark:
        margin = " " * (indent + 2)
        marks = [f"{mark.ljust(of_mark)}  " for mark in marks]
    texts = [f"{margin}{mark}{_aligned(row, widths)}".rstrip() for mark, row in zip(marks, rows, strict=True)]
    if columns is not None and any(len(text) > columns for text in texts):
        loose = ("  ".join(cell for cell in row if cell) for row in rows)
        texts = [f"{margin}{mark}{row}" for mark, row in zip(marks, loose, strict=True)]
    hanging = len(margin) + (of_mark + 2 if of_mark else 0) + 2
    return [Line(text, hanging, bool(b["answers_percent"])) for text, b in zip(texts, branches, strict=True)]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True) if width)


def _below(below: dict[str, Any] | None, indent: int, columns: int | None) -> Iterator[Line]:
    if below is None:
        return
    if "lost" in below:
        yield Line(f"{' ' * indent}└ {below['name']}: {below['lost']}", indent + 4)
    elif "resource" in below:
        yield from _resource(below, indent, columns)
    elif "cname" in below:
        yield Line(f"{' ' * indent}└ CNAME {below['cname']}: {below['result']}", indent + 4)
        for decision in below["decisions"]:
            yield from _decision(decision, indent + 2, columns)
    else:
        yield from _decision(below, indent, columns)


def _resource(resource: dict[str, Any], indent: int, columns: int | None) -> Iterator[Line]:
    yield _head(f"{resource['kind']}  {resource['resource']}", resource["why"], resource, indent)
    targets = resource["targets"]
    rows = [
        (
            target["address"] or "",
            target["host"] or "",
            target["availability_zone"] or "",
            target["target_group"] or "",
            "healthy" if target["is_healthy"] else "unhealthy",
            target["health"],
        )
        for target in targets
    ]
    yield from _table(rows, targets, indent, columns)


def _criteria(criteria: dict[str, Any]) -> str:
    formats = {
        "weight": lambda v: f"weight {v:>3}",
        "latency_ms": lambda v: f"{v:.0f} ms",
        "distance_km": lambda v: f"{v:.0f} km",
        "bias": lambda v: f"bias {v:+}",
        "biased_km": lambda v: f"as {v:.0f} km",
    }
    return "  ".join(formats.get(key, str)(value) for key, value in criteria.items())


def _percent(percent: float) -> str:
    return f"{percent:.4g} %"


def _no_answer(explanation: dict[str, Any], scope: str) -> Iterator[Line]:
    """The line for a reply without an answer."""
    upstreams = " or ".join(explanation["forward_to"])
    if explanation["result"] == "referral":
        referral = f"a referral to the name servers of {explanation['cut']}"
        recursion = f"; with recursion, what {upstreams} says" if upstreams else ""
        yield Line(f"answer  {referral}{recursion}", 8)
    elif explanation["result"] == "forwarded":
        yield Line(f"answer  what {upstreams} says: no hosted zone holds the name", 8)
    elif explanation["result"] == "refused":
        yield Line("answer  REFUSED: no hosted zone holds the name", 8)
    elif explanation["result"] == "nxdomain":
        yield Line("answer  NXDOMAIN: no record set is at the name or below it", 8)
    elif not explanation["answers"]:
        yield Line(f"answer  NODATA{scope}", 8)


def _answers(explanation: dict[str, Any], scope: str) -> Iterator[Line]:
    answers = explanation["answers"]
    for number, answer in enumerate(answers[:MAX_ANSWERS]):
        label = "answer" if number == 0 else ""
        record = f"{answer['owner']}  {answer['ttl']}  {answer['type']}  {way(answer)}"
        text = f"{label:6}  {_percent(answer['percent']):>8}  {record}{scope if number == 0 else ''}"
        yield Line(text, 18, is_taken=True)
    if len(answers) > MAX_ANSWERS:
        yield Line(f"        and {len(answers) - MAX_ANSWERS} more", 8)
