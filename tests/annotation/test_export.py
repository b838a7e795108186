"""Exports: every item and answer once, each part in the log before it leaves, whole or in ranges."""

import csv
import hashlib
import io
import json
import random

import pytest
from django.utils import timezone

from annotation.errors import ExportEmpty, ExportNotReady
from annotation.models import ExportPart, Slot, Submission, Task
from annotation.services import run_export
from annotation.services.cancel_export import cancel_export
from annotation.services.start_export import start_export
from annotation.services.stream_export import open_export, stream_export
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound, PermissionMissing
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tests.annotation.bulk_http import Person, Script
from tests.annotation.jobs import export_job, imported, items_of, jsonl, new_project

ITEMS = [
    b'{"id":"a","text":"=cmd()","n":1.10}',
    '{"id":"b","text":"Grüße 🧪"}'.encode(),
    rb'{"text":"half a pair: \ud83e"}',
    b'{"id":"d","text":"two\\nlines"}',
]


def answer(workspace, project, share=1.0, role=Role.LABELER):
    """Give items an answer each, straight into the tables; return how many."""
    context, member = workspace.context(role), workspace.someone(role).member_id
    given = 0
    with acting(context):
        seal = context.keyring.sealer(field=Submission.answer, unit=project).seal
        for task, n in (
            Slot.objects.filter(project_id=project).order_by("seq", "n").values_list("task_id", "n")
        ):
            if n == 0 and random.Random(task.int).random() < share:
                row = uuid7()
                Submission.objects.create(
                    id=row, project_id=project, task_id=task, n=n, labeler_id=member, lead_ms=900 + given,
                    answer=seal(row, b'{"mood":"glad"}'), schema_version=2, receipt=f"receipt-{given}",
                    submitted_at=timezone.now(),
                )  # fmt: skip
                given += 1
    return given


def exported(workspace, project, file_format="jsonl"):
    job_id, _ = start_export(workspace.context(), project_id=project, file_format=file_format)
    assert run_export.run_export(workspace.context(), job_id=job_id) == "done"
    return job_id


def downloaded(workspace, job_id, **span):
    context = workspace.context()
    file = open_export(context, job_id=job_id)
    return b"".join(piece for piece, _ in stream_export(context, file, **span))


def test_jsonl_holds_items_as_imported_and_every_answer(acme):
    project = new_project(acme)
    imported(acme, project, b"\n".join(ITEMS))
    answer(acme, project)

    lines = downloaded(acme, exported(acme, project)).splitlines()

    for line, item in zip(lines, ITEMS, strict=True):
        assert b'"item":' + item + b',"answers":[' in line
    first = json.loads(lines[0])["answers"]
    assert [sorted(given) for given in first] == [
        ["active_ms", "answer", "lead_ms", "member_id", "number", "receipt", "schema_version", "submitted_at"]
    ]
    assert first[0]["answer"] == {"mood": "glad"}
    assert first[0]["member_id"] == str(acme.someone(Role.LABELER).member_id)
    assert (first[0]["lead_ms"], first[0]["receipt"], first[0]["schema_version"]) == (900, "receipt-0", 2)


def test_the_counts_of_the_file_are_those_of_the_tables(acme, monkeypatch):
    monkeypatch.setattr(run_export, "BATCH_ROWS", 64)
    monkeypatch.setattr(run_export, "DELIVERED_OBJECTS", 25)
    project = new_project(acme)
    imported(acme, project, jsonl(500))
    given = answer(acme, project, 0.4)

    job_id = exported(acme, project)

    data = downloaded(acme, job_id)
    lines = [json.loads(line) for line in data.splitlines()]
    with acting(acme.context()):
        tasks = list(Task.objects.filter(project_id=project).order_by("seq").values_list("id", flat=True))
        answers = Submission.objects.filter(project_id=project).count()
    assert [line["task_id"] for line in lines] == [str(task) for task in tasks]
    assert sum(len(line["answers"]) for line in lines) == answers == given
    job = export_job(acme, job_id)
    assert (job.tasks_done, job.answers, job.bytes_made) == (500, given, len(data))
    file = open_export(acme.context(), job_id=job_id)
    assert file.progress.sha256 == hashlib.sha256(data).hexdigest()
    assert (file.size, len(file.lengths)) == (len(data), job.parts)


def test_the_same_state_exports_to_the_same_bytes(acme):
    project = new_project(acme)
    imported(acme, project, jsonl(50))
    answer(acme, project, 0.5)

    assert downloaded(acme, exported(acme, project)) == downloaded(acme, exported(acme, project))


@pytest.mark.parametrize(("file_format", "first"), [("csv", "'=cmd()"), ("csv-raw", "=cmd()")])
def test_csv_has_a_row_for_each_answer_and_guards_formulas_unless_told_not_to(acme, file_format, first):
    project = new_project(acme)
    imported(acme, project, b"\n".join(ITEMS))
    answer(acme, project)

    data = downloaded(acme, exported(acme, project, file_format)).decode()

    header, *rows = csv.reader(io.StringIO(data, newline=""))
    assert len(rows) == 4
    assert dict(zip(header, rows[0], strict=True))["text"] == first
    assert dict(zip(header, rows[3], strict=True))["text"] == "two\nlines"
    assert [json.loads(row[3]) for row in rows] == [json.loads(item) for item in ITEMS]


def test_each_part_is_in_the_log_before_its_first_byte_leaves(acme, monkeypatch, logged):
    monkeypatch.setattr(run_export, "DELIVERED_OBJECTS", 10)
    project = new_project(acme)
    imported(acme, project, jsonl(35))
    job_id = exported(acme, project)
    context = acme.context()
    assert logged(acme, "export.delivered") == []

    seen = []
    for _, receipt in stream_export(context, open_export(context, job_id=job_id)):
        events = logged(acme, "export.delivered")
        assert str(receipt.event_id) == events[-1]
        seen.append(len(events))

    assert seen == [1, 2, 3, 4]


def test_a_download_stops_when_access_ends(acme, monkeypatch):
    monkeypatch.setattr(run_export, "DELIVERED_OBJECTS", 10)
    project = new_project(acme)
    imported(acme, project, jsonl(35))
    job_id = exported(acme, project)
    context = acme.context()
    pieces = stream_export(context, open_export(context, job_id=job_id))
    next(pieces)

    def ended() -> None:
        raise NotFound

    object.__setattr__(context, "recheck", ended)
    with pytest.raises(NotFound):
        next(pieces)


def test_any_range_is_that_piece_of_the_file(acme, monkeypatch):
    monkeypatch.setattr(run_export, "DELIVERED_OBJECTS", 10)
    project = new_project(acme)
    imported(acme, project, jsonl(35))
    job_id = exported(acme, project)
    data = downloaded(acme, job_id)

    for start in range(0, len(data), 97):
        stop = min(start + 1_500, len(data))
        assert downloaded(acme, job_id, start=start, stop=stop) == data[start:stop]


def test_ranges_over_http_resume_a_broken_download(acme):
    project = new_project(acme)
    imported(acme, project, jsonl(100))
    answer(acme, project, 0.5)
    script = Script(acme)
    path = f"exports/{exported(acme, project)}/file"

    whole = script.ask("GET", path)
    data = whole.getvalue()
    tail = script.ask("GET", path, headers={"Range": "bytes=500-", "If-Range": whole["ETag"]})
    middle = script.ask("GET", path, headers={"Range": "bytes=500-599"})
    changed = script.ask("GET", path, headers={"Range": "bytes=500-", "If-Range": '"another"'})
    beyond = script.ask("GET", path, headers={"Range": f"bytes={len(data)}-"})
    head = script.ask("HEAD", path)

    assert (whole.status_code, int(whole["Content-Length"])) == (200, len(data))
    assert (whole["Ringfence-Items"], int(whole["Ringfence-Answers"])) == ("100", data.count(b'"lead_ms"'))
    assert whole["Content-Disposition"].startswith("attachment")
    assert "Audit-Receipt" in whole.headers
    assert (tail.status_code, tail.getvalue()) == (206, data[500:])
    assert tail["Content-Range"] == f"bytes 500-{len(data) - 1}/{len(data)}"
    assert (middle.status_code, middle.getvalue()) == (206, data[500:600])
    assert (changed.status_code, changed.getvalue()) == (200, data)
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(data)}")
    assert (head.status_code, int(head["Content-Length"]), head.content) == (200, len(data), b"")


def test_an_empty_export_is_said_and_never_an_empty_file(acme):
    project = new_project(acme)
    job_id = exported(acme, project)

    answer_ = Script(acme).ask("GET", f"exports/{job_id}/file")
    page = Person(acme).get(f"exports/{job_id}").content.decode()

    with pytest.raises(ExportEmpty):
        open_export(acme.context(), job_id=job_id)
    assert (answer_.status_code, answer_.json()["code"]) == (409, "export_empty")
    assert "0 items, 0 answers" in page
    assert "Download" not in page


def test_an_unfinished_export_has_no_file(acme):
    project = new_project(acme)
    imported(acme, project, jsonl(3))
    job_id, _ = start_export(acme.context(), project_id=project, file_format="jsonl")

    with pytest.raises(ExportNotReady):
        open_export(acme.context(), job_id=job_id)
    cancel_export(acme.context(), job_id=job_id)

    assert run_export.run_export(acme.context(), job_id=job_id) is None
    with pytest.raises(ExportNotReady):
        open_export(acme.context(), job_id=job_id)


def test_a_cancelled_export_leaves_no_part(acme, monkeypatch):
    monkeypatch.setattr(run_export, "BATCH_ROWS", 10)
    project = new_project(acme)
    imported(acme, project, jsonl(30))
    job_id, _ = start_export(acme.context(), project_id=project, file_format="jsonl")
    assert run_export.run_export(acme.context(), job_id=job_id, seconds=0) == "waiting"

    cancel_export(acme.context(), job_id=job_id)

    with acting(acme.context()):
        assert not ExportPart.objects.filter(export_job_id=job_id).exists()
    assert export_job(acme, job_id).state == "cancelled"


def test_large_items_make_small_chunks(acme, monkeypatch):
    monkeypatch.setattr(run_export, "BATCH_BYTES", 64 * 1024)
    monkeypatch.setattr(run_export, "EXPORT_PART_BYTES", 32 * 1024)
    project = new_project(acme)
    data = b"".join(b'{"id":"%d","text":"%b"}\n' % (n, b"x" * 20_000) for n in range(12))
    imported(acme, project, data)

    job_id = exported(acme, project)

    with acting(acme.context()):
        rows = list(
            ExportPart.objects.filter(export_job_id=job_id).order_by("n").values_list("rows", flat=True)
        )
    assert sum(rows) == 12
    assert max(rows) <= 2
    assert downloaded(acme, job_id).count(b"\n") == 12


def test_items_imported_after_the_start_are_in_the_next_export(acme):
    project = new_project(acme)
    imported(acme, project, jsonl(10))
    job_id, _ = start_export(acme.context(), project_id=project, file_format="jsonl")
    imported(acme, project, jsonl(10, start=10))

    run_export.run_export(acme.context(), job_id=job_id)

    assert downloaded(acme, job_id).count(b"\n") == 10
    assert len(items_of(acme, project)) == 20


def test_a_part_moved_to_another_place_does_not_open(acme, monkeypatch):
    monkeypatch.setattr(run_export, "DELIVERED_OBJECTS", 10)
    project = new_project(acme)
    imported(acme, project, jsonl(20))
    job_id = exported(acme, project)
    with acting(acme.context()):
        first, second = ExportPart.objects.filter(export_job_id=job_id).order_by("n")
        ExportPart.objects.filter(id=second.id).update(body=first.body, sealed_sha256=first.sealed_sha256)

    with pytest.raises(CannotOpen):
        downloaded(acme, job_id)


def test_labelers_reviewers_and_rivals_export_nothing(acme, rival):
    project = new_project(acme)
    imported(acme, project, jsonl(3))
    job_id = exported(acme, project)

    for role in (Role.LABELER, Role.REVIEWER):
        with pytest.raises(PermissionMissing):
            start_export(acme.context(role), project_id=project, file_format="jsonl")
        with pytest.raises(PermissionMissing):
            open_export(acme.context(role), job_id=job_id)
    with pytest.raises(NotFound):
        start_export(rival.context(), project_id=project, file_format="jsonl")
    with pytest.raises(NotFound):
        open_export(rival.context(), job_id=job_id)
    assert Script(rival).ask("GET", f"exports/{job_id}/file").status_code == 404


def test_an_export_from_the_page_and_by_the_api(acme):
    project = new_project(acme)
    imported(acme, project, jsonl(5))
    person, script = Person(acme), Script(acme)

    begun = person.post(f"projects/{project}/exports", {"format": "csv"})
    asked = script.post(f"projects/{project}/exports", {"format": "jsonl"})
    refused = script.post(f"projects/{project}/exports", {"format": "xlsx"})

    assert begun.status_code == 302
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    assert refused.status_code == 400
    job_id = asked.json()["id"]
    assert person.get(f"exports/{job_id}/progress").json()["state"] == "waiting"
    run_export.run_export(acme.context(), job_id=job_id)
    page = person.get(f"exports/{job_id}").content.decode()
    assert script.ask("GET", f"exports/{job_id}").json()["sha256"] in page
    assert len(script.ask("GET", f"projects/{project}/exports").json()["exports"]) == 2
    assert person.get(f"exports/{job_id}/file").getvalue().count(b"\n") == 5
