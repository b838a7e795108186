"""The API of a labeler's workspace, over HTTP: desk, drafts, undo, heartbeat, browser key; and while dark."""

import json
import logging
from base64 import b64decode
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from annotation.models import Slot
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Dark
from ringfence.kernel.permissions import Permission, Role
from tenants.keys.keyring import TenantKeyring
from tenants.models import DataKey, KeyState
from tenants.services.manage_tokens import create_token
from tests.annotation.conftest import Logged
from tests.annotation.doing import change
from tests.annotation.making import GLAD, new_work
from tests.annotation.test_api import labeler_of, next_tasks
from tests.annotation.visiting import Visitor
from tests.stack import Stack
from tests.world import Workspace


@pytest.fixture
def dark(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every key from now on."""

    def refused(*_: object, **__: object) -> None:
        raise Dark(refused=True)

    for use in ("_write_key", "_read_key", "check"):
        monkeypatch.setattr(TenantKeyring, use, refused)


def test_the_desk_shows_what_is_needed_and_the_log_knows(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    work.add("one", "two", "three")
    visitor = labeler_of(work)
    task = next_tasks(visitor, work).json()["tasks"][0]["id"]
    visitor.api("POST", f"tasks/{task}/submission", {"answer": GLAD, "active_ms": 1})
    shown = visitor.api("GET", f"projects/{work.project_id}/desk?zone=120")
    told = shown.json()
    assert told["project"] == {"id": str(work.project_id), "name": "Sealed project name", "state": "open"}
    assert told["me"]["member"] == str(visitor.someone.member_id)
    assert told["me"]["code_name"].startswith("Project ")
    assert told["schema"]["questions"][0]["id"] == "mood"
    assert told["guidelines"] == {
        "version": 1,
        "markdown": "# Listen\n\nTake **care**.",
        "acknowledged": None,
        "required": False,
        "quiz": [],
    }
    assert (told["progress"]["today"], told["progress"]["mine"], told["progress"]["left_for_me"]) == (1, 1, 2)
    assert told["skip"] == {"allowed": True, "needs_reason": False}
    assert (told["lease_minutes"], told["reopen_minutes"]) == (30, 15)
    assert (told["purpose"], told["agreement"]) == (None, None)
    assert len(logged(acme, "project.delivered")) == 1
    assert logged(acme, "purpose.delivered") == [shown["Audit-Receipt"].split(";")[0]]


def test_what_is_left_counts_what_is_held(acme: Workspace) -> None:
    work = new_work(acme)
    work.add(*(f"text {n}" for n in range(6)), overlap=2)
    visitor, colleague = labeler_of(work), Visitor(work.labeler(1))

    def progress() -> tuple[int, int | None]:
        told = visitor.api("GET", f"projects/{work.project_id}/desk").json()["progress"]
        return told["today"], told["left_for_me"]

    assert progress() == (0, 6)
    held = next_tasks(visitor, work, count=4).json()["tasks"]
    assert len(held) == 4
    assert progress() == (0, 6)
    visitor.api("POST", f"tasks/{held[0]['id']}/submission", {"answer": GLAD})
    assert progress() == (1, 5)
    visitor.api("POST", f"tasks/{held[1]['id']}/release")
    assert progress() == (1, 5)
    visitor.api("POST", f"tasks/{held[2]['id']}/skip", {"reason": "other"})
    assert progress() == (1, 4)
    # What a colleague holds leaves a second place in each item: nothing changes for this person.
    assert len(next_tasks(colleague, work, count=3).json()["tasks"]) == 3
    assert progress() == (1, 4)


def test_what_is_left_ends_at_the_cap(acme: Workspace) -> None:
    work = new_work(acme)
    work.add(*(f"text {n}" for n in range(6)))
    change(work, most_per_person=3)
    visitor = labeler_of(work)
    path = f"projects/{work.project_id}/desk"
    held = next_tasks(visitor, work, count=2).json()["tasks"]
    assert visitor.api("GET", path).json()["progress"]["left_for_me"] == 3
    visitor.api("POST", f"tasks/{held[0]['id']}/submission", {"answer": GLAD})
    assert visitor.api("GET", path).json()["progress"]["left_for_me"] == 2


def test_the_desk_says_what_is_to_be_agreed_to_and_what_was(acme: Workspace) -> None:
    work = new_work(acme)
    manager, visitor = Visitor(acme.someone(Role.OWNER)), labeler_of(work)
    path = f"projects/{work.project_id}"
    stated = {"trains": "A summariser", "sector": "health", "defence": False, "disturbing": False}
    assert manager.api("PUT", f"{path}/purpose", stated).status_code == 200
    assert visitor.api("GET", f"{path}/desk").json()["purpose"]["accepted"] is False
    for kind in ("purpose", "guidelines"):
        said = {"kind": kind, "version": 1, "decision": "accepted"}
        assert visitor.api("POST", f"{path}/acknowledgements", said).status_code < 300
    told = visitor.api("GET", f"{path}/desk").json()
    assert (told["purpose"]["accepted"], told["purpose"]["sector"]) == (True, "health")
    assert told["guidelines"]["acknowledged"] == 1


def test_the_desk_is_not_for_others(acme: Workspace, rival: Workspace) -> None:
    work = new_work(acme)
    outsider = Visitor(acme.someone(Role.LABELER, 5))
    stranger = labeler_of(new_work(rival))
    for visitor in (outsider, stranger):
        for path in ("desk", "mine"):
            assert visitor.api("GET", f"projects/{work.project_id}/{path}").status_code == 404
    beat = f"projects/{work.project_id}/heartbeat"
    assert stranger.api("POST", beat, {"tasks": []}).status_code == 404


def test_a_draft_over_http_with_its_conflict(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    work.add("one")
    visitor = labeler_of(work)
    task = next_tasks(visitor, work).json()["tasks"][0]["id"]
    path = f"tasks/{task}/draft"
    body = {"answer": {"mood": "\ud800\0"}, "schema_version": 1}
    assert visitor.api("GET", path).status_code == 404
    assert visitor.api("PUT", path, {"version": 0, "body": body}).json() == {"version": 1}
    refused = visitor.api("PUT", path, {"version": 0, "body": {"answer": {}}})
    assert refused.status_code == 409
    assert refused.json() | {"message": ""} == {
        "code": "draft_conflict", "message": "", "version": 1, "body": body,
    }  # fmt: skip
    assert refused["Audit-Receipt"].split(";")[0] in logged(acme, "draft.delivered")
    got = visitor.api("GET", path)
    assert got.json() == {"version": 1, "body": body}
    assert got["Audit-Receipt"].split(";")[0] in logged(acme, "draft.delivered")
    assert visitor.api("PUT", path, {"version": -1, "body": {}}).status_code == 400
    large = {"version": 1, "body": {"answer": {"mood": "x" * (2 * 1024 * 1024)}}}
    assert visitor.api("PUT", path, large).json()["code"] == "draft_too_large"
    assert visitor.api("DELETE", path).status_code == 204
    assert visitor.api("GET", path).status_code == 404


def test_undo_skip_and_heartbeat_over_http(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("one")
    visitor = labeler_of(work)
    task = next_tasks(visitor, work).json()["tasks"][0]["id"]
    held = visitor.api("POST", f"projects/{work.project_id}/heartbeat", {"tasks": [task]}).json()
    assert ([each["id"] for each in held["held"]], held["lost"], held["schema_version"]) == ([task], [], 1)
    visitor.api("POST", f"tasks/{task}/submission", {"answer": GLAD})
    (mine,) = visitor.api("GET", f"projects/{work.project_id}/mine").json()["answers"]
    assert (mine["task"], mine["state"], mine["can_reopen"]) == (task, "accepted", True)
    again = visitor.api("POST", f"tasks/{task}/reopen")
    assert again.json()["draft"]["body"]["answer"] == GLAD
    assert again.json()["id"] == task
    assert visitor.api("GET", f"projects/{work.project_id}/mine").json()["answers"][0]["state"] == "withdrawn"
    skipped = visitor.api("POST", f"tasks/{task}/skip", {"reason": "unclear", "note": "?"})
    assert skipped.json() == {"task": task}
    assert visitor.api("POST", f"tasks/{task}/skip", {"reason": "dull"}).status_code == 400


def test_a_withdrawn_answer_is_sent_again_without_coming_back(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    work.add("one")
    visitor = labeler_of(work)
    task = next_tasks(visitor, work).json()["tasks"][0]["id"]
    body = {"answer": GLAD, "idempotency_key": str(uuid4())}
    first = visitor.api("POST", f"tasks/{task}/submission", body).json()
    visitor.api("POST", f"tasks/{task}/reopen")
    late = visitor.api("POST", f"tasks/{task}/submission", body)
    assert (late.status_code, late.json()["again"]) == (200, True)
    assert late.json()["receipt"] == first["receipt"]
    assert len(logged(acme, "submission.accepted")) == 1
    fresh = visitor.api("POST", f"tasks/{task}/submission", body | {"idempotency_key": str(uuid4())})
    assert (fresh.status_code, fresh.json()["receipt"] != first["receipt"]) == (201, True)


class TestBrowserKey:
    def test_each_person_and_workspace_has_one_that_stays(self, acme: Workspace, rival: Workspace) -> None:
        work = new_work(acme)
        visitors = [labeler_of(work), labeler_of(work, 1), labeler_of(new_work(rival))]
        keys = [visitor.api("POST", "browser-key") for visitor in visitors]
        assert len({key.json()["key"] for key in keys}) == len({key.json()["id"] for key in keys}) == 3
        assert all(len(b64decode(key.json()["key"])) == 32 for key in keys)
        assert "no-store" in keys[0]["Cache-Control"]
        assert visitors[0].api("POST", "browser-key").json() == keys[0].json()
        asked = {"id": keys[0].json()["id"]}
        assert [v.api("POST", "browser-key", asked).status_code for v in visitors] == [200, 404, 404]

    def test_an_older_one_is_given_by_its_id(self, acme: Workspace) -> None:
        visitor = labeler_of(new_work(acme))
        old = visitor.api("POST", "browser-key").json()
        owner = acme.context()
        with acting(owner):
            keyring = TenantKeyring(acme.tenant_id)
            fresh = keyring._make_data_key("data", uuid4())
            DataKey.objects.filter(id=old["id"]).update(state=KeyState.DECRYPT_ONLY)
            DataKey.objects.filter(id=fresh.id).update(unit_id=visitor.someone.member_id, generation=2)
            from tenants.keys import keyring as module

            module._write_keys.clear()
        new = visitor.api("POST", "browser-key").json()
        assert new["id"] == str(fresh.id)
        assert new["key"] != old["key"]
        assert visitor.api("POST", "browser-key", {"id": old["id"]}).json() == old

    def test_no_log_holds_one(self, acme: Workspace, stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
        visitor = labeler_of(new_work(acme))
        caplog.set_level(logging.DEBUG)
        count = "select count(*) from audit.pending where tenant_id = %s"
        with psycopg.connect(stack.cluster.superuser_url("cell")) as raw:
            before = raw.execute(count, (acme.tenant_id,)).fetchone()
            key = visitor.api("POST", "browser-key").json()["key"]
            assert raw.execute(count, (acme.tenant_id,)).fetchone() == before
        assert key not in caplog.text
        assert b64decode(key).hex() not in caplog.text

    def test_a_script_with_a_token_gets_none(self, acme: Workspace) -> None:
        someone = new_work(acme).labeler()
        context = someone.context
        with acting(context):
            _, token = create_token(context, label="script", permissions=[Permission.TASK_LABEL], days=1)
        visitor = Visitor(someone)
        path = f"/api/v1/{someone.public_id}/browser-key"
        visitor.client.cookies.clear()
        refused = visitor.client.post(path, headers={"Authorization": f"Bearer {token}"})
        assert (refused.status_code, refused.json()["code"]) == (403, "session_needed")


def test_while_dark_nothing_is_given_and_nothing_is_lost(
    acme: Workspace, request: pytest.FixtureRequest
) -> None:
    work = new_work(acme)
    work.add("one", "two")
    visitor = labeler_of(work)
    task = next_tasks(visitor, work).json()["tasks"][0]["id"]
    visitor.api("PUT", f"tasks/{task}/draft", {"version": 0, "body": {"answer": GLAD}})
    request.getfixturevalue("dark")
    asked = [
        ("GET", f"projects/{work.project_id}/desk", None),
        ("POST", f"projects/{work.project_id}/tasks/next", {}),
        ("GET", f"tasks/{task}/draft", None),
        ("PUT", f"tasks/{task}/draft", {"version": 1, "body": {}}),
        ("POST", f"tasks/{task}/submission", {"answer": GLAD}),
        ("POST", f"tasks/{task}/skip", {"reason": "other"}),
        ("POST", "browser-key", None),
    ]
    for method, path, body in asked:
        answer = visitor.api(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (423, "tenant_dark"), path
        assert answer.json()["message"].startswith("This workspace is dark")
    owner = acme.context()
    with acting(owner):
        assert sorted(Slot.objects.values_list("state", flat=True)) == [0, 1]


def test_managers_order_the_queue_over_http(acme: Workspace) -> None:
    work = new_work(acme)
    one, two = (str(task) for task in work.add("one", "two"))
    manager, visitor = Visitor(acme.someone(Role.OWNER)), labeler_of(work)
    path = f"projects/{work.project_id}"
    assert manager.api("POST", f"{path}/priority", {"tasks": [two], "priority": "high"}).json() == {
        "moved": 1
    }
    assert manager.api("POST", f"{path}/priority", {"all": True, "priority": "low"}).json() == {"moved": 2}
    for wrong in ({"priority": "high"}, {"all": True, "tasks": [one], "priority": "high"}, {"all": True}):
        assert manager.api("POST", f"{path}/priority", wrong).status_code == 400
    body = {"member": str(visitor.someone.member_id), "tasks": [two]}
    assert manager.api("POST", f"{path}/reservations", body).json() == {
        "reserved": [two],
        "freed": 0,
    }
    skill = manager.api("POST", "skills", {"name": "Latin"}).json()["id"]
    assert manager.api("PUT", f"{path}/skills", {"skills": [skill]}).status_code == 204
    assert next_tasks(visitor, work).json()["reason"]["code"] == "not_qualified"
    member = f"members/{visitor.someone.member_id}/skills"
    assert manager.api("PUT", member, {"skills": [skill]}).status_code == 204
    (listed,) = manager.api("GET", "skills").json()["skills"]
    assert (listed["name"], listed["members"], listed["projects"]) == (
        "Latin", [str(visitor.someone.member_id)], [str(work.project_id)],
    )  # fmt: skip
    assert [task["id"] for task in next_tasks(visitor, work, count=2).json()["tasks"]] == [two, one]
    rules = {"skip_policy": "back_to_me", "reopen_minutes": 5, "most_per_person": 3}
    assert manager.api("PATCH", path, rules).status_code == 204
    assert rules.items() <= manager.api("GET", path).json().items()
    assert manager.api("PATCH", path, {"most_per_person": None}).status_code == 204
    assert manager.api("GET", path).json()["most_per_person"] is None


def test_an_import_can_be_urgent(acme: Workspace) -> None:
    work = new_work(acme)
    manager = Visitor(acme.someone(Role.OWNER))
    path = f"/api/v1/{acme.public_id}/projects/{work.project_id}/imports?name=a.jsonl&priority="
    row = json.dumps({"text": "urgent"}).encode()
    assert manager.client.post(path + "soon", row, "application/x-ndjson").status_code == 400
    assert manager.client.post(path + "high", row, "application/x-ndjson").status_code == 202
    with acting(acme.context()), connection.cursor() as cursor:
        cursor.execute("select lane from annotation_importjob")
        assert cursor.fetchall() == [(2,)]
