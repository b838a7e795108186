"""Attestations of a real workspace: counted from its log, refused when something is missing, verified offline."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.utils import timezone

from audit.pins import Pin
from audit.services.errors import EventPending
from audit.services.pin_file import pin_file
from audit.verify.__main__ import main
from audit.verify.attestation import judge_attestation
from audit.verify.judge import Verdict
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound, PermissionMissing
from ringfence.kernel.permissions import Role
from tenants.gate.publications import find_publication, publication_of
from tenants.gate.verdicts import today
from tenants.models import Attestation
from tenants.services.ask_attestation import ask_attestation
from tenants.services.issue_attestation import CannotAttest
from tenants.services.publish_attestation import publish_attestation, unpublish_attestation
from tenants.services.read_attestations import Issued, list_attestations, read_attestation, take_attestation
from tests.audit.logkeeping import Keeper
from tests.neutrality.exposing import checked, look, report_on, today_span
from tests.neutrality.stating import exclude, hold, party, works_for
from tests.stack import Stack
from tests.world import Workspace


@pytest.fixture
def keeper(stack: Stack) -> Iterator[Keeper]:
    """Sequencer and signer, run by hand."""
    with Keeper(stack, shared=True) as keeper:
        yield keeper


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here runs beside a report, and facts are known at every door at once."""
    monkeypatch.setattr("tenants.services.ask_exposure_report.STILL_RUNNING", timedelta(0))
    monkeypatch.setattr("tenants.services.run_exposure_report.ENFORCED_WITHIN", timedelta(0))


def issued(workspace: Workspace, report_id: UUID) -> Issued:
    auditor = workspace.someone(Role.AUDITOR).context
    with acting(auditor):
        row_id = Attestation.objects.values_list("id", flat=True).get(report_id=report_id)
        return read_attestation(auditor, attestation_id=row_id)


def test_an_attestation_counts_what_happened_and_verifies_with_the_pin_of_the_first_day(
    acme: Workspace, keeper: Keeper, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keeper.settle()
    owner = acme.context()
    with acting(owner):
        pin = pin_file(owner).content
    investor, vendor = party("Investor"), party("Vendor")
    exclude(acme, investor, cooling_off_days=200)
    member = acme.someone(Role.LABELER)
    works_for(member, vendor)
    context = member.context
    look(context, 3)
    hold(investor, vendor, "49", voting=False, start=today() - timedelta(days=30))
    look(context)
    checked(acme)

    found = issued(acme, report_on(acme, keeper, attests=True))
    assert found.state == "signing"
    keeper.settle()

    auditor = acme.someone(Role.AUDITOR).context
    with acting(auditor) as unit:
        taken = take_attestation(auditor, attestation_id=found.attestation_id)
        assert taken.receipt in unit.receipts
    report = judge_attestation(taken.content, Pin.parse(pin), now=timezone.now())
    said = report.said
    assert report.verdict is Verdict.GOOD
    assert (said.results.violations, said.results.exposures) == (1, 1)
    assert (said.planted.run, said.planted.detected) == (58, 58)
    assert said.population.accesses >= 2
    assert 1 <= said.population.actors <= said.population.accesses
    assert said.population.decisions >= said.population.accesses
    assert said.unsigned
    assert [name for name in said.excluded if "Investor" in name]
    # An unsigned draft rules by the template's thresholds, so what it loosens is not in force.
    assert said.looser == ()
    assert said.graph.statements >= 1
    file, kept = tmp_path / "x.attestation", tmp_path / "kept.pin"
    file.write_bytes(taken.content)
    kept.write_bytes(pin)
    assert main(["attestation", str(file), "--pin", str(kept)]) == 0
    text = capsys.readouterr().out
    assert "UNSIGNED" in text
    assert "1 violation:" in text
    assert "1 exposure:" in text
    for name in ("Acme", acme.public_id, str(acme.tenant_id), str(member.member_id)):
        assert name.encode() not in taken.content


def asked(workspace: Workspace) -> None:
    auditor = workspace.someone(Role.AUDITOR).context
    span = today_span()
    with acting(auditor):
        ask_attestation(auditor, span=span)


def test_what_is_missing_is_said_at_once(acme: Workspace) -> None:
    with pytest.raises(CannotAttest, match="excludes nobody"):
        asked(acme)
    exclude(acme, party("Investor"))
    with pytest.raises(CannotAttest, match="No isolation check"):
        asked(acme)
    checked(acme, exit_code=2)
    with pytest.raises(CannotAttest, match="did not pass"):
        asked(acme)


def test_a_check_that_missed_a_plant_is_not_attested(acme: Workspace, keeper: Keeper) -> None:
    exclude(acme, party("Investor"))
    look(acme.someone(Role.LABELER).context)
    checked(acme, planted=58, detected=57)
    report_id = report_on(acme, keeper, attests=True, state="failed")
    auditor = acme.someone(Role.AUDITOR).context
    with acting(auditor):
        assert not Attestation.objects.filter(report_id=report_id).exists()


def test_what_the_signer_refuses_is_said(acme: Workspace, keeper: Keeper) -> None:
    exclude(acme, party("Investor"))
    look(acme.someone(Role.LABELER).context)
    checked(acme)
    found = issued(acme, report_on(acme, keeper, attests=True))
    keeper.as_signer.execute(
        "SELECT audit.answer_attestation(%s, id, NULL, NULL, 'for a test') FROM audit.attestation_request"
        " WHERE tenant_id = %s",
        [acme.tenant_id, acme.tenant_id],
    )
    again = issued(acme, found.report_id)
    assert (again.state, again.why_refused) == ("refused", "for a test")


def test_a_file_is_not_given_before_it_is_signed(acme: Workspace, keeper: Keeper) -> None:
    exclude(acme, party("Investor"))
    look(acme.someone(Role.LABELER).context)
    checked(acme)
    found = issued(acme, report_on(acme, keeper, attests=True))
    auditor = acme.someone(Role.AUDITOR).context
    with acting(auditor), pytest.raises(EventPending):
        take_attestation(auditor, attestation_id=found.attestation_id)


def test_only_an_owner_shows_an_attestation_to_everybody_and_takes_it_back(
    acme: Workspace, rival: Workspace, keeper: Keeper
) -> None:
    exclude(acme, party("Investor"))
    look(acme.someone(Role.LABELER).context)
    checked(acme)
    found = issued(acme, report_on(acme, keeper, attests=True))
    owner = acme.context()
    with acting(owner), pytest.raises(CannotAttest, match="signed"):
        publish_attestation(owner, attestation_id=found.attestation_id)
    keeper.settle()
    admin = acme.context(Role.ADMIN)
    with acting(admin), pytest.raises(PermissionMissing):
        publish_attestation(admin, attestation_id=found.attestation_id)
    theirs = rival.context()
    with acting(theirs), pytest.raises(NotFound):
        publish_attestation(theirs, attestation_id=found.attestation_id)
    assert publication_of(acme.tenant_id) is None

    with acting(owner):
        publish_attestation(owner, attestation_id=found.attestation_id)
    shown = publication_of(acme.tenant_id)
    assert shown is not None
    assert find_publication(shown.public_id) == shown
    assert issued(acme, found.report_id).public_id == shown.public_id
    assert len(shown.public_id) == 32
    assert acme.public_id not in shown.public_id

    with acting(owner):
        unpublish_attestation(owner)
    assert find_publication(shown.public_id) is None
    with acting(owner):
        publish_attestation(owner, attestation_id=found.attestation_id)
    again = publication_of(acme.tenant_id)
    assert again is not None
    # Whoever has kept the old address finds nothing there.
    assert again.public_id != shown.public_id


def test_the_list_shows_each_and_tells_the_log(acme: Workspace, rival: Workspace, keeper: Keeper) -> None:
    exclude(acme, party("Investor"))
    look(acme.someone(Role.LABELER).context)
    checked(acme)
    report_on(acme, keeper, attests=True)
    auditor = acme.someone(Role.AUDITOR).context
    with acting(auditor) as unit:
        assert len(list_attestations(auditor)) == 1
        assert len(unit.receipts) == 1
    theirs = rival.someone(Role.AUDITOR).context
    with acting(theirs) as unit:
        assert list_attestations(theirs) == []
        assert unit.receipts == []
