"""Replays the log over a period, in short units: counts the population, and keeps what failed and who saw what."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.services.errors import EventPending, LogNotSigned
from audit.services.record import record
from audit.services.replay_log import LoggedEvent, details_of, events_of, stretch_of
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import names_of
from tenants.exposure import (
    DESTINATION_VERBS,
    ENFORCED_WITHIN,
    MOST_LISTED,
    SILENT_JOB,
    UNIT_EVENTS,
    Kind,
    Question,
    Scope,
    Tally,
    in_parts,
    members_among,
    row_of,
)
from tenants.gate.enter import PLATFORM_ACTOR
from tenants.gate.epochs import epochs
from tenants.gate.exposure import members_tied_to, why_kept_away
from tenants.models import ExposurePart, ExposureReport
from tenants.neutrality.replay import Access, Epoch, once_enforced, replay
from tenants.services.issue_attestation import CannotAttest, issue_attestation

PAUSE_SECONDS = 0.2
MOST_EXPLAINED = 200
"""People whose reasons are told in words; the rest is counted."""
REFUSED = "access.refused"
DENIED, HELD = "neutrality", "neutrality_review"
"""What the log says of a refusal by the policy, and of one until the customer has answered."""


def run_exposure_report(context: TenantContext, *, report_id: UUID, seconds: float = 60.0) -> str | None:
    """Work on a report for about `seconds`; return its state afterwards, None when another worker has it.

    `waiting` means that there is more to do: send the job again. What is counted and the place behind it
    commit together, so that a crash leaves nothing out and nothing twice. Raises what the gate raises.
    """
    context.require(Permission.NEUTRALITY_ATTEST)
    until = time.monotonic() + seconds
    replaying = _Replaying(context, report_id)
    while not (claimed := replaying.claim()):
        if claimed is None or time.monotonic() >= until:
            return None
        # Something of the period is not under a checkpoint yet; that takes less than a second.
        time.sleep(PAUSE_SECONDS)
        context.recheck()
    replaying.learn()
    while True:
        context.recheck()
        state = replaying.unit()
        if state != "running":
            return state
        if time.monotonic() >= until:
            with acting(context):
                ExposureReport.objects.filter(id=report_id, state="running").update(state="waiting")
            return "waiting"


def fail_exposure_report(context: TenantContext, *, report_id: UUID, problem: str) -> None:
    """End a report that cannot go on, and remove what it listed. `context` may be the platform's own."""
    with acting(context):
        ended = ExposureReport.objects.filter(id=report_id).exclude(state__in=("done", "failed"))
        if ended.update(
            state="failed", problem=problem[:40], finished_at=timezone.now(), ticket=None, tally=None
        ):
            ExposurePart.objects.filter(report_id=report_id).delete()


class _Replaying:
    """One worker's hold on a report, and what it knows of who was kept away when."""

    def __init__(self, context: TenantContext, report_id: UUID) -> None:
        self._context, self._id = context, report_id
        self._then: Sequence[Epoch] = ()
        self._now: Sequence[Epoch] = ()
        self._members: frozenset[UUID] | None = None
        self._place: UUID | None = None

    def claim(self) -> bool | None:
        """Take the report; None when another worker has it, False while its log is not signed to the end."""
        context, now = self._context, timezone.now()
        with acting(context):
            row = ExposureReport.objects.select_for_update(no_key=True).filter(id=self._id).first()
            lost = (
                row is not None
                and row.state == "running"
                and (row.beat_at is None or now - row.beat_at > SILENT_JOB)
            )
            if row is None or not (row.state == "waiting" or lost):
                return None
            if row.started_at is None:
                try:
                    stretch = stretch_of(context, row.since, row.until)
                except (EventPending, LogNotSigned):
                    return False
                if stretch is not None:
                    row.first_seq, row.last_seq = stretch.first, stretch.last
                    row.size = stretch.checkpoint.size
                row.after_seq = row.first_seq - 1
                row.started_at = now
            row.state, row.beat_at = "running", now
            row.save()
            self._since, self._until = row.since, row.until
            self._question = Question.parse(
                context.keyring.open(row.question, field=ExposureReport.question, row=row.id)
            )
        return True

    def learn(self) -> None:
        """Ask the gate who was kept away when. Outside a unit: a year of days takes a while."""
        tenant_id, question = self._context.tenant_id, self._question
        then, self._now = epochs(tenant_id, self._since, self._until)
        self._then = once_enforced(then, within=ENFORCED_WITHIN)
        if question.scope is Scope.MEMBER and question.subject is not None:
            self._members = frozenset({question.subject})
        elif question.scope is Scope.PARTY and question.subject is not None:
            self._members, self._place = members_tied_to(tenant_id, question.subject), question.subject

    def unit(self) -> str:
        """Replay one stretch of the log in one transaction; return the report's state after it."""
        context = self._context
        with acting(context):
            row = ExposureReport.objects.select_for_update(no_key=True).get(id=self._id)
            if row.state != "running":
                return row.state
            tally = Tally.parse(self._opened(row))
            if row.after_seq < row.last_seq:
                first = row.after_seq + 1
                last = min(row.after_seq + UNIT_EVENTS, row.last_seq)
                self._replay(events_of(first, last, since=row.since, until=row.until), tally)
                row.after_seq = last
            row.beat_at = timezone.now()
            self._keep(row, tally)
            if row.after_seq < row.last_seq:
                return row.state
        return self._finish()

    def _replay(self, events: Sequence[LoggedEvent], tally: Tally) -> None:
        deliveries = [event for event in events if event.is_delivery]
        sent = details_of(
            self._context, [each.index for each in deliveries if each.verb in DESTINATION_VERBS]
        )
        # One delivery can reach several parties at once: a host, and the network that its address lies in.
        accesses = [access for event in deliveries for access in _accesses(event, sent.get(event.index, {}))]
        failing: dict[int, Kind] = {}
        for found in replay(accesses, then=self._then, now=self._now):
            kind = Kind(found.failing.value)
            if failing.get(found.access.number) is not Kind.VIOLATION:
                failing[found.access.number] = kind
        asked_about = {access.number for access in accesses if self._is_asked_about(access)}
        listed: dict[int, Kind] = {}
        for event in deliveries:
            host = str(sent.get(event.index, {}).get("host", ""))
            tally.accesses += 1
            if event.verb in DESTINATION_VERBS:
                tally.destinations.add(str(event.object_id))
            elif event.actor_id != PLATFORM_ACTOR:
                tally.actors.add(str(event.actor_id))
            if event.index in asked_about:
                kind_of = failing.get(event.index)
                if kind_of is None and self._question.scope is not Scope.EVERYBODY:
                    kind_of = Kind.SEEN
                if kind_of is not None:
                    listed[event.index] = kind_of
                    tally.note(kind_of, host or str(event.actor_id))
        self._count_decisions(events, tally)
        self._list(deliveries, listed, tally)

    def _count_decisions(self, events: Sequence[LoggedEvent], tally: Tally) -> None:
        """The gate decided before every event of a member, and before every refusal."""
        tally.decisions += sum(event.actor_id != PLATFORM_ACTOR for event in events)
        refused = [event.index for event in events if event.verb == REFUSED]
        reasons = [detail.get("reason") for detail in details_of(self._context, refused).values()]
        tally.denied += reasons.count(DENIED)
        tally.reviews += reasons.count(HELD)

    def _list(self, deliveries: Sequence[LoggedEvent], listed: Mapping[int, Kind], tally: Tally) -> None:
        details = details_of(self._context, listed.keys()) if listed else {}
        for kind in Kind:
            rows = [
                row_of(event, details.get(event.index, {}))
                for event in deliveries
                if listed.get(event.index) is kind
            ]
            room = max(0, MOST_LISTED - tally.listed[kind])
            if rows[:room]:
                self._append(kind, rows[:room])
                tally.listed[kind] += len(rows[:room])

    def _append(self, kind: Kind, rows: Sequence[Mapping[str, Any]]) -> None:
        context = self._context
        last = ExposurePart.objects.filter(report_id=self._id, kind=kind.value).order_by("-n").first()
        before = []
        if last is not None:
            before = json.loads(context.keyring.open(last.body, field=ExposurePart.body, row=last.id))
        number = 0 if last is None else last.n
        for position, part in enumerate(in_parts(before, rows)):
            encoded = json.dumps(part).encode()
            if position == 0 and last is not None:
                last.rows = len(part)
                last.body = context.keyring.seal(encoded, field=ExposurePart.body, row=last.id)
                last.save(update_fields=["rows", "body"])
                continue
            made = ExposurePart(report_id=self._id, kind=kind.value, n=number + position, rows=len(part))
            made.body = context.keyring.seal(encoded, field=ExposurePart.body, row=made.id)
            made.save(force_insert=True)

    def _is_asked_about(self, access: Access) -> bool:
        if self._members is None:
            return True
        return access.person in self._members or (
            self._place is not None and access.destination == self._place
        )

    def _explain(self, tally: Tally) -> None:
        failed = [who for who, counts in tally.people.items() if counts["violation"] or counts["exposure"]]
        ids = sorted(members_among(failed))[:MOST_EXPLAINED]
        names = dict.fromkeys(ids, "") | dict(names_of(self._context, "member", ids))
        told = why_kept_away(self._context.tenant_id, names)
        tally.why = {str(member): list(words) for member, words in told.items()}

    def _finish(self) -> str:
        """End the report, and issue the attestation where one was asked for: both, or the reason why not."""
        context = self._context
        try:
            with acting(context):
                row = ExposureReport.objects.select_for_update(no_key=True).get(id=self._id)
                if row.state != "running":
                    return row.state
                tally = Tally.parse(self._opened(row))
                self._explain(tally)
                record(
                    context,
                    Verb.EXPOSURE_REPLAYED,
                    object_kind="exposure_report",
                    object_id=row.id,
                    detail={
                        "accesses": tally.accesses,
                        "violations": tally.found[Kind.VIOLATION],
                        "exposures": tally.found[Kind.EXPOSURE],
                        "size": row.size,
                    },
                )
                row.state, row.ticket, row.finished_at = "done", None, timezone.now()
                self._keep(row, tally)
                if row.attests:
                    issue_attestation(context, report=row, tally=tally)
        except CannotAttest as missing:
            fail_exposure_report(context, report_id=self._id, problem=missing.reason)
            return "failed"
        return "done"

    def _keep(self, row: ExposureReport, tally: Tally) -> None:
        row.tally = self._context.keyring.seal(tally.to_bytes(), field=ExposureReport.tally, row=row.id)
        row.save()

    def _opened(self, row: ExposureReport) -> bytes | None:
        if row.tally is None:
            return None
        return self._context.keyring.open(row.tally, field=ExposureReport.tally, row=row.id)


def _accesses(event: LoggedEvent, detail: Mapping[str, Any]) -> list[Access]:
    """Return what one delivery was: of a member, of nobody, or one for each party that a webhook led to."""
    if event.verb in DESTINATION_VERBS:
        parties: list[UUID | None] = [UUID(party) for party in detail.get("parties", [])]
        # Without a detail, its keys gone, the object is all that is known of the place.
        return [Access(event.index, event.at, None, place) for place in parties or [event.object_id]]
    person = None if event.actor_id == PLATFORM_ACTOR else event.actor_id
    return [Access(event.index, event.at, person, None)]
