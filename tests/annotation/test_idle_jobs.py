"""Jobs that nobody works on: a dead broker, a dead worker, a member who may no longer."""

from datetime import timedelta

import pytest
from celery import Celery
from django.utils import timezone

from annotation import tasks
from annotation.models import ExportJob, ImportJob
from annotation.services import pick_up_waiting, run_import, send_job
from annotation.services.start_export import start_export
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Dark
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.errors import TicketVoid
from tests.annotation.bulk_http import Person, Script
from tests.annotation.jobs import counts, export_job, import_job, items_of, jsonl, new_project, upload


@pytest.fixture
def sent(monkeypatch):
    """What the sweep sends, in place of a worker that would take it."""
    messages = []
    monkeypatch.setattr(
        pick_up_waiting, "send_job", lambda kind, **message: messages.append((kind, message)) or True
    )
    return messages


def silent(workspace, model, job_id, **more):
    with acting(workspace.context()):
        model.objects.filter(id=job_id).update(beat_at=timezone.now() - timedelta(hours=1), **more)


def sweep(workspace):
    return pick_up_waiting.pick_up_waiting(workspace.service(Purpose.JOB))


def test_a_dead_broker_is_told_quickly_and_the_import_waits(acme, monkeypatch):
    dead = Celery("dead", set_as_current=False)
    dead.config_from_object("django.conf:settings", namespace="CELERY")
    dead.conf.broker_url = "redis://127.0.0.1:9/0"
    monkeypatch.setattr(send_job, "current_app", dead)
    project = new_project(acme)

    answer = Script(acme).send(project, jsonl(5))

    job = answer.json()
    assert (answer.status_code, job["state"], job["waits_for_worker"]) == (202, "waiting", True)
    silent(acme, ImportJob, job["id"])
    page = Person(acme).get(f"imports/{job['id']}").content.decode()
    assert "Waiting for a worker." in page


def test_the_sweep_sends_a_waiting_job_once_a_minute_with_the_askers_ticket(acme, sent):
    project = new_project(acme)
    job_id = upload(acme, project, jsonl(5))
    assert (sweep(acme), sent) == (0, [])
    silent(acme, ImportJob, job_id)

    assert [sweep(acme), sweep(acme)] == [1, 0]

    ((kind, message),) = sent
    assert (kind, message["tenant"], message["job_id"]) == ("import", acme.public_id, job_id)
    tasks.work_on_import(tenant=message["tenant"], job_id=str(job_id), ticket=message["ticket"])
    assert import_job(acme, job_id).state == "done"
    assert items_of(acme, project) == jsonl(5).splitlines()


def test_a_running_job_without_a_sign_of_life_is_taken_over(acme, sent, monkeypatch):
    monkeypatch.setattr(run_import, "BATCH_ROWS", 2)
    project = new_project(acme)
    job_id = upload(acme, project, jsonl(5))
    assert run_import._claim(acme.context(), job_id)
    run_import._Reading(acme.context(), job_id).unit()
    assert sweep(acme) == 0
    silent(acme, ImportJob, job_id)

    assert sweep(acme) == 1
    tasks.work_on_import(**(sent[0][1] | {"job_id": str(job_id)}))

    assert items_of(acme, project) == jsonl(5).splitlines()


def test_exports_are_swept_too(acme, sent):
    project = new_project(acme)
    job_id, _ = start_export(acme.context(), project_id=project, file_format="jsonl")
    silent(acme, ExportJob, job_id)

    assert sweep(acme) == 1
    tasks.work_on_export(**(sent[0][1] | {"job_id": str(job_id)}))

    assert export_job(acme, job_id).state == "done"


def test_jobs_of_a_member_who_may_no_longer_end(acme, sent, monkeypatch):
    project = new_project(acme)
    import_id = upload(acme, project, jsonl(5))
    export_id, _ = start_export(acme.context(), project_id=project, file_format="jsonl")
    silent(acme, ImportJob, import_id)
    silent(acme, ExportJob, export_id)

    def void(*args, **kwargs):
        raise TicketVoid

    monkeypatch.setattr(pick_up_waiting, "enter", void)

    assert (sweep(acme), sent) == (0, [])
    assert import_job(acme, import_id).problem == export_job(acme, export_id).problem == "access_ended"
    assert import_job(acme, import_id).ticket is None
    assert counts(acme, project) == (0, 0)


def test_a_job_whose_asker_was_removed_does_nothing(acme):
    from tenants.services.remove_member import remove_member

    project = new_project(acme)
    context = acme.context(Role.ADMIN)
    with acting(context):
        pass
    job_id, ticket = start_export(context, project_id=project, file_format="jsonl")
    remover = acme.context()
    with acting(remover):
        remove_member(remover, member_id=context.actor_id)

    tasks.work_on_export(tenant=acme.public_id, job_id=str(job_id), ticket=ticket)

    assert export_job(acme, job_id).state == "waiting"


def test_a_dark_tenants_jobs_wait(acme, sent, monkeypatch):
    project = new_project(acme)
    job_id = upload(acme, project, jsonl(5))
    silent(acme, ImportJob, job_id)

    def dark(*args, **kwargs):
        raise Dark(refused=True)

    monkeypatch.setattr(pick_up_waiting, "enter", dark)

    assert (sweep(acme), sent) == (0, [])
    assert import_job(acme, job_id).state == "waiting"


@pytest.mark.parametrize("ticket", ["", "x.y", "eyJ0IjoxfQ==.00"])
def test_a_forged_ticket_moves_nothing(acme, ticket):
    project = new_project(acme)
    job_id = upload(acme, project, jsonl(5))

    tasks.work_on_import(tenant=acme.public_id, job_id=str(job_id), ticket=ticket)

    assert import_job(acme, job_id).state == "waiting"


def test_a_ticket_serves_its_own_tenant_and_kind_of_job_only(acme, rival):
    project = new_project(acme)
    job_id = upload(acme, project, jsonl(5))
    export_id, ticket = start_export(acme.context(), project_id=project, file_format="jsonl")

    tasks.work_on_import(tenant=acme.public_id, job_id=str(job_id), ticket=ticket)
    tasks.work_on_export(tenant=rival.public_id, job_id=str(export_id), ticket=ticket)

    assert import_job(acme, job_id).state == "waiting"
    assert export_job(acme, export_id).state == "waiting"


def test_the_beat_sweeps_every_tenant(acme, rival, sent):
    ids = []
    for workspace in (acme, rival):
        project = new_project(workspace)
        ids.append(upload(workspace, project, jsonl(1)))
        silent(workspace, ImportJob, ids[-1])

    tasks.pick_up_everywhere()

    assert set(ids) <= {message["job_id"] for _, message in sent}
