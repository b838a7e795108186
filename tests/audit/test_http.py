"""The log over HTTP: API and pages, and what happens to an answer whose event cannot be written."""

import json
import re
from typing import Any

import psycopg
import pytest
from django.http import HttpResponse
from django.test import Client

from audit.models import Body
from audit.pins import Pin
from audit.single_page import BUILT
from audit.verbs import Verb
from audit.verify.judge import Verdict, judge
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose, Role
from tenants.cookies import COOKIE
from tests.audit.logkeeping import Keeper, happen
from tests.world import Workspace

RECEIPT = re.compile(r"[0-9a-f-]{36};[A-Za-z0-9+/]{43}=")


def visitor(workspace: Workspace, role: Role = Role.AUDITOR) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.cookies[COOKIE] = workspace.someone(role).session
    return client


def api(workspace: Workspace, path: str) -> str:
    return f"/api/v1/{workspace.public_id}/audit/{path}"


def body_of(answer: HttpResponse) -> bytes:
    return answer.getvalue()


@pytest.fixture
def auditor(acme: Workspace, keeper: Keeper) -> Client:
    """An auditor of Acme, whose log is signed."""
    # Whitenoise warns of a folder that only an install's set-up makes, and warnings are errors.
    (keeper.stack.directory / "static").mkdir(exist_ok=True)
    client = visitor(acme)
    keeper.settle()
    return client


def test_a_script_takes_pin_bundle_checkpoint_and_the_proof_of_a_receipt(
    acme: Workspace, keeper: Keeper, auditor: Client
) -> None:
    pin = auditor.get(api(acme, "pin"))
    assert "attachment" in pin["Content-Disposition"]
    assert RECEIPT.fullmatch(pin["Audit-Receipt"])
    happen(acme, 3)
    keeper.settle()
    bundle = auditor.post(api(acme, "bundles"), data=b"{}", content_type="application/json")
    assert (bundle.status_code, bundle["Content-Type"]) == (200, "application/zip")
    assert judge(body_of(bundle), Pin.parse(body_of(pin))).verdict is Verdict.GOOD
    keeper.settle()
    event_id = bundle["Audit-Receipt"].partition(";")[0]
    proof = auditor.get(api(acme, f"receipts/{event_id}"))
    assert body_of(proof).startswith(b"c2sp.org/tlog-proof@v1\n")
    note = auditor.get(api(acme, "checkpoint"))
    assert body_of(note) == max(keeper.checkpoints(acme).items())[1]


@pytest.mark.skipif(not BUILT.exists(), reason="the page is not built: make ui")
def test_the_verifier_for_browsers_is_a_download_and_no_page_of_ours(
    acme: Workspace, keeper: Keeper, auditor: Client
) -> None:
    answer = auditor.get(f"/w/{acme.public_id}/audit/verifier-page")
    assert answer["Content-Disposition"] == 'attachment; filename="ringfence_verify.html"'
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        "text/html; charset=utf-8",
        "nosniff",
    )
    assert body_of(answer) == BUILT.read_bytes()
    assert b"audit/verifier-page" in body_of(auditor.get(f"/w/{acme.public_id}/audit"))


@pytest.mark.parametrize("built", [True, False])
def test_where_the_page_was_never_built_bundles_come_without_it(
    acme: Workspace, keeper: Keeper, auditor: Client, monkeypatch: pytest.MonkeyPatch, built: bool
) -> None:
    page = b"<p>a page</p>\n" if built else None
    for module in ("audit.pages.views", "audit.services.export_bundle"):
        monkeypatch.setattr(f"{module}.single_page", lambda: page)
    pin = Pin.parse(body_of(auditor.get(api(acme, "pin"))))
    bundle = body_of(auditor.post(api(acme, "bundles"), data=b"{}", content_type="application/json"))
    report = judge(bundle, pin)
    assert (report.verdict, report.bundle.brought.page) == (Verdict.GOOD, page)
    assert auditor.get(f"/w/{acme.public_id}/audit/verifier-page").status_code == (200 if built else 404)


def test_a_bundle_since_a_pin_is_asked_for_by_its_size(
    acme: Workspace, keeper: Keeper, auditor: Client
) -> None:
    pin = Pin.parse(body_of(auditor.get(api(acme, "pin"))))
    happen(acme, 3)
    keeper.settle()
    asked = json.dumps({"from_size": pin.signed.checkpoint.size})
    bundle = auditor.post(api(acme, "bundles"), data=asked, content_type="application/json")
    assert judge(body_of(bundle), pin).verdict is Verdict.GOOD


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"from_size": -1}', 400, "invalid"),
        ('{"from_size": "all"}', 400, "invalid"),
        ('{"from_size": 1}', 422, "bundle_refused"),
        ("{", 400, "parse_error"),
    ],
)
def test_a_bundle_that_cannot_be_made_says_why(
    acme: Workspace, auditor: Client, body: str, status: int, code: str
) -> None:
    answer = auditor.post(api(acme, "bundles"), data=body, content_type="application/json")
    assert (answer.status_code, json.loads(body_of(answer))["code"]) == (status, code)


def test_entries_come_in_pages_and_filters_are_checked(
    acme: Workspace, keeper: Keeper, auditor: Client
) -> None:
    happen(acme, 7)
    keeper.settle()
    first = auditor.get(api(acme, "entries"), {"limit": 3, "verb": "task.released"}).json()
    assert [line["verb"] for line in first["lines"]] == ["task.released"] * 3
    then = auditor.get(api(acme, "entries"), {"limit": 100, "before": first["next_before"]}).json()
    assert then["next_before"] is None
    assert then["lines"][-1]["index"] == 0
    assert then["lines"][-1]["core"]["verb"] == "log.opened"
    for wrong in (
        {"limit": 101},
        {"verb": "task.stolen"},
        {"actor": "me"},
        {"before": -1},
        {"since": "soon"},
    ):
        assert auditor.get(api(acme, "entries"), wrong).status_code == 400, wrong


def test_a_rivals_receipt_is_not_found(
    acme: Workspace, rival: Workspace, keeper: Keeper, auditor: Client
) -> None:
    (receipt,) = happen(rival)
    keeper.settle()
    assert auditor.get(api(acme, f"receipts/{receipt.event_id}")).status_code == 404
    assert auditor.get(api(rival, f"receipts/{receipt.event_id}")).status_code == 404


def test_a_pending_receipt_says_when_to_come_back(acme: Workspace, auditor: Client) -> None:
    (receipt,) = happen(acme)
    answer = auditor.get(api(acme, f"receipts/{receipt.event_id}"))
    assert (answer.status_code, answer.json()["code"]) == (409, "event_pending")


@pytest.mark.parametrize("path", ["pin", "entries"])
def test_without_its_event_nothing_is_delivered(
    acme: Workspace, keeper: Keeper, auditor: Client, superuser: psycopg.Connection, path: str
) -> None:
    """The same request, with the log taking events and not taking them."""
    there = auditor.get(api(acme, path))
    assert there.status_code == 200
    superuser.execute("UPDATE audit.log SET state = 'retired' WHERE tenant_id = %s", [acme.tenant_id])
    answer = auditor.get(api(acme, path))
    assert answer.status_code == 500
    assert set(json.loads(body_of(answer))) == {"code", "message"}
    assert "Audit-Receipt" not in answer


def test_without_its_event_no_bundle_begins(
    acme: Workspace, auditor: Client, superuser: psycopg.Connection
) -> None:
    superuser.execute("UPDATE audit.log SET state = 'retired' WHERE tenant_id = %s", [acme.tenant_id])
    answer = auditor.post(api(acme, "bundles"), data=b"{}", content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/json")


def test_the_page_tells_in_words_who_did_what(acme: Workspace, keeper: Keeper, auditor: Client) -> None:
    owner = visitor(acme, Role.OWNER)
    owner.get(api(acme, "pin"))
    keeper.settle()
    text = body_of(auditor.get(f"/w/{acme.public_id}/audit")).decode()
    assert re.search(r"<b>owner [0-9a-f]{8}</b></a> received the pin file", text)
    assert "<b>The platform</b></a> opened this log" in text
    assert "style=" not in text.replace('rel="stylesheet"', "")
    assert text.count("<h1") == 1


def test_the_page_filters_pages_and_survives_a_nonsense_filter(
    acme: Workspace, keeper: Keeper, auditor: Client
) -> None:
    happen(acme, 60)
    keeper.settle()
    page = f"/w/{acme.public_id}/audit"
    first = body_of(auditor.get(page, {"verb": "task.released"})).decode()
    assert first.count("gave tasks back</span>") + first.count("gave tasks back <span") == 50
    (older,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = body_of(auditor.get(page + older.replace("&amp;", "&"))).decode()
    assert second.count("gave tasks back <span") == 10
    for nonsense in ({"actor": "me"}, {"verb": "x"}, {"before": "-2"}, {"since": "yesterday"}):
        answer = auditor.get(page, nonsense)
        assert answer.status_code == 200
        assert "gave tasks back <span" not in body_of(answer).decode(), nonsense
    nothing = auditor.get(page, {"verb": "key.destroyed"})
    assert "No such event" in body_of(nothing).decode()


def test_the_live_numbers_change(acme: Workspace, keeper: Keeper, auditor: Client) -> None:
    def numbers() -> Any:
        return auditor.get(f"/w/{acme.public_id}/audit/state").json()

    before = numbers()
    happen(acme, 5)
    assert (numbers()["values"]["waiting"], numbers()["badges"]["log"]["tone"]) == ("5", "ok")
    keeper.settle()
    after = numbers()
    assert int(after["values"]["size"]) == int(before["values"]["size"]) + 5
    assert after["values"]["size"] == after["values"]["signed"]


def test_the_pages_files_verify(acme: Workspace, keeper: Keeper, auditor: Client) -> None:
    pin = auditor.get(f"/w/{acme.public_id}/audit/pin")
    bundle = auditor.post(f"/w/{acme.public_id}/audit/bundle")
    assert judge(body_of(bundle), Pin.parse(body_of(pin))).verdict is Verdict.GOOD
    keeper.settle()
    with acting(acme.service(Purpose.JOB)):
        verbs = list(Body.objects.order_by("-seq").values_list("verb", flat=True)[:2])
    assert verbs == [Verb.AUDIT_EXPORTED, Verb.AUDIT_PIN_DELIVERED]


def test_a_frozen_log_says_so_on_its_page(acme: Workspace, keeper: Keeper, auditor: Client) -> None:
    keeper.as_signer.execute("SELECT audit.freeze_log(%s, 'for a test')", [acme.tenant_id])
    assert "This log is frozen." in body_of(auditor.get(f"/w/{acme.public_id}/audit")).decode()
