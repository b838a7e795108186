"""kill -9 at every statement of an import and an export: each row exactly once in the end, the log whole."""

from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.utils import timezone

from annotation.models import ExportJob, ImportJob, UploadPart
from annotation.services import run_export, run_import
from annotation.services.pick_up_waiting import close_silent_uploads
from annotation.services.receive_upload import Upload
from annotation.services.start_export import start_export
from annotation.services.start_import import start_import
from annotation.services.stream_export import open_export, stream_export
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose
from tests.annotation.deaths import backend_dies_at, dies_at
from tests.annotation.jobs import (
    counts,
    export_job,
    import_job,
    imported,
    items_of,
    jsonl,
    new_project,
    upload,
)

ROWS = 60
DATA = jsonl(ROWS) + b"{bad}\n" + jsonl(10, start=ROWS // 2)


def give_up_on(workspace, model, job_id) -> None:
    """Let the dead worker's silence be long enough."""
    with acting(workspace.context()):
        model.objects.filter(id=job_id).update(beat_at=timezone.now() - timedelta(hours=1))


def importing(workspace, job_id):
    return lambda: run_import.run_import(workspace.context(), job_id=job_id)


def assert_exact(workspace, project, job_id) -> None:
    job = import_job(workspace, job_id)
    assert (job.state, job.rows_ok, job.rows_same, job.rows_bad) == ("done", ROWS, 10, 1)
    assert items_of(workspace, project) == jsonl(ROWS).splitlines()
    assert counts(workspace, project) == (ROWS, ROWS)


def test_an_import_survives_the_death_of_its_worker_at_every_statement(acme, monkeypatch, logged):
    monkeypatch.setattr(run_import, "BATCH_ROWS", 3)
    project = new_project(acme)
    job_id = upload(acme, project, DATA)

    deaths = 0
    for statement in count(1):
        if not dies_at(importing(acme, job_id), statement):
            break
        deaths += 1
        give_up_on(acme, ImportJob, job_id)

    assert deaths >= 30
    assert_exact(acme, project, job_id)
    assert len(logged(acme, "import.finished")) == 1


@pytest.mark.parametrize("statement", [9, 16, 21])
def test_an_import_survives_the_death_of_postgres(acme, monkeypatch, statement):
    # Test clusters answer before their log is written, which only a crash of PostgreSQL can show.
    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit to on")
    monkeypatch.setattr(run_import, "BATCH_ROWS", 20)
    project = new_project(acme)
    job_id = upload(acme, project, DATA)

    assert backend_dies_at(importing(acme, job_id), statement)
    give_up_on(acme, ImportJob, job_id)
    importing(acme, job_id)()

    assert_exact(acme, project, job_id)


def test_an_export_survives_the_death_of_its_worker_at_every_statement(acme, monkeypatch, logged):
    monkeypatch.setattr(run_export, "BATCH_ROWS", 5)
    monkeypatch.setattr(run_export, "DELIVERED_OBJECTS", 3)
    project = new_project(acme)
    imported(acme, project, jsonl(ROWS))
    job_id, _ = start_export(acme.context(), project_id=project, file_format="jsonl")

    deaths = 0
    for statement in count(1):
        if not dies_at(lambda: run_export.run_export(acme.context(), job_id=job_id), statement):
            break
        deaths += 1
        give_up_on(acme, ExportJob, job_id)

    assert deaths >= 20
    job = export_job(acme, job_id)
    assert (job.state, job.tasks_done, job.tasks_total) == ("done", ROWS, ROWS)
    context = acme.context()
    file = b"".join(piece for piece, _ in stream_export(context, open_export(context, job_id=job_id)))
    assert [line.split(b',"item":')[1].rsplit(b',"answers"')[0] for line in file.splitlines()] == jsonl(
        ROWS
    ).splitlines()
    assert len(logged(acme, "export.finished")) == 1


def test_an_upload_whose_server_dies_leaves_no_item_and_is_closed(acme):
    project = new_project(acme)
    context = acme.context()

    def sending() -> None:
        job = start_import(context, project_id=project, file_name="f", declared_bytes=None)
        arriving = Upload(context, job_id=job.job_id, project_id=project, file_format=None)
        arriving.write(jsonl(30_000))
        arriving.finish()

    for statement in (9, 12, 14):
        assert dies_at(sending, statement)

    with acting(acme.context()):
        jobs = list(ImportJob.objects.filter(project_id=project))
        assert {job.state for job in jobs} == {"receiving"}
        assert UploadPart.objects.exists()
    for job in jobs:
        assert run_import.run_import(acme.context(), job_id=job.id) is None
        give_up_on(acme, ImportJob, job.id)
    close_silent_uploads(acme.service(Purpose.JOB))

    with acting(acme.context()):
        ended = ImportJob.objects.filter(project_id=project).values_list("state", "problem").distinct()
        assert list(ended) == [("failed", "upload_interrupted")]
        assert not UploadPart.objects.exists()
    assert counts(acme, project) == (0, 0)
