"""Asking for a run, the checker's work on it, and what the officer gets to see: through HTTP and the services."""

import json
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest
from django.test import Client

from ringfence.celery import app
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose, Role
from tenants.cookies import COOKIE
from tenants.gate.enter import enter
from tenants.gate.errors import TicketVoid
from tenants.gate.people import change_membership
from tenants.gate.secrets import JobTicket
from tenants.isolation.probe import chosen
from tenants.models import IsolationReport
from tenants.services import run_isolation_check as service
from tenants.services.ask_isolation_check import CHECK_JOB
from tenants.services.pick_up_isolation_checks import pick_up_isolation_checks
from tests.isolation.checking import checking
from tests.stack import Stack
from tests.world import Someone, Workspace, new_workspace


@pytest.fixture
def acme() -> Workspace:
    """One workspace."""
    return new_workspace("Acme")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Messages to the checker, which nobody reads here."""
    messages: list[dict[str, Any]] = []

    def send(name: str, *, kwargs: dict[str, Any], queue: str, **options: Any) -> None:
        messages.append({"name": name, "queue": queue, **kwargs})

    monkeypatch.setattr(app, "send_task", send)
    return messages


def browser(someone: Someone) -> Client:
    """Return a browser with the member's session."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies[COOKIE] = someone.session
    return client


def ask(acme: Workspace, auditor: Someone, wall: str = "") -> str:
    """Ask for a run by the page's button; return the address of its page."""
    path = f"/w/{acme.public_id}/isolation"
    answer = browser(auditor).post(f"{path}/break" if wall else path, {"wall": wall} if wall else {})
    assert answer.status_code == 302
    return str(answer["Location"])


def work_on(stack: Stack, message: dict[str, Any]) -> None:
    """Do what the checker does with a message."""
    with checking(stack, "cell", "context.key"):
        context = enter(JobTicket(message["ticket"]), message["tenant"], job=CHECK_JOB)
        service.run_isolation_check(context, report_id=UUID(message["report_id"]))


@pytest.mark.usefixtures("canaries")
def test_an_officer_asks_the_checker_runs_and_the_report_is_there(
    stack: Stack, acme: Workspace, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor = acme.someone(Role.AUDITOR)
    page = ask(acme, auditor)
    assert "waits for the checker" in browser(auditor).get(page).content.decode()
    monkeypatch.setattr(service, "all_probes", lambda: chosen(["DB-02", "DB-14"]))

    work_on(stack, sent[0])

    answer = browser(auditor).get(page)
    text = answer.content.decode()
    assert "Every wall stands." in text
    assert answer["Audit-Receipt"]
    report = json.loads(browser(auditor).get(f"{page}/file/json").content)
    assert (report["exit_code"], report["planted"], report["detected"]) == (0, 4, 4)
    suite = ElementTree.fromstring(browser(auditor).get(f"{page}/file/junit").content)  # noqa: S314 - our own
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("6", "0", "0")
    progress = browser(auditor).get(f"{page}/progress").json()
    assert (progress["state"], progress["done"], progress["values"]["done"]) == ("done", True, 4)
    with acting(auditor.context):
        row = IsolationReport.objects.get()
        assert row.report is not None
        assert b"Every" not in bytes(row.report)


@pytest.mark.usefixtures("canaries")
def test_an_officer_watches_a_wall_being_taken_down(
    stack: Stack, acme: Workspace, sent: list[dict[str, Any]]
) -> None:
    auditor = acme.someone(Role.AUDITOR)
    page = ask(acme, auditor, "DB-14/old")

    work_on(stack, sent[0])

    text = browser(auditor).get(page).content.decode()
    assert "It was noticed." in text
    assert "PostgreSQL 15.18" in text
    assert browser(auditor).get(f"{page}/file/junit").status_code == 404


def test_a_wall_that_does_not_exist_is_refused(acme: Workspace, sent: list[dict[str, Any]]) -> None:
    auditor = acme.someone(Role.AUDITOR)
    answer = browser(auditor).post(f"/w/{acme.public_id}/isolation/break", {"wall": "DB-02/everything"})
    assert answer.status_code == 400
    assert sent == []


def test_a_message_that_comes_twice_runs_once(
    stack: Stack, acme: Workspace, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[UUID] = []
    ask(acme, acme.someone(Role.AUDITOR))
    monkeypatch.setattr(service, "_check", lambda context, report_id: (runs.append(report_id) or {}, 0))

    work_on(stack, sent[0])
    work_on(stack, sent[0])

    assert len(runs) == 1


def test_with_a_dead_broker_the_run_waits_and_is_picked_up(
    stack: Stack, acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*_: Any, **__: Any) -> None:
        raise OSError("no broker")

    auditor = acme.someone(Role.AUDITOR)
    monkeypatch.setattr(app, "send_task", dead)
    page = ask(acme, auditor)
    assert browser(auditor).get(page).status_code == 200
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(app, "send_task", lambda name, *, kwargs, **_: sent.append(kwargs))

    assert pick_up_isolation_checks(acme.service(Purpose.JOB)) == 1
    assert page.endswith(sent[0]["report_id"])


def test_whoever_lost_access_meanwhile_gets_no_run(
    stack: Stack, acme: Workspace, sent: list[dict[str, Any]]
) -> None:
    auditor = acme.someone(Role.AUDITOR)
    ask(acme, auditor)
    change_membership(auditor.member_id, role=Role.LABELER)

    with pytest.raises(TicketVoid):
        work_on(stack, sent[0])


def test_a_check_that_cannot_run_says_why(
    stack: Stack, acme: Workspace, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor = acme.someone(Role.AUDITOR)
    page = ask(acme, auditor)
    with checking(stack, "cell", "context.key"):
        monkeypatch.delenv("RINGFENCE_SHADOW_URL")
        context = enter(JobTicket(sent[0]["ticket"]), acme.public_id, job=CHECK_JOB)
        service.run_isolation_check(context, report_id=UUID(sent[0]["report_id"]))

    text = browser(auditor).get(page).content.decode()
    assert "This is not a pass." in text
    assert "RINGFENCE_SHADOW_URL" in text


@pytest.mark.parametrize("body", [{}, {"wall": ""}], ids=["nothing", "no wall"])
def test_the_api_asks_and_reads(acme: Workspace, sent: list[dict[str, Any]], body: dict[str, str]) -> None:
    auditor = acme.someone(Role.AUDITOR)
    client = browser(auditor)
    path = f"/api/v1/{acme.public_id}/isolation/reports"

    asked = client.post(path, body, content_type="application/json")

    assert asked.status_code == 202
    row = client.get(f"{path}/{asked.json()['id']}").json()
    assert (row["state"], row["exit_code"], row["report"]) == ("waiting", None, {})
    assert [each["id"] for each in client.get(path).json()] == [asked.json()["id"]]
    assert "ticket" not in json.dumps(row)
