"""Pages, API and public copy of attestations and exposure reports, through HTTP."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.pins import Pin
from audit.services.pin_file import pin_file
from audit.verify.attestation import judge_attestation
from audit.verify.judge import Verdict
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants.models import Attestation
from tenants.services.run_exposure_report import run_exposure_report
from tests.annotation.visiting import Visitor as Scripted
from tests.audit.logkeeping import Keeper
from tests.neutrality.exposing import checked, look, report_on, today_span
from tests.neutrality.stating import exclude, hold, party, works_for
from tests.stack import Stack
from tests.tenants.browser import Visitor
from tests.world import Workspace


@pytest.fixture
def keeper(stack: Stack) -> Iterator[Keeper]:
    """Sequencer and signer, run by hand."""
    (stack.directory / "static").mkdir(exist_ok=True)
    with Keeper(stack, shared=True) as keeper:
        yield keeper


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here runs beside a report, and facts are known at every door at once."""
    monkeypatch.setattr("tenants.services.ask_exposure_report.STILL_RUNNING", timedelta(0))
    monkeypatch.setattr("tenants.services.run_exposure_report.ENFORCED_WITHIN", timedelta(0))


def founding(acme: Workspace) -> Any:
    """One access that is an exposure, and one that is a violation."""
    investor, vendor = party("Investor"), party("Vendor")
    exclude(acme, investor)
    member = acme.someone(Role.LABELER)
    works_for(member, vendor)
    context = member.context
    look(context, 5)
    hold(investor, vendor, "49", voting=False)
    look(context)
    return member


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_an_officer_asks_by_the_form_reads_prints_and_takes_the_file(acme: Workspace, keeper: Keeper) -> None:
    founding(acme)
    checked(acme)
    visitor, base = Visitor(acme.someone(Role.AUDITOR)), f"/w/{acme.public_id}/neutrality"
    assert "No attestation yet" in text_of(visitor.get(f"{base}/attestations"))
    day = today_span().until.date().isoformat()
    asked = visitor.post(f"{base}/attestations", {"since": day, "until": day})
    assert asked.status_code == 302
    waiting = visitor.get(asked["Location"])
    assert "Comparing the log" in text_of(waiting)
    assert 'data-poll-state="waiting"' in waiting.content.decode()
    progress = visitor.get(f"{asked['Location']}/progress").json()
    assert (progress["state"], progress["done"]) == ("waiting", False)
    keeper.settle()
    report_id = asked["Location"].rpartition("/")[2]
    auditor = acme.someone(Role.AUDITOR).context
    assert run_exposure_report(auditor, report_id=report_id) == "done"

    report = visitor.get(asked["Location"])
    shown = text_of(report)
    assert "Violations: 1" in shown
    assert "Exposures: 1" in shown
    assert "Enforcement failed" in shown
    assert "Knowledge came later" in shown
    assert shown.index("Violations: 1") < shown.index("Exposures: 1")
    assert "49 %" in shown
    assert report["Audit-Receipt"]
    proofs = re.findall(rf"/api/v1/{acme.public_id}/audit/receipts/[0-9a-f-]{{36}}", report.content.decode())
    assert len(proofs) == 2
    assert visitor.get(proofs[0]).status_code == 200
    body = json.loads(visitor.get(f"{asked['Location']}/file").content)
    assert body["found"] == {"violation": 1, "exposure": 1, "seen": 0}

    with acting(auditor):
        attestation_id = Attestation.objects.values_list("id", flat=True).get(report_id=report_id)
    page = f"{base}/attestations/{attestation_id}"
    assert "Being signed" in text_of(visitor.get(page))
    early = visitor.get(f"{page}/file")
    assert early.status_code == 409
    keeper.settle()
    twin = text_of(visitor.get(page))
    for words in (
        "Excluded", "Investor", "Not known", "Walled-off teams", "Looser than the default",
        "What it cannot show", "58 violations planted", "58 of them found", "UNSIGNED", "Expires",
        "1 violation:", "1 exposure:", "people", "decisions of the gate", "Graph version",
    ):  # fmt: skip
        assert words in twin, words
    taken = visitor.get(f"{page}/file")
    assert taken["Content-Disposition"].endswith('.attestation"')
    owner = acme.context()
    with acting(owner):
        pin = Pin.parse(pin_file(owner).content)
    assert judge_attestation(taken.content, pin, now=timezone.now()).verdict is Verdict.GOOD
    assert "58/58" in text_of(visitor.get(f"{base}/attestations"))


def test_a_refusal_stands_at_the_form(acme: Workspace) -> None:
    visitor, base = Visitor(acme.someone(Role.AUDITOR)), f"/w/{acme.public_id}/neutrality"
    day = timezone.now().date().isoformat()
    nobody = visitor.post(f"{base}/attestations", {"since": day, "until": day})
    assert nobody.status_code == 400
    assert "excludes nobody" in text_of(nobody)
    backwards = visitor.post(f"{base}/exposure", {"since": day, "until": "2020-01-01", "about": "everybody"})
    assert "ends before it begins" in text_of(backwards)
    strange = visitor.post(f"{base}/exposure", {"since": day, "until": day, "about": f"member:{uuid4()}"})
    assert strange.status_code == 400


def test_pages_of_a_report_that_is_not_there_are_not_found(acme: Workspace, keeper: Keeper) -> None:
    exclude(acme, party("Investor"))
    report_id = report_on(acme, keeper)
    visitor, base = Visitor(acme.someone(Role.AUDITOR)), f"/w/{acme.public_id}/neutrality"
    assert visitor.get(f"{base}/exposure/{report_id}?list=seen").status_code == 200
    for wrong in ("?list=secrets", "?page=x", "?list=seen&page=7", "?page=%D9%A3"):
        assert visitor.get(f"{base}/exposure/{report_id}{wrong}").status_code == 404
    assert visitor.get(f"{base}/exposure/{uuid4()}").status_code == 404


def test_scripts_do_the_same(acme: Workspace, keeper: Keeper) -> None:
    founding(acme)
    checked(acme)
    span = today_span()
    owner = acme.someone(Role.OWNER)
    script = Scripted(owner).api
    times = {"since": span.since.isoformat(), "until": span.until.isoformat()}
    asked = script("POST", "neutrality/attestations", times)
    assert asked.status_code == 202, asked.content
    keeper.settle()
    assert run_exposure_report(owner.context, report_id=asked.json()["id"]) == "done"
    keeper.settle()
    report = script("GET", f"neutrality/exposure/{asked.json()['id']}?list=exposure").json()
    assert (report["state"], report["found"]["violation"], len(report["lines"])) == ("done", 1, 1)
    one = script("GET", f"neutrality/attestations/{report['attestation']}").json()
    assert one["state"] == "valid"
    assert one["statement"]["predicate"]["planted"]["detected"] == 58

    public = f"neutrality/attestations/{report['attestation']}/public"
    assert script("PUT", public).status_code == 204
    address = script("GET", "neutrality/attestations").json()[0]["public_url"]
    path = address.partition("//")[2].partition("/")[2]
    stranger = Visitor()
    shown = stranger.get(f"/{path}")
    assert shown.status_code == 200
    body = shown.json()
    assert body["statement"] == one["statement"]
    assert (body["expired"], body["unsigned_policy"]) == (False, True)
    for secret in (acme.public_id, str(acme.tenant_id), "Acme", str(owner.member_id)):
        assert secret not in shown.content.decode()
    context = owner.context
    with acting(context):
        pin = Pin.parse(pin_file(context).content)
    assert judge_attestation(body["file"].encode(), pin, now=timezone.now()).verdict is Verdict.GOOD

    assert script("DELETE", public).status_code == 204
    gone = stranger.get(f"/{path}")
    # The same answer as for an id that never was, and for one that cannot be.
    for other in (f"/public/attestations/{uuid4().hex}", "/public/attestations/x"):
        never = stranger.get(other)
        assert (never.status_code, never.content) == (gone.status_code, gone.content) == (404, gone.content)
        assert dict(never.items()) == dict(gone.items())
