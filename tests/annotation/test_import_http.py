"""Files over HTTP: bare, in forms, without a length, broken off, too large, sent twice, forged."""

import csv
import gzip
import io
import json
from uuid import uuid4

import pytest

from annotation import uploads
from annotation.bulk import PART_BYTES
from annotation.formats.limits import FILE_BYTES
from annotation.models import ImportJob, UploadPart
from annotation.services import receive_upload, start_import
from annotation.services.run_import import run_import
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tests.annotation.bulk_http import BOUNDARY, Person, Script, Wire, form_body
from tests.annotation.jobs import counts, import_job, items_of, jsonl, new_project


def jobs(workspace):
    with acting(workspace.context()):
        return list(ImportJob.objects.order_by("asked_at"))


def parts(workspace):
    with acting(workspace.context()):
        return UploadPart.objects.count()


def finish(workspace, project):
    for job in jobs(workspace):
        run_import(workspace.context(), job_id=job.id)
    return items_of(workspace, project)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-ndjson", jsonl(20)),
        (f"multipart/form-data; boundary={BOUNDARY}", form_body(jsonl(20))),
        ("application/octet-stream", jsonl(20)),
        ("text/csv", b"id,text\n" + b"".join(b"r%d,%b\n" % (n, b"x" * 100) for n in range(20))),
    ],
)
def test_a_script_sends_a_file_bare_or_in_a_form(acme, content_type, body):
    project = new_project(acme)

    answer = Script(acme).send(project, body, content_type)

    assert answer.status_code == 202
    assert answer.json()["state"] == "waiting"
    assert [json.loads(item)["id"] for item in finish(acme, project)] == [f"r{n}" for n in range(20)]


def test_what_was_accepted_is_receipted_though_it_took_many_units_of_work(acme, logged):
    project, script = new_project(acme), Script(acme)

    def receipt(answer):
        return answer["Audit-Receipt"].split(";")[0]

    sent = script.send(project, jsonl(3))
    assert receipt(sent) == logged(acme, "import.created")[-1]
    job = sent.json()["id"]
    assert receipt(script.ask("POST", f"imports/{job}/cancel")) == logged(acme, "import.cancelled")[-1]
    asked = script.post(f"projects/{project}/exports", {"format": "jsonl"})
    assert receipt(asked) == logged(acme, "export.created")[-1]
    refused = script.post(f"projects/{project}/exports", {"format": "xlsx"})
    assert "Audit-Receipt" not in refused


def test_a_person_sends_a_file_from_the_page_and_lands_on_its_import(acme):
    project = new_project(acme)

    answer = Person(acme).send_file(project, form_body(jsonl(20), name="reviews.jsonl"))

    (job,) = jobs(acme)
    assert (answer.status_code, answer["Location"]) == (302, f"/w/{acme.public_id}/imports/{job.id}")
    assert finish(acme, project) == jsonl(20).splitlines()
    page = Person(acme).get(f"imports/{job.id}").content.decode()
    assert "reviews.jsonl" in page


def test_the_script_of_the_page_is_answered_in_json(acme):
    project = new_project(acme)

    good = Person(acme).send_file(project, form_body(jsonl(1)), headers={"Accept": "application/json"})
    bad = Person(acme).send_file(project, form_body(b"PK\x03\x04"), headers={"Accept": "application/json"})

    assert good.json()["url"].startswith(f"/w/{acme.public_id}/imports/")
    assert (bad.status_code, bad.json()["code"]) == (400, "zip_file")


@pytest.mark.parametrize("token", ["", "d" * 32])
def test_a_forged_form_is_refused_before_its_body_is_read(acme, token):
    project = new_project(acme)
    wire = Wire(form_body(jsonl(20)))

    answer = Person(acme).send_file(project, form_body(jsonl(20)), token=token, **{"wsgi.input": wire})

    assert answer.status_code == 403
    assert (wire.taken, jobs(acme)) == (0, [])


def test_a_labeler_and_a_rival_are_refused_before_the_body_is_read(acme, rival):
    project = new_project(acme)
    acme.someone(Role.LABELER)
    wires = [Wire(jsonl(20)), Wire(jsonl(20)), Wire(jsonl(20))]

    labeler = Person(acme, Role.LABELER).send_file(project, b"x" * 10, **{"wsgi.input": wires[0]})
    rivals = Script(rival).send(project, jsonl(20), **{"wsgi.input": wires[1]})
    nobody = Script(acme).client.generic(
        "POST", f"/api/v1/{acme.public_id}/projects/{project}/imports", jsonl(20), **{"wsgi.input": wires[2]}
    )

    assert [labeler.status_code, rivals.status_code, nobody.status_code] == [403, 404, 401]
    assert [wire.taken for wire in wires] == [0, 0, 0]
    assert jobs(acme) == jobs(rival) == []


def test_the_parts_are_sealed_and_committed_while_the_file_arrives(acme):
    project = new_project(acme)
    data = jsonl(20_000, text="CLEARMARK" * 20)
    seen = []

    class Watching(Wire):
        def read(self, size=-1):
            seen.append(parts(acme))
            return super().read(size)

    answer = Script(acme).send(project, data, **{"wsgi.input": Watching(data)})

    assert answer.status_code == 202
    assert seen[-1] == len(data) // PART_BYTES
    with acting(acme.context()):
        bodies = list(UploadPart.objects.order_by("n").values_list("body", flat=True))
    assert len(bodies) == len(data) // PART_BYTES + 1
    assert not any(b"CLEARMARK" in bytes(body) for body in bodies)


@pytest.mark.parametrize("breaks", [False, True])
@pytest.mark.parametrize("form", [False, True])
def test_a_connection_that_breaks_leaves_a_failed_import_and_nothing_else(acme, breaks, form):
    project = new_project(acme)
    data = form_body(jsonl(20_000), end=False) if form else jsonl(20_000)
    content_type = f"multipart/form-data; boundary={BOUNDARY}" if form else "application/x-ndjson"

    answer = Script(acme).send(
        project,
        data,
        content_type,
        **{"wsgi.input": Wire(data, breaks=breaks), "CONTENT_LENGTH": len(data) + 1000},
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "upload_interrupted")
    assert [(job.state, job.problem, job.ticket) for job in jobs(acme)] == [
        ("failed", "upload_interrupted", None)
    ]
    assert (parts(acme), counts(acme, project)) == (0, (0, 0))


def test_a_body_without_a_length_is_taken_and_stopped_at_the_limit(acme, monkeypatch):
    project = new_project(acme)
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    taken = Script(acme).send(project, b"", **{"wsgi.input": Wire(jsonl(20)), **chunked})
    monkeypatch.setattr(receive_upload, "FILE_BYTES", 3 * PART_BYTES)
    endless = Wire(jsonl(80_000))

    stopped = Script(acme).send(project, b"", **{"wsgi.input": endless, **chunked})

    assert taken.status_code == 202
    assert (stopped.status_code, stopped.json()["code"]) == (413, "file_too_large")
    assert endless.taken <= 3 * PART_BYTES + uploads.READ_BYTES
    assert [job.state for job in jobs(acme)] == ["waiting", "failed"]
    assert finish(acme, project) == jsonl(20).splitlines()


def test_a_form_without_a_length_is_refused(acme):
    project = new_project(acme)

    answer = Script(acme).send(
        project, b"", f"multipart/form-data; boundary={BOUNDARY}",
        **{"wsgi.input": Wire(form_body(jsonl(1))), "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""},
    )  # fmt: skip

    assert (answer.status_code, answer.json()["code"]) == (411, "length_needed")


@pytest.mark.parametrize("form", [False, True])
def test_ten_gigabytes_are_refused_by_their_length_with_the_limit(acme, form):
    project = new_project(acme)
    body = form_body(jsonl(1)) if form else jsonl(1)
    wire = Wire(body)

    answer = Script(acme).send(
        project, body, f"multipart/form-data; boundary={BOUNDARY}" if form else "text/csv",
        **{"wsgi.input": wire, "CONTENT_LENGTH": 10 * 1024**3},
    )  # fmt: skip

    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert f"{FILE_BYTES // 1024**3} GiB" in answer.json()["message"]
    assert wire.taken <= len(body)
    assert jobs(acme) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (gzip.compress(jsonl(20)), "gzip_file"),
        (b"", "empty_file"),
        (b'[{"text":"a"}]', "json_array"),
        (b"id,id\n1,2\n", "duplicate_column"),
    ],
)
@pytest.mark.parametrize("form", [False, True])
def test_a_file_that_cannot_be_read_is_refused_at_once_with_the_reason(acme, form, body, code):
    project = new_project(acme)
    data = form_body(body, name="x") if form else body

    answer = Script(acme).send(
        project, data, f"multipart/form-data; boundary={BOUNDARY}" if form else "application/octet-stream"
    )

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    (job,) = jobs(acme)
    assert (job.state, job.problem, parts(acme)) == ("failed", code, 0)
    errors = Script(acme).ask("GET", f"imports/{job.id}/errors").getvalue().decode()
    assert answer.json()["message"] in next(csv.reader(io.StringIO(errors.split("\r\n", 1)[1])))


@pytest.mark.parametrize("body", [b"", f"--{BOUNDARY}--\r\n".encode(), form_body(b"x", name="")])
def test_a_form_without_a_file_says_so(acme, body):
    project = new_project(acme)

    answer = Script(acme).send(project, body, f"multipart/form-data; boundary={BOUNDARY}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert jobs(acme) == []


def test_two_files_in_one_form_are_refused_and_neither_is_kept(acme):
    project = new_project(acme)
    two = form_body(jsonl(1), end=False) + b"\r\n" + form_body(jsonl(1))

    answer = Script(acme).send(project, two, f"multipart/form-data; boundary={BOUNDARY}")

    assert answer.status_code == 400
    assert [job.state for job in jobs(acme)] == ["failed"]


def test_the_same_key_again_starts_nothing_new(acme):
    project, key = new_project(acme), {"headers": {"Idempotency-Key": str(uuid4())}}
    script = Script(acme)

    answers = [script.send(project, jsonl(5), **key) for _ in range(2)]
    finish(acme, project)
    answers.append(script.send(project, jsonl(5), **key))

    assert [answer.status_code for answer in answers] == [202, 200, 200]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert answers[2].json()["rows_added"] == 5
    assert script.send(project, jsonl(5), headers={"Idempotency-Key": "mine"}).status_code == 400


def test_a_key_whose_upload_broke_off_works_again_and_one_under_way_does_not(acme):
    project, key = new_project(acme), uuid4()
    script = Script(acme)
    header = {"headers": {"Idempotency-Key": str(key)}}
    broken = script.send(project, b"", **{"wsgi.input": Wire(jsonl(5)), "CONTENT_LENGTH": 10_000, **header})
    refused = script.send(project, b"PK\x03\x04", **header)
    again = script.send(project, jsonl(5), **header)
    other = uuid4()
    start_import.start_import(
        acme.context(), project_id=project, file_name="f", declared_bytes=None, idempotency_key=other
    )

    running = script.send(project, jsonl(5), headers={"Idempotency-Key": str(other)})

    assert [broken.status_code, refused.status_code, again.status_code] == [400, 400, 202]
    assert (running.status_code, running.json()["code"]) == (409, "import_still_arriving")


def test_without_a_broker_the_file_is_kept_and_the_sender_told(acme, monkeypatch):
    project = new_project(acme)
    monkeypatch.setattr(uploads, "send_job", lambda *a, **k: False)

    answer = Script(acme).send(project, jsonl(5))

    assert (answer.status_code, answer.json()["waits_for_worker"]) == (202, True)
    assert answer.json()["state"] == "waiting"


def test_an_upload_stops_when_its_import_is_cancelled(acme):
    project = new_project(acme)
    script = Script(acme)
    data = jsonl(40_000)

    class Cancelling(Wire):
        def read(self, size=-1):
            if self.taken > 2 * PART_BYTES and jobs(acme)[0].state == "receiving":
                assert script.ask("POST", f"imports/{jobs(acme)[0].id}/cancel").status_code == 204
            return super().read(size)

    wire = Cancelling(data)
    answer = Script(acme).send(project, data, **{"wsgi.input": wire})

    assert (answer.status_code, answer.json()["code"]) == (400, "upload_interrupted")
    assert wire.taken < len(data)
    assert [job.state for job in jobs(acme)] == ["cancelled"]
    assert parts(acme) == 0


def test_progress_list_cancel_and_refused_rows_by_the_api(acme, rival):
    project, script = new_project(acme), Script(acme)
    job = script.send(project, jsonl(3) + b"{bad}\n").json()["id"]
    finish(acme, project)

    told = script.ask("GET", f"imports/{job}").json()
    assert (told["state"], told["rows_added"], told["rows_refused"]) == ("done", 3, 1)
    assert script.ask("GET", f"projects/{project}/imports").json()["imports"] == [told]
    errors = script.ask("GET", f"imports/{job}/errors")
    assert b"".join(errors.streaming_content).startswith(b"line,code,message\r\n4,not_json,")
    assert script.ask("POST", f"imports/{job}/cancel").json()["code"] == "job_over"
    for path in (f"imports/{job}", f"imports/{job}/errors", f"projects/{project}/imports"):
        assert Script(rival).ask("GET", path).status_code == 404
    assert Script(rival).ask("POST", f"imports/{job}/cancel").status_code == 404


def test_the_pages_show_limits_progress_and_refusals(acme):
    project, person = new_project(acme), Person(acme)
    empty = person.get(f"projects/{project}/imports").content.decode()
    person.send_file(project, form_body(jsonl(3) + b"{bad}\n"))
    (job,) = jobs(acme)
    waiting = person.get(f"imports/{job.id}").content.decode()
    polled = person.get(f"imports/{job.id}/progress").json()
    finish(acme, project)
    done = person.get(f"imports/{job.id}").content.decode()

    assert f"up to {FILE_BYTES // 1024**3} GiB" in empty
    assert "Nothing imported yet" in empty
    assert f'data-poll-url="/w/{acme.public_id}/imports/{job.id}/progress"' in waiting
    assert (polled["done"], polled["state"]) == (False, "waiting")
    assert "data-poll-url" not in done
    assert "not_json" in done
    assert import_job(acme, job.id).rows_bad == 1
