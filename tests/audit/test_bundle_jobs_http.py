"""Bundles of workers over HTTP: asked for, followed, resumed by range, removed; and by nobody else."""

import base64
import hashlib
import json
from typing import Any

import pytest
from django.test import Client

from audit.pins import Pin
from audit.verify.judge import Verdict, judge
from ringfence.kernel.permissions import Role
from tests.audit.bundling import made, progress, worked
from tests.audit.logkeeping import Keeper, happen
from tests.audit.test_http import RECEIPT, api, body_of, visitor
from tests.world import Workspace


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent: each test is its own worker."""
    monkeypatch.setattr("tenants.services.ask_bundle.wake_bundle_worker", lambda *_: False)


@pytest.fixture
def auditor(acme: Workspace, keeper: Keeper) -> Client:
    """An auditor of Acme, whose log is signed."""
    # Whitenoise warns of a folder that only an install's set-up makes, and warnings are errors.
    (keeper.stack.directory / "static").mkdir(exist_ok=True)
    client = visitor(acme)
    keeper.settle()
    return client


def ask(client: Client, workspace: Workspace, **body: Any) -> Any:
    return client.post(api(workspace, "bundles"), data=json.dumps(body), content_type="application/json")


def test_a_script_asks_follows_takes_and_removes(acme: Workspace, keeper: Keeper, auditor: Client) -> None:
    pin = Pin.parse(body_of(auditor.get(api(acme, "pin"))))
    happen(acme, 3)
    keeper.settle()
    answer = ask(auditor, acme, job=True)
    assert answer.status_code == 202
    bundle_id = answer.json()["id"]
    path = f"bundles/{bundle_id}"
    state = auditor.get(api(acme, path)).json()
    assert (state["state"], state["done"], state["of"], state["sha256"]) == ("waiting", 0, 0, "")
    early = auditor.get(api(acme, f"{path}/file"))
    assert (early.status_code, early.json()["code"]) == (409, "bundle_not_ready")
    assert worked(acme, bundle_id) == "done"
    state = auditor.get(api(acme, path)).json()
    file = auditor.get(api(acme, f"{path}/file"))
    content = body_of(file)
    assert (state["state"], state["done"] == state["of"] > 3, state["bytes"]) == ("done", True, len(content))
    assert hashlib.sha256(content).hexdigest() == state["sha256"]
    assert judge(content, pin).verdict is Verdict.GOOD
    assert RECEIPT.fullmatch(file["Audit-Receipt"])
    assert "attachment" in file["Content-Disposition"]
    assert [each["id"] for each in auditor.get(api(acme, "bundles")).json()] == [bundle_id]
    assert auditor.delete(api(acme, path)).status_code == 204
    gone = auditor.get(api(acme, f"{path}/file"))
    assert (gone.status_code, gone.json()["code"]) == (410, "bundle_gone")


def test_conditions_are_those_of_the_bundle_that_is_streamed(
    acme: Workspace, keeper: Keeper, auditor: Client
) -> None:
    happen(acme, 3)
    keeper.settle()
    answer = ask(auditor, acme, job=True, since="2020-01-01T00:00:00Z", member_id=str(acme.tenant_id))
    state = auditor.get(api(acme, f"bundles/{answer.json()['id']}")).json()
    assert state["selected"] == {"since": "2020-01-01 00:00:00+00:00", "member_id": str(acme.tenant_id)}
    refused = ask(auditor, acme, job=True, from_size=10**6)
    assert (refused.status_code, refused.json()["code"]) == (422, "bundle_refused")
    assert ask(auditor, acme, job=False).status_code == 200


@pytest.mark.parametrize("prefix", ["/api/v1", "/w"])
def test_a_download_goes_on_where_it_broke_off(
    acme: Workspace, keeper: Keeper, auditor: Client, prefix: str
) -> None:
    bundle_id = made(acme)
    path = f"{prefix}/{acme.public_id}/audit/bundles/{bundle_id}/file"
    whole = auditor.get(path)
    content, tag = body_of(whole), whole["ETag"]
    size = len(content)
    assert (whole.status_code, whole["Accept-Ranges"], whole["Content-Length"]) == (200, "bytes", str(size))
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert whole["Repr-Digest"] == f"sha-256=:{digest}:"
    rest = auditor.get(path, headers={"Range": "bytes=1000-"})
    assert (rest.status_code, rest["Content-Range"]) == (206, f"bytes 1000-{size - 1}/{size}")
    assert (content[:1000] + body_of(rest), rest["ETag"]) == (content, tag)
    some = auditor.get(path, headers={"Range": "bytes=10-19", "If-Range": tag})
    assert (some.status_code, body_of(some), some["Content-Length"]) == (206, content[10:20], "10")
    other = auditor.get(path, headers={"Range": "bytes=10-19", "If-Range": '"another"'})
    assert (other.status_code, body_of(other)) == (200, content)
    for beyond in (f"bytes={size}-", "bytes=9-8"):
        none = auditor.get(path, headers={"Range": beyond})
        assert (none.status_code, none["Content-Range"]) == (416, f"bytes */{size}")
    for odd in ("bytes=-5", "bytes=0-1,5-6", "lines=1-2"):
        assert body_of(auditor.get(path, headers={"Range": odd})) == content
    head = auditor.head(path)
    assert (head.status_code, head["Content-Length"], "Audit-Receipt" in head) == (200, str(size), False)


def test_nobody_else_learns_of_it(acme: Workspace, rival: Workspace, keeper: Keeper, auditor: Client) -> None:
    bundle_id = made(acme)
    file = f"bundles/{bundle_id}/file"
    stranger, labeler = visitor(rival, Role.OWNER), visitor(acme, Role.LABELER)
    assert stranger.get(api(rival, file)).status_code == 404
    assert stranger.get(api(acme, file)).status_code == 404
    assert stranger.get(api(rival, f"bundles/{bundle_id}")).status_code == 404
    assert stranger.delete(api(rival, f"bundles/{bundle_id}")).status_code == 404
    assert stranger.get(api(rival, "bundles")).json() == []
    for path in (file, "bundles", f"bundles/{bundle_id}"):
        assert labeler.get(api(acme, path)).status_code == 403
    assert ask(labeler, acme, job=True).status_code == 403
    assert progress(acme, bundle_id).state == "done"


def test_the_pages_ask_show_and_remove(acme: Workspace, keeper: Keeper, auditor: Client) -> None:
    base = f"/w/{acme.public_id}/audit/bundles"
    assert b"No bundle yet" in body_of(auditor.get(base))
    wrong = auditor.post(base, {"item_id": "x"})
    assert wrong.status_code == 400
    assert auditor.post(base, {"from_size": "999999"}).status_code == 400
    asked = auditor.post(base, {"since": "2020-01-01", "until": "2030-01-01"})
    page = asked["Location"]
    bundle_id = page.rsplit("/", 1)[1]
    shown = body_of(auditor.get(page)).decode()
    assert "Chosen events" in shown
    assert "2030-01-02 00:00:00+00:00" in shown
    assert f"{page}/progress" in shown
    assert worked(acme, bundle_id) == "done"
    polled = auditor.get(f"{page}/progress").json()
    found = progress(acme, bundle_id)
    assert (polled["done"], polled["values"]["done"]) == (True, found.done)
    shown = body_of(auditor.get(page)).decode()
    assert found.sha256 in shown
    assert f"{page}/file" in shown
    assert body_of(auditor.get(f"{page}/file"))[:4] == b"PK\x03\x04"
    assert auditor.post(f"{page}/remove").status_code == 302
    assert "Removed" in body_of(auditor.get(page)).decode()
    assert page.encode() in body_of(auditor.get(base))
    assert base.encode() in body_of(auditor.get(f"/w/{acme.public_id}/audit"))
