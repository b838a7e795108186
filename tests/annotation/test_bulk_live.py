"""Imports and exports through the real server and worker: memory, broken connections, kill -9."""

import http.client
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.models import ImportJob, UploadPart
from annotation.services.pick_up_waiting import pick_up_waiting
from ringfence.celery import app
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose
from tests.annotation.bulk_http import BOUNDARY, Script, form_body
from tests.annotation.jobs import counts, import_job, jsonl, new_project
from tests.annotation.live import Processes, wait_until

pytestmark = pytest.mark.ground
MIB = 1024 * 1024
ROW = b'{"text":"' + b"y" * 1_012 + b'"}\n'


@pytest.fixture(scope="module")
def processes(stack) -> Iterator[Processes]:
    """Processes that end with the module."""
    running = Processes(stack)
    yield running
    running.stop()


@pytest.fixture
def live(processes) -> Processes:
    """A server that answers, and an empty queue."""
    if "web" not in processes.running:
        processes.start_web()
    app.control.purge()
    return processes


def pieces(mib: int) -> Iterator[bytes]:
    """Yield `mib` MiB of rows."""
    block = ROW * (MIB // len(ROW))
    for _ in range(mib):
        yield block.ljust(MIB, b"\n")


def states(workspace) -> list[str]:
    with acting(workspace.context()):
        return [job.state for job in ImportJob.objects.order_by("asked_at")]


KINDS = {"bare": (False, False), "chunked": (False, True), "form": (True, False)}


def test_large_uploads_take_no_more_memory_than_small_ones(acme, live):
    path, secret = f"/api/v1/{acme.public_id}/projects/{new_project(acme)}/imports", Script(acme).secret

    def send(kind: str, mib: int) -> int:
        form, chunked = KINDS[kind]
        head, tail = form_body(b"\x01").split(b"\x01") if form else (b"", b"")
        body = (piece for piece in (head, *pieces(mib), tail) if piece)
        length = None if chunked else mib * MIB + len(head) + len(tail)
        content_type = f"multipart/form-data; boundary={BOUNDARY}" if form else "application/x-ndjson"
        return live.send(path, secret, body, length=length, content_type=content_type)[0]

    assert [send(kind, 4) for kind in KINDS] == [202] * 3
    before = live.peak_mib("web")
    assert [send(kind, 64) for kind in KINDS] == [202] * 3

    assert live.peak_mib("web") < before + 32
    with acting(acme.context()):
        assert UploadPart.objects.count() == 3 * 68


def test_a_client_that_goes_away_leaves_a_failed_import(acme, live):
    project = new_project(acme)
    connection = live.connection()
    connection.putrequest("POST", f"/api/v1/{acme.public_id}/projects/{project}/imports")
    for name, value in (
        ("Authorization", f"Bearer {Script(acme).secret}"),
        ("Content-Type", "application/x-ndjson"),
        ("Content-Length", str(20 * MIB)),
    ):
        connection.putheader(name, value)
    connection.endheaders()
    for piece in pieces(5):
        connection.send(piece)
    wait_until(lambda: states(acme) == ["receiving"])
    connection.close()

    wait_until(lambda: states(acme) == ["failed"])
    with acting(acme.context()):
        assert not UploadPart.objects.exists()
    assert counts(acme, project) == (0, 0)


def test_a_killed_server_leaves_a_receiving_import_without_items(acme, live):
    project = new_project(acme)
    path, secret = f"/api/v1/{acme.public_id}/projects/{project}/imports", Script(acme).secret

    def body() -> Iterator[bytes]:
        yield from pieces(6)
        wait_until(lambda: states(acme) == ["receiving"])
        live.kill("web")
        yield from pieces(2)

    with pytest.raises((http.client.HTTPException, OSError)):
        live.send(path, secret, body(), length=8 * MIB, content_type="application/x-ndjson")

    assert states(acme) == ["receiving"]
    assert counts(acme, project) == (0, 0)


@pytest.mark.long
def test_a_killed_worker_is_followed_by_another_and_every_row_is_there_once(acme, live):
    project = new_project(acme)
    path, secret = f"/api/v1/{acme.public_id}/projects/{project}/imports", Script(acme).secret
    rows = 40_000
    data = jsonl(rows)
    status, told = live.send(path, secret, [data], length=len(data), content_type="application/x-ndjson")
    assert status == 202
    job_id = json.loads(told)["id"]

    for done in (2_000, 20_000):
        live.start_worker()
        wait_until(lambda done=done: import_job(acme, job_id).rows_ok >= done)  # type: ignore[misc]
        live.kill("worker")
        job = import_job(acme, job_id)
        assert counts(acme, project) == (job.rows_ok, job.rows_ok)
        app.control.purge()
        with acting(acme.context()):
            ImportJob.objects.filter(id=job_id).update(beat_at=timezone.now() - timedelta(hours=1))
        assert pick_up_waiting(acme.service(Purpose.JOB)) == 1
    live.start_worker()
    wait_until(lambda: import_job(acme, job_id).state == "done")

    assert counts(acme, project) == (rows, rows)
    assert import_job(acme, job_id).rows_ok == rows
