"""Every job of the worker and of the checker, run as from the broker: what it opens, an event of the log names.

LG-02 asks the same of every route. Neither shows that a hand at the database opens nothing: the keys do that.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from annotation.models import ExportJob, ImportJob
from annotation.services import keep_aggregates
from annotation.services.send_job import send_job
from annotation.services.start_export import start_export
from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from annotation.tasks import work_on_import
from audit.subjects import is_about
from ringfence.celery import app
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants.exposure import Question, Scope
from tenants.isolation.opening import Watched, names_of, watching_openings
from tenants.isolation.probe import chosen
from tenants.isolation.probes.lg_02 import APPLIED, LABELS
from tenants.services import run_isolation_check
from tenants.services.ask_bundle import ask_bundle
from tenants.services.ask_exposure_report import ask_exposure_report
from tenants.services.ask_isolation_check import ask_isolation_check
from tenants.services.create_canaries import create_canaries
from tenants.tasks import run_asked_check
from tests.annotation.jobs import jsonl, upload
from tests.annotation.making import GLAD, new_work
from tests.annotation.queueing import end_leases
from tests.audit.logkeeping import Keeper
from tests.isolation.checking import checking
from tests.neutrality.exposing import today_span
from tests.stack import Stack
from tests.tenants.operator import operator_workspace
from tests.tenants.registering import Keeper as Registrar
from tests.tenants.registering import bods, entity
from tests.unit.egress.receiving import Authority, Names
from tests.webhooks.doing import happen, hook_to
from tests.world import Workspace

ENTRY_POINTS = (work_on_import, run_asked_check)
"""Their modules are those in which jobs are declared; a worker looks them up by itself."""
OPENING = {
    "annotation.keep_aggregates",
    "annotation.run_export",
    "annotation.run_import",
    "tenants.run_bundle",
    "tenants.run_exposure_report",
    "tenants.send_webhook",
}
UNTOLD = LABELS | dict.fromkeys(APPLIED, "a project's rules, applied to what is counted or sent")


@dataclass
class Jobs:
    """What the broker was told, and what each job opened and told when it was run."""

    stack: Stack
    waiting: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    ran: dict[str, list[tuple[dict[str, Any], Watched]]] = field(default_factory=dict)

    def run(self, name: str, **message: Any) -> None:
        """Do what a worker does with one message."""
        with watching_openings() as seen:
            app.tasks[name](**message)
        self.ran.setdefault(name, []).append((message, seen))

    def run_waiting(self) -> None:
        """Do what the workers do until nothing waits; the checker's messages are done as the checker."""
        while self.waiting:
            name, message = self.waiting.pop(0)
            if name == "tenants.run_isolation_check":
                with checking(self.stack, "cell", "context.key"):
                    self.run(name, **message)
            else:
                self.run(name, **message)


@pytest.fixture
def jobs(stack: Stack, acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """A broker that keeps messages until they are run, and sweeps that look at one workspace."""
    told = Jobs(stack)

    def send(name: str, *, kwargs: dict[str, Any], **_: Any) -> None:
        told.waiting.append((name, kwargs))

    monkeypatch.setattr(app, "send_task", send)
    for module in ("annotation.tasks", "tenants.tasks"):
        monkeypatch.setattr(f"{module}.every_tenant", lambda purpose: [acme.service(purpose)])
    monkeypatch.setattr("tenants.services.ask_exposure_report.STILL_RUNNING", timedelta(0))
    monkeypatch.setattr("tenants.services.run_exposure_report.ENFORCED_WITHIN", timedelta(0))
    monkeypatch.setattr(keep_aggregates.keep_aggregates, "__kwdefaults__", {"settled": timedelta(seconds=-5)})
    monkeypatch.setattr(run_isolation_check, "all_probes", lambda: chosen(["DB-02"]))
    return told


def ours() -> set[str]:
    """Return the names of all jobs of this product."""
    return {name for name in app.tasks if name.split(".")[0] in ("tenants", "annotation", "audit")}


def logged(stack: Stack, workspace: Workspace) -> set[str]:
    """Return the ids of all events that a workspace's log holds, sequenced or not."""
    with psycopg.connect(stack.cluster.superuser_url("cell")) as raw:
        rows = raw.execute(
            "select id from audit.pending where tenant_id = %(t)s"
            " union select id from audit.body where tenant_id = %(t)s",
            {"t": workspace.tenant_id},
        )
        return {str(row[0]) for row in rows}


def told_about(jobs: Jobs, name: str, there: set[str]) -> tuple[int, set[str]]:
    """Return how many cells a job opened that count, and the columns of those that no event of its names."""
    opened, untold = 0, set[str]()
    for message, seen in jobs.ran[name]:
        events = [core for core in seen.built if core["event"] in there]
        about = {str(value) for key, value in message.items() if key.endswith("_id")}
        for each in seen.opened:
            if each.column not in UNTOLD:
                opened += 1
                if not any(is_about(event, about | names_of(each)) for event in events):
                    untold.add(each.column)
    return opened, untold


def test_whatever_a_job_opens_an_event_names(
    stack: Stack, acme: Workspace, jobs: Jobs, log: Keeper, names: Names, authority: Authority
) -> None:
    registrar = Registrar(operator_workspace(stack))
    work, owner, auditor = new_work(acme), acme.context(), acme.someone(Role.AUDITOR).context
    labeler, left = work.labeler(), work.labeler(1)
    work.add("one", "two", "three")
    for _ in range(2):
        (task,) = take_tasks(labeler.context, project_id=work.project_id).tasks
        submit_task(labeler.context, task_id=task.task_id, answer=GLAD)
    (taken,) = take_tasks(left.context, project_id=work.project_id).tasks
    end_leases(left.context, taken.task_id)

    bring = upload(acme, work.project_id, jsonl(3))
    take, ticket = start_export(owner, project_id=work.project_id, file_format="jsonl")
    send_job("export", tenant=acme.public_id, job_id=take, ticket=ticket)
    with acting(owner):
        ImportJob.objects.filter(id=bring).update(beat_at=timezone.now() - timedelta(hours=1))
    jobs.run("annotation.pick_up_waiting")
    jobs.run_waiting()
    jobs.run("annotation.sweep_leases")
    jobs.run("annotation.keep_aggregates")

    with hook_to(acme, names, authority):
        happen(acme)
        log.settle()
        jobs.run("tenants.queue_webhook_events")
        jobs.run_waiting()

    create_canaries()
    with acting(auditor):
        ask_isolation_check(auditor)
        ask_exposure_report(auditor, span=today_span(), question=Question(Scope.EVERYBODY))
    ask_bundle(auditor)
    log.settle()
    jobs.run_waiting()
    for sweep in ("tenants.pick_up_isolation_checks", "tenants.pick_up_exposure_reports"):
        jobs.run(sweep)

    form = {"kind": "bods", "source": "A Register, 2026", "dated": "2026-01-05"}
    file = SimpleUploadedFile("ownership.json", bods(entity("r1", "A Firm")))
    assert registrar.post("/imports", form | {"file": file}).status_code == 302
    jobs.run_waiting()
    for sweep in sorted(ours() - set(jobs.ran)):
        jobs.run(sweep)

    assert set(jobs.ran) == ours()
    there = logged(stack, acme)
    with acting(owner):
        result = {name: told_about(jobs, name, there) for name in sorted(jobs.ran)}
    assert {name: untold for name, (_, untold) in result.items() if untold} == {}
    # Those that open something did so here: a job that has nothing to do shows nothing.
    assert {name for name, (opened, _) in result.items() if opened} == OPENING
    with acting(owner):
        assert {ImportJob.objects.get(id=bring).state, ExportJob.objects.get(id=take).state} == {"done"}


def test_a_job_that_keeps_quiet_is_found(
    stack: Stack, acme: Workspace, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = new_work(acme)
    labeler = work.labeler()
    work.add("one")
    (task,) = take_tasks(labeler.context, project_id=work.project_id).tasks
    submit_task(labeler.context, task_id=task.task_id, answer=GLAD)
    monkeypatch.setattr(keep_aggregates, "record", lambda *_, **__: None)
    jobs.run("annotation.keep_aggregates")
    with acting(acme.context()):
        assert told_about(jobs, "annotation.keep_aggregates", logged(stack, acme)) == (
            1,
            {"annotation_submission.answer"},
        )
