"""The house plan: which rooms there are, what each may import, and which are core.

`ARCHITECTURE.md` shows the same plan as a picture.
"""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

from tests.house.sources import AREAS, MODULES, ROOT, imports_of, is_package, room_of, tree

ROOMS = {
    # The areas at the top of the repository. A room may import only rooms above it, so there is no cycle.
    "config.errors": "",
    "config.names": "",
    "config.text": "config.errors",
    "config.rdata": "config.names",
    "config.model": "config.names config.rdata",
    "config.aws": "config.names config.text config.rdata config.model",
    "config.shapes": "config.names config.errors config.text config.rdata config.model config.aws",
    "config.rules": "config.names config.errors config.rdata config.model config.aws config.shapes",
    "config.file": "config.names config.errors config.text config.rdata config.model config.aws config.shapes config.rules",
    "policies.geodata": "config",
    "policies.location": "config policies.geodata",
    "policies.model": "config policies.location",
    "policies.simple": "config policies.location policies.model",
    "policies.weighted": "config policies.location policies.model",
    "policies.failover": "config policies.location policies.model",
    "policies.latency": "config policies.geodata policies.location policies.model",
    "policies.geolocation": "config policies.location policies.model",
    "policies.geoproximity": "config policies.geodata policies.location policies.model",
    "policies.ip_based": "config policies.location policies.model",
    "policies.multivalue": "config policies.location policies.model",
    "policies.decide": "config policies",
    "clock": "config",
    "healthcheck.checkers": "config",
    "healthcheck.verdict": "config healthcheck.checkers",
    "healthcheck.http": "config",
    "healthcheck.probes": "config healthcheck.checkers healthcheck.verdict healthcheck.http",
    "healthcheck.report": "config healthcheck.checkers healthcheck.verdict",
    "healthcheck.monitor": "config clock healthcheck.checkers healthcheck.verdict healthcheck.report",
    # dnsemu, from the bottom up; config, policies and healthcheck are open to all of it.
    "dnsemu": "",
    "runtime": "clock",
    "wire": "",
    "state": "",
    "zone": "wire",
    "answering": "wire zone",
    "store": "dnsemu state",
    "commands": "state",
    "publication": "clock state commands zone",
    "files": "runtime state store commands zone publication",
    "faults": "clock runtime state wire commands publication files zone",
    "control": "clock runtime state store commands zone answering publication faults",
    "explain": "wire zone answering publication",
    "upstream": "runtime wire zone answering publication",
    "query_log": "wire zone answering publication",
    "what_if": "zone answering publication explain faults",
    "fastpath": "wire zone answering publication query_log",
    "server": "clock runtime store wire zone answering publication faults explain upstream query_log fastpath",
    "workers": "clock runtime wire zone answering publication upstream query_log server",
    "route53": "runtime store commands faults control",
    "api": "dnsemu clock runtime wire state store commands publication files faults control explain what_if server",
    "app": "runtime clock state store answering publication files faults control upstream query_log server"
    " workers route53 api",
    "drill": "clock commands zone answering publication files faults control explain what_if server app",
    "runner": "runtime store upstream server app",
    "demo": "runtime explain files server app runner",
    "cli": "dnsemu clock runtime store commands files explain query_log what_if server workers app drill runner demo",
    "__main__": "cli",
    "testing": "",
}

CORE = (
    *("config.names", "config.errors", "config.text", "config.rdata", "config.model", "config.aws", "config.shapes"),
    *("config.rules", "config.file", "healthcheck.checkers", "healthcheck.verdict", "healthcheck.report"),
    "healthcheck.http",
    *(room for room in ROOMS if room.startswith("policies.")),
    *("wire", "state", "zone", "answering", "commands", "what_if", "faults.failure_domains"),
    *("drill.model", "drill.answers", "drill.clients", "drill.traffic"),
)
"""Rooms, and single modules, of pure functions and values: no sockets, clocks, dice or logs, in them or in imports."""

RIM = {
    *("aiohttp", "asyncio", "concurrent", "http", "logging", "multiprocessing", "prometheus_client", "random"),
    *("secrets", "select", "signal", "socket", "ssl", "structlog", "subprocess", "threading", "time", "urllib"),
    "uvloop",
}
"""Modules of the outside world, which the core does not import."""

BARE = re.compile(r"^\s*(?:from|import) (?:config|policies|healthcheck)\b", re.MULTILINE)


def below(room):
    """The rooms that a room may import, by the table."""
    listed = set(ROOMS[room].split())
    order = list(ROOMS)
    is_above_the_areas = order.index(room) >= order.index("dnsemu")
    open_areas = {area for area in AREAS if area in listed or is_above_the_areas}
    return {other for other in ROOMS if other in listed or other.split(".")[0] in open_areas}


def test_every_module_is_in_a_room_of_the_table():
    assert {room_of(module) for module in MODULES} - set(AREAS) == ROOMS.keys()


def test_a_room_imports_only_what_the_table_lists():
    found = [
        f"{module} imports {name}"
        for module in MODULES
        if room_of(module) in ROOMS
        for name in imports_of(module)
        if name in MODULES and room_of(name) not in {*below(room_of(module)), room_of(module)}
    ]
    assert not found


def test_no_room_lists_what_it_does_not_import():
    used = {room: set() for room in ROOMS}
    for module in MODULES:
        if room_of(module) in ROOMS:
            used[room_of(module)] |= {room_of(name) for name in imports_of(module) if name in MODULES}
    areas = {room: {name.split(".")[0] for name in names} for room, names in used.items()}
    unused = {
        room: needless
        for room, names in ROOMS.items()
        if (needless := set(names.split()) - used[room] - (areas[room] & set(AREAS)))
    }
    assert not unused


def test_the_table_has_no_cycle():
    order = list(ROOMS)
    upward = [
        f"{room} → {name}"
        for room in ROOMS
        for name in below(room)
        if order.index(name) > order.index(room) and name.split(".")[0] != room.split(".")[0]
    ]
    assert not upward


def test_the_core_imports_nothing_of_the_rim():
    found = {module for module in MODULES if {room_of(module), module.removeprefix("dnsemu.")} & set(CORE)}
    while more := {name for module in found for name in imports_of(module) if name in MODULES} - found:
        found |= more
    offenders = [
        f"{module} imports {name}"
        for module in sorted(found)
        for name in imports_of(module)
        if name.split(".")[0] in RIM
    ]
    assert not offenders


def test_nothing_imports_the_areas_by_their_bare_names():
    """A user may have modules named `config`, `policies` or `healthcheck`: ours are `dnsemu.config` and so on."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0].strip()}"
        for top in ("dnsemu", *AREAS, "tests", "scripts")
        for path in (ROOT / top).rglob("*.py")
        if "sample_app" not in path.parts  # a user's service, with modules of these names
        for match in BARE.finditer(path.read_text())
    ]
    assert not found


def test_the_areas_are_not_importable_by_their_bare_names():
    program = "import importlib.util as u; print([n for n in ('config', 'policies', 'healthcheck') if u.find_spec(n)])"
    shown = subprocess.run([sys.executable, "-P", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_the_folders_read_as_tables_of_contents():
    def entries(folder):
        return [p for p in (ROOT / folder).iterdir() if p.name != "__pycache__"]

    dnsemu, config = entries("dnsemu"), entries("config")
    assert len(dnsemu) <= 33
    assert len([p for p in dnsemu if p.suffix == ".py"]) <= 8
    assert len(config) <= 10
    assert len([p for p in config if p.suffix == ".py"]) <= 4


def test_every_module_and_room_opens_with_a_docstring():
    assert not [module for module in MODULES if not ast.get_docstring(tree(MODULES[module]))]


def test_a_folder_of_modules_is_a_package():
    missing = [p.parent for m, p in MODULES.items() if not is_package(m) and not (p.parent / "__init__.py").exists()]
    assert not missing


def test_every_import_is_covered_by_a_dependency():
    """Every third-party module that the product imports belongs to a declared dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed, more = set(), set(map(normal, project["dependencies"]))
    while more:
        needed |= more
        lines = (line for name in more for line in required_by(name))
        more = {normal(line) for line in lines if "extra ==" not in line} - needed
    distributions = packages_distributions()
    third_party = {
        name.split(".")[0] for module in MODULES if room_of(module) != "testing" for name in imports_of(module)
    } & distributions.keys()
    missing = {n for n in third_party - {"dnsemu"} if not needed & set(map(normal, distributions[n]))}
    assert not missing
    assert "dnslib" in third_party


def test_the_room_for_tests_imports_the_standard_library_alone():
    """It runs in other people's tests, beside any version of anything. What a test asks for is imported inside functions."""
    imported = {
        (module, name.split(".")[0])
        for module in MODULES
        if room_of(module) == "testing"
        for node in tree(MODULES[module]).body
        for name in top_level_imports(node)
    }
    offenders = {(module, name) for module, name in imported if name not in {*sys.stdlib_module_names, "dnsemu"}}
    assert offenders == {("dnsemu.testing.plugin", "pytest")}


def top_level_imports(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) else []


def required_by(distribution):
    try:
        return requires(distribution) or ()
    except PackageNotFoundError:  # for another platform or Python
        return ()


def normal(requirement):
    """The name in a requirement, as package indexes compare it."""
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")
