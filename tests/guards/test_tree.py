"""The tree stays what was agreed: no stray place, no long module, no name that hides another."""

import ast
import os
import platform
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.guards.repository import REPO, ROOMS, TOP_LEVEL, modules, named, tree

MOST_LINES = 400


def test_nothing_names_a_place_outside_the_repository():
    # Put together here, so that this file does not find itself.
    homes = "|".join(("wor" + "k", "roo" + "t", "hom" + "e", "Use" + "rs"))
    hosts = "|".join(
        ("pypi" + r"\.org", "pythonhosted" + r"\.org", "npm" + r"js\.(org|com)", "index" + "-url")
    )
    forbidden = re.compile(rf"(?<![\w.:}}*)\]>/-])/({homes})/[\w.]|\b({hosts})")
    problems = []
    for path in tree():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if forbidden.search(line):
                problems.append(f"{named(path)}:{number}: {line.strip()[:80]}")
    assert problems == []


def test_nothing_is_left_to_do_in_a_comment():
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
    assert [named(path) for path in modules() if words.search(path.read_text(encoding="utf-8"))] == []


PAST_POLICIES = {
    "a message that every session may hear": r"\bpg_notify\s*\(|\b(?:NOTIFY|LISTEN)\s+\w",
    "a setting kept for the session": r"set_config\([^)]*,\s*(?:false|False)\s*\)",
    "a large object": r"\blo_(?:create|creat|from_bytea|get|put|open|import|export)\s*\(",
    "a function that runs before the policy": r"(?<!NOT )\bLEAKPROOF\b",
}
"""What PostgreSQL offers beside tables, with no policy on it: kind -> how a statement of it looks."""


def past_policies(text):
    return {kind for kind, pattern in PAST_POLICIES.items() if re.search(pattern, text)}


def test_no_statement_reaches_past_row_policies():
    ours = [p for room in ROOMS.values() for p in room.rglob("*") if p.suffix in {".py", ".sql"}]
    assert len(ours) > 200
    found = {named(path): past_policies(path.read_text(encoding="utf-8")) for path in ours}
    assert {name: kinds for name, kinds in found.items() if kinds} == {}


@pytest.mark.parametrize(
    "statement",
    [
        'cursor.execute("NOTIFY rows, %s", [text])',
        "PERFORM pg_notify('rows', NEW.id::text);",
        "cursor.execute(\"select set_config('rf.ctx', %s, false)\", [token])",
        "SELECT lo_from_bytea(0, content)",
        "CREATE FUNCTION f(text) RETURNS boolean LANGUAGE sql LEAKPROOF",
    ],
)
def test_such_a_statement_is_seen(statement):
    assert len(past_policies(statement)) == 1


def test_no_module_is_long():
    long = {
        named(p): n for p in modules() if (n := len(p.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_no_module_is_named_after_nothing():
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "core", "stuff", "types"}
    assert [named(path) for path in modules() if path.stem in vague] == []


def test_every_module_of_ours_says_what_it_is_for():
    silent = []
    for room in ROOMS.values():
        for path in room.rglob("*.py"):
            body = ast.parse(path.read_text(encoding="utf-8"))
            if body.body and "migrations" not in path.parts and not ast.get_docstring(body):
                silent.append(named(path))
    assert silent == []


def test_the_top_level_is_what_was_agreed():
    ignored = {".git", ".venv", "var", "build", "dist", "staticfiles", "node_modules", "__pycache__"}
    there = {path.name for path in REPO.iterdir()} - ignored
    caches = {name for name in there if name.endswith((".egg-info", "_cache")) or name == ".hypothesis"}
    assert there - caches - TOP_LEVEL == set()


def test_platform_is_still_the_standard_library():
    assert Path(platform.__file__).parent == Path(sysconfig.get_path("stdlib"))
    assert not (REPO / "platform" / "__init__.py").exists()


@pytest.mark.parametrize("name", sorted(ROOMS))
def test_our_packages_are_ours(name):
    # As a console script sees it, with the repository last on the path; pytest itself puts it first.
    out = subprocess.run(
        [sys.executable, "-P", "-c", f"import {name}; print({name}.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        env={"PATH": os.environ["PATH"]},
    )
    assert Path(out.stdout.strip()).is_relative_to(REPO)
