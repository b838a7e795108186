"""A part is missing: whoever asks gets a clear answer, nothing is lost, and all goes on when it is back."""

from contextlib import ExitStack, contextmanager

import pytest
import requests

from ringfence.crypto.local_keys import OUTAGE_MARKER, LocalKeyService
from tests.journeys.api import Api
from tests.journeys.desk import Desk, rows

DARK_SECONDS = 60.0
"""An opened key lives 30 s after its last good probe, and a probe may take its time."""


@pytest.fixture
def desk(demo):
    made = Desk(demo)
    made.admit("Lena Brandt")
    return made


def test_without_workers_imports_and_exports_wait_and_say_so_and_then_run(desk, demo):
    desk.fill(3)
    with demo.without("worker"):
        job = desk.manager.import_rows(desk.project, rows(4, "late"))
        export = desk.manager.post(f"projects/{desk.project}/exports", {"format": "jsonl"})["id"]
        desk.label(2)
        assert desk.manager.get(f"imports/{job}")["state"] == "waiting"
        demo.until(
            lambda: desk.manager.get(f"imports/{job}")["waits_for_worker"], "it says what it waits for", 30
        )
        assert desk.manager.ask("GET", f"exports/{export}/file").status_code == 409
    assert desk.manager.until_ended(f"imports/{job}")["rows_added"] == 4
    assert desk.manager.until_ended(f"exports/{export}")["state"] == "done"
    desk.nothing_is_lost()


@pytest.mark.long
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


@pytest.mark.parametrize(
    "stopped",
    [
        ("sequencer", "signer"),
        pytest.param(("sequencer",), marks=pytest.mark.long),
        pytest.param(("signer",), marks=pytest.mark.long),
    ],
    ids=" and ".join,
)
def test_labeling_goes_on_without_the_logs_processes_and_the_proof_follows(desk, demo, stopped):
    desk.fill(3)
    with ExitStack() as outages:
        for process in stopped:
            outages.enter_context(demo.without(process))
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
    with demo.superuser("control") as control:
        tenant = control.execute(
            "select id from people_tenant where public_id = %s", [demo.person("Lena").tenant]
        ).fetchone()[0]
    with demo.superuser("cell") as cell:
        used = cell.execute("select distinct key_ref from tenants_tenantkey where tenant_id = %s", [tenant])
        key_refs = [key_ref for (key_ref,) in used]
    service = LocalKeyService(demo.layout.var / "keys")
    assert key_refs
    for key_ref in key_refs:
        service.disable(key_ref)
    try:
        yield
    finally:
        for key_ref in key_refs:
            service.enable(key_ref)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [(outage, "does not answer"), (disabled, "refuses its key")],
    ids=["dead", "disabled"],
)
def test_without_its_key_the_workspace_says_so_and_everything_is_there_after_it(desk, demo, trouble, said):
    desk.fill(6)
    desk.label(2)
    (held,) = desk.labeler.post(f"projects/{desk.project}/tasks/next")["tasks"]
    answers, path = set(), f"tasks/{held['id']}/submission"

    def dark():
        answer = desk.labeler.ask("POST", f"projects/{desk.project}/tasks/next", json={"resume": True})
        refused = answer.status_code != 200
        answers.add((answer.status_code, answer.json()["code"] if refused else ""))
        return refused and said in answer.json()["message"]

    with trouble(demo):
        # Two web processes, each with what it has opened: dark is what stays dark.
        demo.until_steady(dark, "the workspace is dark", DARK_SECONDS)
        submitted = desk.labeler.ask("POST", path, json={"answer": {"tone": "cold"}})
        assert (submitted.status_code, submitted.json()["code"]) == (423, "tenant_dark")
        lumen = demo.person("Yuki").tenant
        if trouble is disabled:
            assert Api(demo, lumen, demo.token(lumen, "manager")).get("projects")["projects"]
        assert demo.healthz()[1]["components"]["cell"] == "up"
    assert answers <= {(200, ""), (423, "tenant_dark")}

    demo.until_steady(lambda: not dark(), "the workspace is back", DARK_SECONDS)
    done = desk.labeler.post(path, {"answer": {"tone": "cold"}})
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


@pytest.mark.long
def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(desk, demo):
    """Nobody tells the database that a worker died: its silence does, a minute later."""
    count = 30_000

    def killed_at_work(path, moved):
        demo.until(lambda: moved(desk.manager.get(path)), f"{path} is being worked on", 60)
        at = desk.manager.get(path)
        demo.kill("worker")
        ended = desk.manager.until_ended(path, seconds=300)
        print(f"\n{path}: killed in the state {at['state']}")
        return ended

    job = desk.manager.import_rows(desk.project, rows(count, desk.mark))
    done = killed_at_work(f"imports/{job}", lambda found: found["rows_added"] > 0)
    assert (done["state"], done["rows_added"], done["rows_refused"]) == ("done", count, 0)

    export = desk.manager.post(f"projects/{desk.project}/exports", {"format": "jsonl"})["id"]
    done = killed_at_work(f"exports/{export}", lambda found: found["items"] > 0)
    assert (done["state"], done["items"]) == ("done", count)
    lines = desk.nothing_is_lost()
    assert len({line["item"]["id"] for line in lines}) == len(lines) == count
