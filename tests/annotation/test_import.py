"""What an import makes of a file: exact rows, nothing twice, nothing half, and a reason for each refusal."""

import json

import pytest
from django.db import DataError

from annotation.formats.rows import Format
from annotation.models import RefusedRows, Slot, Task, UploadPart
from annotation.services import import_batch, run_import
from annotation.services.cancel_import import cancel_import
from annotation.services.run_import import run_import as work
from annotation.services.stream_refusals import stream_refusals
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound, PermissionMissing
from ringfence.kernel.permissions import Role
from tests.annotation.jobs import counts, import_job, imported, items_of, jsonl, new_project, upload

ROWS = [
    b'{"id":"a","text":"first"}',
    '{"id":"b","text":"Grüße 🧪","n":1.10}'.encode(),
    rb'{"text":"no id, half a pair: \ud83e"}',
]


def test_items_are_the_bytes_of_the_file_in_its_order(acme):
    project = new_project(acme)

    job = imported(acme, project, b"\n".join(ROWS))

    assert (job.state, job.rows_ok, job.rows_same, job.rows_bad, job.problem) == ("done", 3, 0, 0, "")
    assert items_of(acme, project) == ROWS
    assert job.bytes_done == job.bytes_total == len(b"\n".join(ROWS))


def test_overlap_makes_as_many_slots_with_one_place(acme):
    project = new_project(acme, overlap=3)

    imported(acme, project, jsonl(5))

    with acting(acme.context()):
        slots = list(
            Slot.objects.filter(project_id=project).order_by("seq", "n").values_list("seq", "n", "state")
        )
        places = list(Task.objects.filter(project_id=project).order_by("seq").values_list("seq", flat=True))
    assert slots == [(seq, n, 0) for seq in places for n in range(3)]
    assert places == [1, 2, 3, 4, 5]


def test_a_second_import_adds_only_what_is_new(acme):
    project = new_project(acme)
    imported(acme, project, jsonl(10))

    again = imported(acme, project, jsonl(15, start=5) + b'{"id":"r19","text":"other text, same id"}\n')

    assert (again.rows_ok, again.rows_same) == (10, 6)
    assert counts(acme, project) == (20, 20)
    assert json.loads(items_of(acme, project)[-1])["id"] == "r19"


def test_the_same_id_in_another_project_or_tenant_is_another_item(acme, rival):
    here, there, theirs = new_project(acme), new_project(acme), new_project(rival)

    done = [
        imported(acme, here, jsonl(3)),
        imported(acme, there, jsonl(3)),
        imported(rival, theirs, jsonl(3)),
    ]

    assert [job.rows_ok for job in done] == [3, 3, 3]


def test_csv_rows_become_objects(acme):
    project = new_project(acme)

    job = imported(acme, project, b'id;text\r\n1;=SUM(A1)\r\n2;"two\r\nlines"\r\n')

    assert (job.format, job.rows_ok) == ("csv", 2)
    assert [json.loads(item)["text"] for item in items_of(acme, project)] == ["=SUM(A1)", "two\r\nlines"]


def test_refused_rows_are_counted_kept_sealed_and_downloadable(acme):
    project = new_project(acme)

    job = imported(acme, project, b'{"text":"ok"}\n{bad}\n[1]\n{"text":"ok"}\n{"text":"\xff"}')

    assert (job.state, job.rows_ok, job.rows_bad) == ("done", 2, 3)
    text = b"".join(stream_refusals(acme.context(), job_id=job.id)).decode()
    assert [line.split(",")[:2] for line in text.splitlines()[1:]] == [
        ["2", "not_json"], ["3", "not_an_object"], ["5", "not_utf8"],
    ]  # fmt: skip


def test_refusals_beyond_the_limit_are_counted_and_said(acme, monkeypatch):
    monkeypatch.setattr(run_import, "ERRORS_KEPT", 3)
    monkeypatch.setattr("annotation.services.stream_refusals.ERRORS_KEPT", 3)
    project = new_project(acme)

    job = imported(acme, project, b"{\n" * 10, Format.JSONL)

    lines = b"".join(stream_refusals(acme.context(), job_id=job.id)).decode().splitlines()
    assert (job.rows_bad, len(lines)) == (10, 5)
    assert lines[-1].startswith("0,more,7 ")


@pytest.mark.parametrize(
    ("data", "file_format", "problem", "added"),
    [
        (b"id,text\n", Format.CSV, "no_rows", 0),
        (b"\n\n\n", Format.JSONL, "no_rows", 0),
        (b'id,text\n1,a\n2,"never closed\n', Format.CSV, "quote_not_closed", 1),
    ],
)
def test_a_file_that_cannot_be_read_on_fails_and_says_how_far(acme, data, file_format, problem, added):
    project = new_project(acme)

    job = imported(acme, project, data, file_format)

    assert (job.state, job.problem, job.rows_ok) == ("failed", problem, added)
    assert counts(acme, project) == (added, added)


def test_rows_beyond_the_limit_are_not_added(acme, monkeypatch):
    monkeypatch.setattr(run_import, "ROWS", 7)
    project = new_project(acme)

    job = imported(acme, project, jsonl(10))

    assert (job.state, job.problem, job.rows_ok) == ("failed", "too_many_rows", 7)


def test_batches_are_bounded_by_bytes_too(acme, monkeypatch, logged):
    monkeypatch.setattr(run_import, "BATCH_BYTES", 5_000)
    project = new_project(acme)

    imported(acme, project, jsonl(100))

    assert len(logged(acme, "import_rows.added")) == 3


def test_nothing_of_a_batch_is_visible_before_all_of_it(acme, monkeypatch):
    """A unit that dies when its items and slots are written leaves neither, nor a moved place."""
    project = new_project(acme)
    job_id = upload(acme, project, jsonl(50))
    monkeypatch.setattr(import_batch, "_MOVE_SEQ", "select %s::bigint / 0 where %s::uuid is not null")

    with pytest.raises(DataError):
        work(acme.context(), job_id=job_id)

    assert counts(acme, project) == (0, 0)
    job = import_job(acme, job_id)
    assert (job.state, job.bytes_done, job.rows_ok) == ("running", 0, 0)


def test_a_cancelled_import_stops_between_batches_and_keeps_what_it_added(acme, monkeypatch):
    monkeypatch.setattr(run_import, "BATCH_ROWS", 10)
    project = new_project(acme)
    job_id = upload(acme, project, jsonl(100))
    work(acme.context(), job_id=job_id, seconds=0)

    cancel_import(acme.context(), job_id=job_id)

    assert work(acme.context(), job_id=job_id) is None
    job = import_job(acme, job_id)
    assert (job.state, job.rows_ok, job.ticket) == ("cancelled", 10, None)
    assert counts(acme, project) == (10, 10)
    with acting(acme.context()):
        assert not UploadPart.objects.filter(import_job_id=job_id).exists()


def test_slices_of_one_import_add_up(acme, monkeypatch):
    monkeypatch.setattr(run_import, "BATCH_ROWS", 7)
    project = new_project(acme)
    job_id = upload(acme, project, jsonl(50))

    states = [work(acme.context(), job_id=job_id, seconds=0) for _ in range(8)]

    assert states == ["waiting"] * 7 + ["done"]
    assert items_of(acme, project) == jsonl(50).splitlines()


def test_a_second_worker_leaves_a_running_import_alone(acme):
    project = new_project(acme)
    job_id = upload(acme, project, jsonl(5))
    with acting(acme.context()):
        run_import.ImportJob.objects.filter(id=job_id).update(
            state="running", beat_at=run_import.timezone.now()
        )

    assert work(acme.context(), job_id=job_id) is None
    assert counts(acme, project) == (0, 0)


def test_a_worker_whose_job_was_taken_over_writes_nothing_more(acme, monkeypatch):
    monkeypatch.setattr(run_import, "BATCH_ROWS", 10)
    project = new_project(acme)
    job_id = upload(acme, project, jsonl(40))
    assert run_import._claim(acme.context(), job_id)
    slow, fast = (run_import._Reading(acme.context(), job_id) for _ in range(2))

    assert [slow.unit(), fast.unit(), slow.unit()] == ["running", "running", None]
    assert [fast.unit(), fast.unit(), fast.unit()] == ["running", "running", "done"]
    assert items_of(acme, project) == jsonl(40).splitlines()


def test_parts_are_removed_as_they_are_read(acme, monkeypatch):
    monkeypatch.setattr(run_import, "BATCH_ROWS", 500)
    project = new_project(acme)
    job_id = upload(acme, project, jsonl(3_000, text="y" * 1_500))
    with acting(acme.context()):
        before = UploadPart.objects.filter(import_job_id=job_id).count()

    while work(acme.context(), job_id=job_id, seconds=0) == "waiting":
        with acting(acme.context()):
            job = run_import.ImportJob.objects.get(id=job_id)
            left = set(UploadPart.objects.filter(import_job_id=job_id).values_list("n", flat=True))
        assert left == {0} | set(range(max(job.bytes_done >> 20, 1), before))

    assert before == 5
    assert counts(acme, project) == (3_000, 3_000)


def test_only_who_may_import_can_and_a_rival_sees_no_project(acme, rival):
    project = new_project(acme)

    with pytest.raises(PermissionMissing):
        run_import.run_import(acme.context(Role.LABELER), job_id=project)
    with pytest.raises(NotFound):
        upload(rival, project, jsonl(1))
    job_id = upload(acme, project, jsonl(1))
    assert work(rival.context(), job_id=job_id) is None
    assert import_job(acme, job_id).state == "waiting"


def test_the_log_tells_of_an_import_and_quotes_nothing(acme, logged):
    project = new_project(acme)

    imported(acme, project, jsonl(5))

    verbs = ("import.created", "import_rows.added", "import.finished")
    assert [len(logged(acme, verb)) for verb in verbs] == [1, 1, 1]


def test_no_text_stands_in_clear_in_any_row(acme):
    project = new_project(acme)
    imported(acme, project, b'{"id":"CLEARMARK-id","text":"CLEARMARK"}\n{CLEARMARK}\n')

    with acting(acme.context()):
        task = Task.objects.get(project_id=project)
        cells = [bytes(task.payload), bytes(task.external_blind or b"")]
        cells += [bytes(part.body) for part in RefusedRows.objects.all()]
    assert not any(b"CLEARMARK" in cell for cell in cells)
