"""Every route, every method, every role, through HTTP: what `permissions.csv` says is what the gate does."""

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern

from ringfence.kernel.checks import routes, view_class_of
from ringfence.kernel.permissions import GRANTS, Permission, Public, Role
from ringfence.web.pages import permission_for
from tenants.cookies import COOKIE
from tests.stack import REPO
from tests.tenants.operator import operator_workspace
from tests.world import Workspace, new_workspace

TABLE = Path(__file__).with_name("permissions.csv")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ANY = "ANY"
"""A view that answers every method alike, before looking at it."""
STAND_INS = {"uuid": str(uuid4()), "int": "1", "str": "nothing", "path": "nothing", "slug": "nothing"}

with TABLE.open(newline="") as _file:
    ROWS: list[dict[str, str]] = list(csv.DictReader(_file))
TENANT_ROWS = [row for row in ROWS if row["permission"] != "public"]


def every_route() -> dict[str, tuple[str, URLPattern]]:
    """Return name -> (path, pattern) of everything that the resolver knows."""
    return {name or path: (path, pattern) for name, path, pattern in routes()}


def methods_of(view_class: Any) -> list[str]:
    """Return the methods that a view answers."""
    return [m for m in METHODS if hasattr(view_class, m.lower())] or [ANY]


def test_the_table_has_a_row_for_each_route_and_method_and_no_other() -> None:
    there = {
        (name, method)
        for name, (_, pattern) in every_route().items()
        for method in methods_of(view_class_of(pattern))
    }
    rows = [(row["route"], row["method"]) for row in ROWS]
    assert sorted(there - set(rows)) == [], "write these rows, from platform/docs/roles.md"
    assert sorted(set(rows) - there) == [], "these routes are gone"
    assert len(rows) == len(set(rows))


def test_the_roles_of_the_documents_are_the_roles_of_the_code() -> None:
    text = (REPO / "platform/docs/roles.md").read_text()
    (head,) = re.findall(r"^\| permission \|.*$", text, re.M)
    roles = [cell.strip() for cell in head.strip("|").split("|")][2:]
    said: dict[str, set[str]] = {role: set() for role in roles}
    for line in re.findall(r"^\| `[a-z_]+:[a-z_]+` \|.*$", text, re.M):
        permission, _, *marks = [cell.strip() for cell in line.strip("|").split("|")]
        for role, mark in zip(roles, marks, strict=True):
            assert mark in {"", "yes"}
            if mark:
                said[role].add(permission.strip("`"))
    assert said == {role.value: {p.value for p in held} for role, held in GRANTS.items()}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['method']} {row['route']}")
def test_a_view_declares_what_the_table_says(row: dict[str, str]) -> None:
    view_class = view_class_of(every_route()[row["route"]][1])
    if row["permission"] == "public":
        assert isinstance(view_class.requires, Public)
        assert len(view_class.requires.reason) > 20
        assert {row[column] for column in [*Role, "stranger", "anonymous"]} == {"public"}
    else:
        assert permission_for(view_class, row["method"]) == Permission(row["permission"])


@pytest.fixture(scope="module")
def there(stack: Any) -> tuple[Workspace, Workspace, Workspace]:
    """A customer, its rival, and the operator, with people in every role."""
    return new_workspace("Acme"), new_workspace("Rival"), operator_workspace(stack)


def ask(row: dict[str, str], public_id: str, session: str | None) -> str:
    """Send the row's request and return what happened, in the table's words."""
    path, _ = every_route()[row["route"]]
    address = "/" + re.sub(r"<(?:(\w+):)?(\w+)>", lambda m: _argument(m, public_id), path)
    client, token = browser_of(session)
    kind = "application/json" if address.startswith("/api/") else "application/x-www-form-urlencoded"
    answer = client.generic(row["method"], address, content_type=kind, headers={"X-CSRFToken": token})
    return _word(answer)


@cache
def browser_of(session: str | None) -> tuple[Client, str]:
    """Return a browser with this session, and its form token."""
    client = Client(enforce_csrf_checks=True, SERVER_NAME="127.0.0.1")
    client.get("/password-reset")
    if session is not None:
        client.cookies[COOKIE] = session
    return client, client.cookies["csrftoken"].value


def _argument(found: re.Match[str], public_id: str) -> str:
    return public_id if found.group(2) == "tenant" else STAND_INS[found.group(1) or "str"]


def _word(answer: Any) -> str:
    status = answer.status_code
    if status == 401 or (status == 302 and answer["Location"].startswith("/login")):
        return "sign-in"
    if status == 403:
        text = answer.content.decode()
        assert "permission_missing" in text or "Your role does not include" in text, text[:300]
        return "no"
    assert status < 500 or status == 503, f"{status}: {answer.content[:300]!r}"
    assert status != 423
    return "yes"


@pytest.mark.parametrize("row", TENANT_ROWS, ids=lambda row: f"{row['method']} {row['route']}")
def test_each_role_gets_what_the_table_says(
    there: tuple[Workspace, Workspace, Workspace], row: dict[str, str]
) -> None:
    acme, rival, operator = there
    got = {}
    for role in Role:
        workspace = operator if role is Role.OPERATOR else acme
        got[role.value] = ask(row, workspace.public_id, workspace.someone(role).session)
    got["anonymous"] = ask(row, acme.public_id, None)
    got["stranger"] = "absent" if _is_absent(row, acme, rival) else "there"
    assert got == {column: row[column] for column in got}


def _is_absent(row: dict[str, str], acme: Workspace, rival: Workspace) -> bool:
    """Say whether a rival's owner gets the answer of a tenant that does not exist, and it is a 404."""
    path, _ = every_route()[row["route"]]
    answers = []
    for public_id in (acme.public_id, "0" * len(acme.public_id)):
        client = Client(SERVER_NAME="127.0.0.1")
        client.cookies[COOKIE] = rival.someone(Role.OWNER).session
        address = "/" + re.sub(r"<(?:(\w+):)?(\w+)>", lambda m, p=public_id: _argument(m, p), path)  # type: ignore[misc]  # a default binds the loop's value
        answer = client.generic(row["method"], address, content_type="application/json")
        answers.append((answer.status_code, answer.content, dict(answer.headers)))
    return answers[0] == answers[1] and answers[0][0] == 404


@pytest.mark.parametrize("row", TENANT_ROWS, ids=lambda row: f"{row['method']} {row['route']}")
def test_any_other_permission_on_the_view_would_turn_its_row_red(
    row: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    view_class = view_class_of(every_route()[row["route"]][1])
    requires = view_class.requires
    for other in set(Permission) - {Permission(row["permission"])}:
        changed = {**requires, row["method"]: other} if isinstance(requires, dict) else other
        monkeypatch.setattr(view_class, "requires", changed)
        with pytest.raises(AssertionError):
            test_a_view_declares_what_the_table_says(row)
