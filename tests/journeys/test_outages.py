"""A part is missing: whoever asks gets a clear answer, nothing is lost, and all goes on when it is back."""

import json
import secrets
from contextlib import contextmanager

import pytest
import requests

from ringfence.crypto.local_keys import OUTAGE_MARKER, LocalKeyService
from tests.journeys.api import Api

SCHEMA = {
    "version": 1,
    "item": {"text": "text"},
    "questions": [
        {
            "id": "tone",
            "type": "choice",
            "text": "Which tone has it?",
            "options": [{"id": "warm", "text": "Warm"}, {"id": "cold", "text": "Cold"}],
        }
    ],
}
DARK_SECONDS = 60.0
"""An opened key lives 30 s after its last good probe, and a probe may take its time."""


def rows(count, mark=""):
    """Return a file of `count` items."""
    lines = ({"id": f"{mark}{n}", "text": f"remark {mark} number {n}"} for n in range(count))
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


class Desk:
    """A project of its own in Northwind, with callers in three roles."""

    def __init__(self, demo):
        tenant = demo.person("Lena").tenant
        self.demo = demo
        self.owner, self.manager, self.labeler = (
            Api(demo, tenant, demo.token(tenant, role)) for role in ("owner", "manager", "labeler")
        )
        self.mark = secrets.token_hex(4)
        self.project = self.manager.post("projects", {"name": f"Desk {self.mark}", "overlap": 1})["id"]
        self.manager.put(f"projects/{self.project}/schema", {"schema": SCHEMA})
        self.acknowledged = []

    def admit_labeler(self):
        """Let the labeler work here."""
        members = self.owner.get("members")["members"]
        lena = next(member for member in members if member["name"] == "Lena Brandt")
        self.manager.post(f"projects/{self.project}/assignments", {"member": lena["id"]})

    def fill(self, count):
        """Import items and wait for them."""
        job = self.manager.import_rows(self.project, rows(count, self.mark))
        assert self.manager.until_ended(f"imports/{job}")["rows_added"] == count

    def label(self, count=1):
        """Answer items; remember the receipts."""
        for _ in range(count):
            (task,) = self.labeler.post(f"projects/{self.project}/tasks/next")["tasks"]
            done = self.labeler.post(f"tasks/{task['id']}/submission", {"answer": {"tone": "warm"}})
            self.acknowledged.append(done["receipt"])

    def nothing_is_lost(self):
        """Hold every acknowledged receipt against the export: each is there exactly once."""
        lines = self.manager.export(self.project)
        exported = [answer["receipt"] for line in lines for answer in line["answers"]]
        events = [receipt.partition(";")[0] for receipt in self.acknowledged]
        assert len(exported) == len(set(exported))
        assert set(events) <= set(exported)


@pytest.fixture
def desk(demo):
    made = Desk(demo)
    made.admit_labeler()
    return made


def test_without_workers_imports_and_exports_wait_and_say_so_and_then_run(desk, demo):
    desk.fill(3)
    with demo.without("worker"):
        job = desk.manager.import_rows(desk.project, rows(4, "late"))
        export = desk.manager.post(f"projects/{desk.project}/exports", {"format": "jsonl"})["id"]
        desk.label(2)
        assert desk.manager.get(f"imports/{job}")["state"] == "waiting"
        demo.until(
            lambda: desk.manager.get(f"imports/{job}")["waits_for_worker"], "it says that no worker is there", 30
        )
        assert desk.manager.ask("GET", f"exports/{export}/file").status_code == 409
    assert desk.manager.until_ended(f"imports/{job}")["rows_added"] == 4
    assert desk.manager.until_ended(f"exports/{export}")["state"] == "done"
    desk.nothing_is_lost()


def test_without_the_broker_imports_and_exports_are_taken_in_and_run_later(desk, demo):
    desk.fill(2)
    with demo.without("valkey"):
        job = desk.manager.import_rows(desk.project, rows(5, "dark"))
        export = desk.manager.post(f"projects/{desk.project}/exports", {"format": "jsonl"})["id"]
        desk.label(2)
        assert desk.manager.get(f"imports/{job}")["state"] == "waiting"
    assert desk.manager.until_ended(f"imports/{job}", seconds=300)["rows_added"] == 5
    assert desk.manager.until_ended(f"exports/{export}", seconds=300)["state"] == "done"
    desk.nothing_is_lost()


@pytest.mark.parametrize("process", ["sequencer", "signer"])
def test_labeling_goes_on_without_the_logs_processes_and_the_proof_follows(desk, demo, process):
    desk.fill(3)
    with demo.without(process):
        desk.label(3)
        event = desk.acknowledged[-1].partition(";")[0]
        answer = desk.owner.ask("GET", f"audit/receipts/{event}")
        assert (answer.status_code, answer.json()["code"]) == (409, "event_pending")
        assert desk.owner.ask("GET", "audit/checkpoint").status_code == 200
    for receipt in desk.acknowledged:
        event = receipt.partition(";")[0]
        demo.until(
            lambda event=event: desk.owner.ask("GET", f"audit/receipts/{event}").status_code == 200,
            "a checkpoint covers what was answered meanwhile",
        )
    desk.nothing_is_lost()


@contextmanager
def outage(demo):
    """The key service does not answer."""
    marker = demo.layout.var / "keys" / OUTAGE_MARKER
    marker.touch()
    try:
        yield
    finally:
        marker.unlink()


@contextmanager
def disabled(demo):
    """Northwind's owner disables their key at the key service."""
    with demo.superuser("cell") as connection:
        found = connection.execute(
            "select distinct k.key_ref from tenants_tenantkey k join tenants_member m using (tenant_id)"
            " where m.tenant_id::text = (select tenant_id::text from tenants_tenantkey order by id limit 1 offset 0)"
        ).fetchall()
    raise NotImplementedError(found)
    yield


def test_a_dead_key_service_is_told_and_everything_is_there_after_it(desk, demo):
    desk.fill(6)
    desk.label(2)
    (held,) = desk.labeler.post(f"projects/{desk.project}/tasks/next")["tasks"]
    refusals = set()

    def dark():
        answer = desk.labeler.ask("POST", f"projects/{desk.project}/tasks/next", json={"resume": True})
        if answer.status_code != 200:
            refusals.add((answer.status_code, answer.json()["code"]))
            assert "does not answer" in answer.json()["message"]
        return answer.status_code != 200

    with outage(demo):
        demo.until(dark, "the workspace is dark", DARK_SECONDS)
        refused = desk.labeler.ask("POST", f"tasks/{held['id']}/submission", json={"answer": {"tone": "cold"}})
    assert refused.status_code == 423
    assert refusals == {(423, "tenant_dark")}

    demo.until(lambda: not dark(), "the workspace is back", DARK_SECONDS)
    done = desk.labeler.post(f"tasks/{held['id']}/submission", {"answer": {"tone": "cold"}})
    assert done["again"] is False
    desk.acknowledged.append(done["receipt"])
    desk.label(2)
    desk.nothing_is_lost()


def test_an_answer_that_nobody_heard_of_is_taken_once(desk, demo):
    """The same submission again gives the first receipt; another answer is refused."""
    desk.fill(1)
    (task,) = desk.labeler.post(f"projects/{desk.project}/tasks/next")["tasks"]
    path, key = f"tasks/{task['id']}/submission", "0192aaaa-0000-7000-8000-000000000001"
    body = {"answer": {"tone": "warm"}, "idempotency_key": key}
    first = desk.labeler.ask("POST", path, json=body)
    again = desk.labeler.ask("POST", path, json=body)
    other = desk.labeler.ask("POST", path, json={**body, "answer": {"tone": "cold"}})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["receipt"] == again.json()["receipt"]
    desk.acknowledged.append(first.json()["receipt"])
    desk.nothing_is_lost()


def test_a_killed_database_answers_clearly_and_keeps_what_it_acknowledged(desk, demo):
    desk.fill(4)
    desk.label(2)
    demo.kill("postgres")
    codes = set()

    def answers():
        try:
            answer = desk.labeler.ask("GET", "receipts")
        except requests.RequestException:
            codes.add(0)
            return False
        codes.add(answer.status_code)
        return answer.status_code == 200

    demo.until(answers, "the API answers again")
    demo.settle()
    desk.label(2)
    desk.nothing_is_lost()
    assert codes <= {0, 200, 500, 503}, codes
