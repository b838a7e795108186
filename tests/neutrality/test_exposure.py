"""Exposure reports: who saw what, held against what was known then and is known now, with both kept apart."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from audit.services.proof_of import proof_of
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid, NotFound, PermissionMissing
from ringfence.kernel.permissions import Purpose, Role
from tenants.exposure import Kind, Question, Scope, in_parts
from tenants.gate.verdicts import today
from tenants.models import ExposurePart, ExposureReport
from tenants.neutrality.facts import InterestType, PartyKind
from tenants.services.ask_exposure_report import Span, ask_exposure_report
from tenants.services.read_exposure_reports import exposure_file, read_exposure_report
from tenants.services.run_exposure_report import run_exposure_report
from tests.annotation.visiting import Visitor
from tests.audit.logkeeping import Keeper
from tests.neutrality.exposing import about, look, page_of, report_on, today_span
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


def founding(acme: Workspace) -> tuple[Any, UUID]:
    """The vendor's employee looks; then it is stated that the investor has held 49 % all along; they look again."""
    investor, vendor = party("Investor"), party("Vendor")
    exclude(acme, investor)
    member = acme.someone(Role.LABELER)
    works_for(member, vendor)
    before = member.context
    look(before, 3)
    hold(investor, vendor, "49", voting=False, start=today() - timedelta(days=30))
    look(before, 2)
    return member, investor


def test_violations_stand_apart_from_exposures(acme: Workspace, keeper: Keeper) -> None:
    member, _ = founding(acme)
    other = acme.someone(Role.LABELER, 1)
    look(other.context)
    report_id = report_on(acme, keeper)

    violations = page_of(acme, report_id, Kind.VIOLATION)
    exposures = page_of(acme, report_id, Kind.EXPOSURE)

    (late,), (early,) = violations.rows, exposures.rows
    assert (late["actor"], len(late["objects"])) == (str(member.member_id), 2)
    assert (early["actor"], len(early["objects"])) == (str(member.member_id), 3)
    tally = violations.report.tally
    assert tally is not None
    assert tally.found == {"violation": 1, "exposure": 1, "seen": 0}
    assert str(other.member_id) in tally.actors
    assert set(tally.people) == {str(member.member_id)}
    (why,) = tally.why[str(member.member_id)]
    assert "49 %" in why
    assert violations.names[str(member.member_id)] in why


def test_each_line_can_be_proven(acme: Workspace, keeper: Keeper) -> None:
    founding(acme)
    (row,) = page_of(acme, report_on(acme, keeper), Kind.EXPOSURE).rows
    context = acme.context()
    with acting(context):
        assert proof_of(context, event_id=UUID(row["event"])).index == row["index"]


def test_a_report_on_one_member_lists_all_that_they_received(acme: Workspace, keeper: Keeper) -> None:
    member, _ = founding(acme)
    other = acme.someone(Role.LABELER, 1)
    ids = [look(other.context, 2) for _ in range(3)]
    seen = page_of(acme, report_on(acme, keeper, about(other)), Kind.SEEN)
    assert [row["objects"] for row in seen.rows] == [[str(each) for each in look] for look in ids]
    assert {row["actor"] for row in seen.rows} == {str(other.member_id)}
    theirs = page_of(acme, report_on(acme, keeper, about(member)), Kind.SEEN)
    assert theirs.rows == ()
    assert theirs.report.tally is not None
    assert theirs.report.tally.found == {"violation": 1, "exposure": 1, "seen": 0}


def test_a_report_on_a_party_lists_what_its_people_received(acme: Workspace, keeper: Keeper) -> None:
    vendor, elsewhere = party("Vendor"), party("Elsewhere")
    exclude(acme, party("Investor"))
    theirs, others = acme.someone(Role.LABELER), acme.someone(Role.LABELER, 1)
    works_for(theirs, vendor)
    works_for(others, elsewhere)
    look(theirs.context)
    look(others.context)
    seen = page_of(acme, report_on(acme, keeper, Question(Scope.PARTY, vendor)), Kind.SEEN)
    assert {row["actor"] for row in seen.rows} == {str(theirs.member_id)}
    assert seen.report.about.startswith("Vendor")


def test_a_report_counts_the_whole_population_though_it_lists_what_failed(
    acme: Workspace, keeper: Keeper
) -> None:
    exclude(acme, party("Investor"))
    for n in range(3):
        someone = acme.someone(Role.LABELER, n)
        for _ in range(4):
            look(someone.context)
    page = page_of(acme, report_on(acme, keeper), Kind.VIOLATION)
    tally = page.report.tally
    assert tally is not None
    # Each of the three received four times; names of members and the like are deliveries too.
    assert tally.accesses >= 12
    assert {str(acme.someone(Role.LABELER, n).member_id) for n in range(3)} <= tally.actors
    assert tally.decisions >= tally.accesses
    assert page.rows == ()


def test_refusals_are_counted_by_what_they_are(acme: Workspace, keeper: Keeper) -> None:
    investor, debtor = party("Investor"), party("Debtor")
    exclude(acme, investor)
    hold(investor, debtor, "10", InterestType.DEBT)
    denied, held, wrong = (acme.someone(Role.LABELER, n) for n in range(3))
    works_for(denied, investor)
    works_for(held, debtor)
    for someone, times in ((denied, 2), (held, 1)):
        for _ in range(times):
            assert Visitor(someone).page("").status_code == 403
    assert Visitor(wrong).page("members").status_code == 403
    tally = page_of(acme, report_on(acme, keeper), Kind.VIOLATION).report.tally
    assert tally is not None
    assert (tally.denied, tally.reviews) == (2, 1)


def test_a_worker_that_dies_leaves_nothing_out_and_nothing_twice(
    acme: Workspace, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.services.run_exposure_report.UNIT_EVENTS", 7)
    exclude(acme, party("Investor"))
    member = acme.someone(Role.LABELER)
    context = member.context
    for _ in range(40):
        look(context)
    auditor = acme.someone(Role.AUDITOR).context
    with acting(auditor):
        report_id = ask_exposure_report(auditor, span=today_span(acme), question=about(member))
    keeper.settle()
    units = 0
    while True:
        # No time: one unit each, and a new worker that knows nothing of the one before.
        state = run_exposure_report(auditor, report_id=report_id, seconds=0.0)
        units += 1
        if state == "done":
            break
        assert state == "waiting"
    assert units > 5
    seen = page_of(acme, report_id, Kind.SEEN)
    indexes = [row["index"] for row in seen.rows]
    assert len(indexes) == 40
    assert indexes == sorted(set(indexes))


def test_a_crash_in_the_middle_of_a_unit_is_gone_over_again(
    acme: Workspace, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    exclude(acme, party("Investor"))
    member = acme.someone(Role.LABELER)
    for _ in range(5):
        look(member.context)
    auditor = acme.someone(Role.AUDITOR).context
    with acting(auditor):
        report_id = ask_exposure_report(auditor, span=today_span(acme), question=about(member))
    keeper.settle()

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("tenants.services.run_exposure_report._Replaying._keep", crash)
        with pytest.raises(KeyboardInterrupt):
            run_exposure_report(auditor, report_id=report_id)
    with acting(auditor):
        assert not ExposurePart.objects.filter(report_id=report_id).exists()
        ExposureReport.objects.filter(id=report_id).update(beat_at=timezone.now() - timedelta(minutes=5))
    assert run_exposure_report(auditor, report_id=report_id) == "done"
    assert len(page_of(acme, report_id, Kind.SEEN).rows) == 5


def test_lists_go_on_over_pages(acme: Workspace, keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.exposure.ROWS_IN_A_PART", 4)
    monkeypatch.setattr("tenants.services.run_exposure_report.UNIT_EVENTS", 3)
    exclude(acme, party("Investor"))
    member = acme.someone(Role.LABELER)
    context = member.context
    for _ in range(10):
        look(context)
    report_id = report_on(acme, keeper, about(member))
    pages = [page_of(acme, report_id, Kind.SEEN, n) for n in range(3)]
    assert [len(page.rows) for page in pages] == [4, 4, 2]
    assert {page.pages for page in pages} == {3}
    with pytest.raises(NotFound):
        page_of(acme, report_id, Kind.SEEN, 3)


def test_more_than_a_list_holds_is_counted_and_not_listed(
    acme: Workspace, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.services.run_exposure_report.MOST_LISTED", 3)
    exclude(acme, party("Investor"))
    member = acme.someone(Role.LABELER)
    for _ in range(5):
        look(member.context)
    page = page_of(acme, report_on(acme, keeper, about(member)), Kind.SEEN)
    assert page.report.tally is not None
    assert (page.report.tally.found["seen"], page.report.tally.listed["seen"], len(page.rows)) == (5, 3, 3)


def test_reading_and_taking_a_report_are_deliveries(acme: Workspace, keeper: Keeper) -> None:
    founding(acme)
    report_id = report_on(acme, keeper)
    auditor = acme.someone(Role.AUDITOR).context
    with acting(auditor) as unit:
        read_exposure_report(auditor, report_id=report_id, kind=Kind.EXPOSURE)
        assert len(unit.receipts) == 1
    with acting(auditor) as unit:
        body = json.loads(exposure_file(auditor, report_id=report_id))
        assert len(unit.receipts) == 1
    assert body["found"] == {"violation": 1, "exposure": 1, "seen": 0}
    assert [len(body["lists"][kind]) for kind in ("violation", "exposure", "seen")] == [1, 1, 0]


def test_a_rival_learns_nothing_of_a_report(acme: Workspace, rival: Workspace, keeper: Keeper) -> None:
    founding(acme)
    report_id = report_on(acme, keeper)
    theirs = rival.someone(Role.AUDITOR).context
    with acting(theirs):
        with pytest.raises(NotFound):
            read_exposure_report(theirs, report_id=report_id, kind=Kind.SEEN)
        with pytest.raises(NotFound):
            exposure_file(theirs, report_id=report_id)
        with pytest.raises(NotFound):
            ask_exposure_report(theirs, span=today_span(), question=about(acme.someone(Role.LABELER)))
    with pytest.raises(PermissionMissing):
        run_exposure_report(acme.someone(Role.MANAGER).context, report_id=report_id)


def test_what_is_kept_of_a_report_says_nothing_in_clear(acme: Workspace, keeper: Keeper) -> None:
    founding(acme)
    report_id = report_on(acme, keeper)
    auditor = acme.someone(Role.AUDITOR).context
    with acting(auditor):
        row = ExposureReport.objects.get(id=report_id)
        parts = [bytes(part.body) for part in ExposurePart.objects.filter(report_id=report_id)]
    for sealed in (row.question, row.tally, *parts):
        assert bytes(sealed)[:4] == b"RF1\x01"
    assert row.ticket is None


@pytest.mark.parametrize(
    ("back", "forth"), [(timedelta(hours=1), timedelta(hours=2)), (timedelta(days=400), timedelta(0))]
)
def test_a_period_of_which_nothing_can_be_said_is_refused(
    acme: Workspace, back: timedelta, forth: timedelta
) -> None:
    now, auditor = timezone.now(), acme.someone(Role.AUDITOR).context
    span = Span(now - back + forth, now)
    with acting(auditor), pytest.raises(Invalid):
        ask_exposure_report(auditor, span=span, question=Question(Scope.EVERYBODY))


def test_parts_are_cut_by_rows_and_by_size() -> None:
    rows = [{"n": n, "text": "x" * 1000} for n in range(450)]
    parts = in_parts(rows[:150], rows[150:])
    assert [len(part) for part in parts] == [200, 200, 50]
    assert [row["n"] for part in parts for row in part] == list(range(450))
    large = [{"text": "x" * 150_000} for _ in range(5)]
    assert [len(part) for part in in_parts([], large)] == [2, 2, 1]


def test_what_went_to_a_host_is_held_against_every_party_behind_it(acme: Workspace, keeper: Keeper) -> None:
    investor, clean = party("Investor"), party("Clean")
    # Whoever says nothing of its holders is unknown, and unknown denies.
    hold(party("Owner", PartyKind.PERSON), clean, "100")
    exclude(acme, investor)
    platform, webhook = acme.service(Purpose.JOB), uuid4()
    for host, parties in (("hooks.example.com", [clean, investor]), ("fine.example.com", [clean])):
        with acting(platform):
            record(
                platform,
                Verb.WEBHOOK_DELIVERED,
                object_kind="webhook",
                object_id=webhook,
                detail={"host": host, "parties": [str(each) for each in parties]},
            )
    page = page_of(acme, report_on(acme, keeper), Kind.VIOLATION)
    assert [row["host"] for row in page.rows] == ["hooks.example.com"]
    tally = page.report.tally
    assert tally is not None
    assert tally.destinations == {str(webhook)}
    assert tally.people == {"hooks.example.com": {"violation": 1, "exposure": 0, "seen": 0}}
