"""Documents say what the code says: links, variables, dependencies, checks, targets, paths and tests that they name."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringfence.demo.environments import REACH
from ringfence.demo.layout import Layout
from ringfence.demo.supervision import SERVERS, programs
from ringfence.kernel.permissions import GRANTS, Permission
from tests.guards.repository import DOCS, REPO, ROOMS, TOP_LEVEL, named, tree

BUILT = {"annotation/static/ui", "audit/built"}
"""There only after the workspace was built."""


def documents() -> list[Path]:
    return [REPO / "README.md", REPO / "SECURITY.md", *sorted(DOCS.rglob("*.md"))]


def prose(document: Path) -> str:
    """Return a document without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def code_spans(document: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose(document))


def rows(document: Path, heading: str) -> list[list[str]]:
    """Return the cells of the tables whose header begins with `heading`, code marks removed."""
    found, inside = [], False
    for line in document.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[0] == heading:
            inside = True
        elif inside and not set(cells[0]) <= {"-", ":"}:
            found.append(cells)
    return found


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.*)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


# --- documents against each other


@pytest.mark.parametrize("document", documents(), ids=named)
def test_every_link_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        there = (document.parent / path).resolve() if path else document
        assert there.exists(), f"{named(document)} links to {target}"
        if anchor:
            assert anchor in anchors(there), f"{named(document)} links to {target}, which has no such heading"


def test_every_document_is_reached_from_the_readme():
    reached, new = set(), [REPO / "README.md"]
    while new:
        document = new.pop()
        reached.add(document)
        for target in re.findall(r"\]\(([^)\s#:]+)[^)\s]*\)", prose(document)):
            there = (document.parent / target).resolve()
            if there.suffix == ".md" and there.exists() and there not in reached:
                new.append(there)
    assert [named(d) for d in documents() if d not in reached] == []


def test_decisions_are_numbered_without_gaps_and_have_every_part():
    pages = sorted((DOCS / "adr").glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert re.match(rf"# {int(page.name[:4])}\. ", text), named(page)
        for part in ("Context", "Decision", "Rejected", "Consequences"):
            assert f"\n## {part}\n" in text, f"{named(page)} has no {part}"
        assert re.search(r"^Status: (built|partly built|decided, not built)", text, re.MULTILINE), named(page)


# --- documents against the code


def variables_read() -> set[str]:
    """Return the environment variables that our packages read, found in their syntax trees."""
    found = set()
    for room in ROOMS.values():
        for path in room.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                found |= _variables_of(node)
    return found


def _variables_of(node: ast.AST) -> set[str]:
    texts: list[ast.expr] = []
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called == "_env" or called.endswith(("environ.get", "environ.setdefault", "environment.get")):
            texts = node.args[:1]
    elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("environ"):
        texts = [node.slice]
    elif isinstance(node, ast.Compare) and ast.unparse(node.comparators[0]).endswith("environ"):
        texts = [node.left]
    elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("_VARIABLE"):
        texts = [node.value]
    values = {text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str)}
    return {
        value for value in values if not value.startswith(("HTTP_", "wsgi."))
    }  # of a request, not of a process


def test_the_search_for_variables_finds_each_way_of_reading_one():
    ways = (
        '_env("A")', 'os.environ.get("B")', 'os.environ["C"]', '"D" in os.environ',
        'HOME_VARIABLE = "E"', 'environment.get("F")',
    )  # fmt: skip
    found = set()
    for node in ast.walk(ast.parse("\n".join(ways))):
        found |= _variables_of(node)
    assert found == set("ABCDEF")


def test_settings_md_has_every_variable_that_is_read_and_no_other():
    from_supervisor = {"RINGFENCE_PROCESS"}
    described = {row[0] for row in rows(DOCS / "runbooks" / "settings.md", "variable")}
    make_s = {"PYTHON", "TEST_LONG_SECONDS", "WALL"}
    assert described - make_s - from_supervisor == variables_read() - from_supervisor


def test_dependencies_md_has_every_dependency_with_its_bound_and_no_other():
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    wanted = {tuple(re.fullmatch(r"([\w.\[\]-]+)(.*)", each).groups()) for each in declared}
    described = {(row[0], row[1].strip("`")) for row in rows(DOCS / "dependencies.md", "package")}
    assert described == wanted


def test_dependencies_md_has_every_npm_package_with_its_version_and_no_other():
    package = json.loads((REPO / "annotation" / "ui" / "package.json").read_text(encoding="utf-8"))
    described = {row[0]: row[1] for row in rows(DOCS / "dependencies.md", "npm package")}
    assert described == package["dependencies"] | package["devDependencies"]


def test_dependencies_md_has_every_foreign_verifier_with_its_version_and_each_file_has_a_digest():
    foreign = REPO / "tests" / "foreign"
    pinned = json.loads((foreign / "package.json").read_text(encoding="utf-8"))["dependencies"]
    for file in (foreign / "requirements.txt", foreign / "sumdb" / "requirements.txt"):
        text = re.sub(r"^#.*\n", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for block in re.split(r"\n(?=\S)", text.strip()):
            name, version, digests = re.fullmatch(
                r"([\w-]+)==([\w.]+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)", block
            ).groups()
            assert digests
            pinned[name] = version
    described = {row[0]: row[1] for row in rows(DOCS / "dependencies.md", "verifier")}
    needed = [name for names in described if ", " in names for name in names.split(", ")]
    named = {name: version for name, version in described.items() if ", " not in name}
    assert named | {name: pinned[name] for name in needed} == pinned


@pytest.mark.parametrize("folder", ["annotation/ui", "tests/foreign"])
def test_the_lock_file_of_npm_holds_digests_and_no_address(folder):
    lock = json.loads((REPO / folder / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []


def test_guarantees_md_has_all_twelve_with_a_state():
    table = rows(DOCS / "guarantees.md", "id")
    assert [row[0] for row in table] == [f"G{n}" for n in range(1, 13)]
    assert all(row[-1].split(":")[0] in ("works", "partly", "not yet") for row in table)


def walls() -> dict[str, list[str]]:
    """Return probe -> its plants, read from the modules without importing them."""
    found = {}
    for path in (REPO / "tenants" / "isolation" / "probes").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Plant"
        ]
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ID":
                found[ast.literal_eval(node.value)] = [ast.literal_eval(call.args[0]) for call in calls]
    return found


def test_checks_md_says_of_each_check_whether_it_runs_and_which_walls_it_takes_down():
    table = rows(DOCS / "checks.md", "check")
    assert len({row[0] for row in table}) == len(table)
    assert all(row[-1] in ("runs", "not yet") for row in table)
    assert {row[0]: row[2].split(", ") for row in table if row[-1] == "runs"} == walls()
    assert f"{len(walls())} of the 66 checks" in (REPO / "README.md").read_text(encoding="utf-8")


def test_every_check_that_guarantees_md_names_is_in_checks_md():
    known = {row[0] for row in rows(DOCS / "checks.md", "check")}
    text = (DOCS / "guarantees.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\b(?:DB|CR|PE|ST|EG|LG|PR|MT)-\d\d\b", text)) - known == set()


def test_the_page_of_roles_has_the_table_of_the_code():
    page = DOCS / "roles.md"
    table = rows(page, "permission") if page.exists() else []
    if not table:
        pytest.skip("platform/docs/roles.md has no table of permissions")
    header = next(
        line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| permission")
    )
    roles = [cell.strip().strip("`") for cell in header.strip("|").split("|")][1:]
    granted = {role.value: {p.value for p in granted} for role, granted in GRANTS.items()}
    assert {row[0] for row in table} == {p.value for p in Permission}
    for column, role in enumerate(roles, start=1):
        if role in granted:
            written = {row[0] for row in table if row[column] not in ("", "-", "–", "no")}
            assert written == granted[role], role
    assert granted.keys() <= set(roles)


def test_the_table_of_reach_is_the_one_of_the_code():
    written = {row[0]: row[1:] for row in rows(DOCS / "architecture.md", "process")}
    keys = {
        "context key": "context_key", "key service": "tenant_keys",
        "shadow key": "shadow_key", "signing keys": "log_key", "the bucket's": "bucket",
        "the bucket's for reading": "reads_bucket",
    }  # fmt: skip
    running = [
        program.name for program in programs(Layout(Path("/nowhere"), 8000)) if program.name not in SERVERS
    ]
    for name in running:
        reach = REACH[name]
        held = ", ".join(word for word, flag in keys.items() if getattr(reach, flag))
        flags = ["yes" if flag else "" for flag in (reach.broker, reach.cache)]
        assert [cell.strip("`") for cell in written[name]] == [
            reach.cell or "", reach.control or "", reach.shadow or "", *flags,
            held,
        ], name  # fmt: skip
    assert set(written) == set(running)


def test_the_floors_are_those_of_the_contract():
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["name"] == "Dependencies point down")
    written = [
        row[0].replace("`", " ").split() for row in rows(DOCS / "architecture.md", "rooms, top floor first")
    ]
    assert written == [re.split(r" [|:] ", layer) for layer in layers]


def test_every_file_that_the_drawing_of_the_rooms_shows_exists():
    drawing = (DOCS / "architecture.md").read_text(encoding="utf-8").split("```")[1]
    there = {path.name for path in tree()}
    shown = set(re.findall(r"\w+\.py\b", drawing))
    assert len(shown) > 20
    assert shown - there == set()


def test_the_list_of_decisions_is_the_pages():
    listed = {row[0]: (row[1], row[2]) for row in rows(DOCS / "adr" / "README.md", "")}
    for page in sorted((DOCS / "adr").glob("[0-9]*.md")):
        text = page.read_text(encoding="utf-8")
        title = re.search(r"^# \d+\. (.*)$", text, re.MULTILINE)
        status = re.search(r"^Status: (built|partly built|decided, not built)", text, re.MULTILINE)
        assert listed.pop(str(int(page.name[:4]))) == (f"[{title[1]}]({page.name})", status[1])
    assert listed == {}


def test_every_error_code_is_in_api_md():
    codes = {"crash"}
    for room in ROOMS.values():
        for path in room.rglob("*.py"):
            codes |= set(re.findall(r"^    code = \"(\w+)\"", path.read_text(encoding="utf-8"), re.MULTILINE))
    described = {code for row in rows(DOCS / "api.md", "status") for code in re.findall(r"\w+", row[1])}
    assert described == codes


def test_every_document_that_the_code_names_exists():
    for path in tree():
        if path.suffix in (".py", ".toml", ".html", ".sh", ".sql") or path.name == "Makefile":
            for name in re.findall(r"\bplatform/docs/[\w/-]+\.md", path.read_text(encoding="utf-8")):
                assert (REPO / name).exists(), f"{named(path)} names {name}"


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (REPO / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for document in documents():
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE):
            assert target in targets, f"{named(document)} names make {target}"


def test_every_management_command_that_is_named_exists():
    folders = [room.rglob("management/commands/*.py") for room in ROOMS.values()]
    ours = {path.stem for folder in folders for path in folder}
    djangos = {"migrate", "check", "help", "showmigrations"}
    for document in documents():
        for command in re.findall(r"manage\.py ([a-z_]+)", document.read_text(encoding="utf-8")):
            assert command in ours | djangos, f"{named(document)} names manage.py {command}"


def paths_named(document: Path) -> Iterator[str]:
    for span in code_spans(document):
        if re.fullmatch(r"[\w./*:\[\]-]+", span) and span.split("/")[0].split("::")[0] in TOP_LEVEL:
            yield span


@pytest.mark.parametrize("document", documents(), ids=named)
def test_every_path_that_is_named_exists(document):
    for span in paths_named(document):
        path, _, test = span.partition("::")
        if path.rstrip("/") in BUILT or re.fullmatch(r"(tenants|annotation|audit)\.\w.*", path):
            continue
        assert any(REPO.glob(path.rstrip("/"))), f"{named(document)} names {span}"
        if test:
            source = (REPO / path).read_text(encoding="utf-8")
            assert re.search(rf"def {test}\b", source), f"{named(document)} names {span}"


@pytest.mark.parametrize("document", documents(), ids=named)
def test_every_module_that_is_named_exists(document):
    for span in code_spans(document):
        if not re.fullmatch(r"(ringfence|tenants|annotation|audit)(\.\w+)+(\(\))?", span):
            continue
        room, *parts = span.removesuffix("()").split(".")
        if parts[-1] == "example":
            continue  # a host name
        if re.fullmatch(r"[A-Z]\w+", parts[0]):
            parts.insert(0, "models")  # as Django names a model
        if room == "audit" and not (ROOMS[room] / parts[0]).exists() and _is_a_table(parts[0]):
            continue
        here = ROOMS[room]
        while parts and (here / parts[0]).is_dir():
            here /= parts.pop(0)
        file = here / f"{parts.pop(0)}.py" if parts else here / "__init__.py"
        assert file.exists(), f"{named(document)} names {span}"
        if parts:
            source = file.read_text(encoding="utf-8")
            assert re.search(rf"\b{parts[0]}\b", source), f"{named(document)} names {span}"


def _is_a_table(name: str) -> bool:
    """Say whether the log's schema makes a table or function of this name: `audit.pending` is one."""
    scripts = (REPO / "audit" / "schema").glob("*.sql")
    return any(re.search(rf"(TABLE IF NOT EXISTS|FUNCTION) audit\.{name}\b", s.read_text()) for s in scripts)
