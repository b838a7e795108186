"""Makes a bundle's sealed parts: a loop of short units in the order of the log, resumable at each."""

import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from uuid import UUID

from django.utils import timezone

from audit.archive import BundleTooLarge, Directory
from audit.bundle_pieces import Pieces, Place, Section, add_events, close_bundle
from audit.bundle_plan import BundlePlan
from audit.errors import EvidenceRefused
from audit.services.bundle_entries import bundle_entries
from audit.services.count_erasures import count_erasures
from audit.services.errors import BundleRefused
from audit.services.export_bundle import what_bundles_bring
from audit.services.plan_bundle import frame_bundle
from audit.services.record import record
from audit.services.select_events import (
    Finding,
    Selection,
    begin_finding,
    count_to_open,
    find_more,
    select_events,
    with_erasures,
)
from audit.verbs import Verb
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Permission
from tenants.bundles import (
    ERASED_MEANWHILE,
    KEPT_FOR,
    KEYS_GONE,
    PROOF_WRONG,
    REFUSED,
    SILENT_JOB,
    UNIT_EVENTS,
    end_of_unit,
    selection_of,
)
from tenants.models import BundleJob, BundlePart
from tenants.services.fail_bundle import fail_bundle, spoilt_by_erasure

PARTS_AT_ONCE = 8


class _ErasedMeanwhile(Exception):
    """Something that the bundle holds was erased after it was begun: what was sealed of it may not be kept."""


def run_bundle(context: TenantContext, *, bundle_id: UUID, seconds: float = 60.0) -> str | None:
    """Work on a bundle for about `seconds`; return its state afterwards, None when another worker has it.

    `waiting` means that there is more to do: send the job again. Parts and the place behind them commit together,
    so that a crash leaves no event out and none twice. Raises what the gate raises.
    """
    context.require(Permission.AUDIT_EXPORT)
    until = time.monotonic() + seconds
    making = _Making(context, bundle_id)
    if not making.claim():
        return None
    try:
        step = making.settle
        while True:
            context.recheck()
            state = step()
            if state == "settled":
                step = making.unit
                continue
            if state != "running":
                return state
            if time.monotonic() >= until:
                with acting(context):
                    BundleJob.objects.filter(id=bundle_id, state="running").update(state="waiting")
                return "waiting"
    except _ErasedMeanwhile:
        problem = ERASED_MEANWHILE
    except CannotOpen:
        problem = KEYS_GONE
    except EvidenceRefused:
        problem = PROOF_WRONG
    except (BundleRefused, BundleTooLarge):
        problem = REFUSED
    fail_bundle(context, bundle_id=bundle_id, problem=problem)
    return "failed"


class _Making:
    """One worker's hold on a bundle: what it is to hold, and how far it is."""

    def __init__(self, context: TenantContext, bundle_id: UUID) -> None:
        self._context, self._id = context, bundle_id
        self._units = 0
        self._place = Place()
        self._finding: Finding | None = None
        self._chosen: Selection | None = None

    def claim(self) -> bool:
        """Take the job unless another worker has it."""
        now = timezone.now()
        with acting(self._context):
            job = BundleJob.objects.select_for_update(no_key=True).filter(id=self._id).first()
            if job is None:
                return False
            lost = job.state == "running" and (job.beat_at is None or now - job.beat_at > SILENT_JOB)
            if job.state != "waiting" and not lost:
                return False
            job.state, job.beat_at, job.started_at = "running", now, job.started_at or now
            job.save(update_fields=["state", "beat_at", "started_at"])
        return True

    def settle(self) -> str | None:
        """Learn what the bundle holds, or do the next slice of finding it out; return `settled`, or the job's state."""
        context = self._context
        with acting(context):
            job = BundleJob.objects.get(id=self._id)
            if job.plan is not None:
                self._learn(job)
                begun = True
            else:
                begun, before = False, count_erasures()
        if not begun:
            return self._begin(job, before)
        if self._finding is None or self._chosen is None:
            return "settled"
        return self._find(self._chosen, self._finding)

    def _begin(self, job: BundleJob, before: int) -> str | None:
        """Settle under which checkpoint the bundle stands, and its events where that takes no opening."""
        context, selection = self._context, self._selection(job)
        plan = frame_bundle(context, from_size=job.from_size, chosen=selection is not None)
        finding = None
        if selection is not None:
            if selection.needs_opening:
                finding = begin_finding(selection)
            else:
                plan = replace(plan, indexes=select_events(context, selection, size=plan.size))
        with acting(context):
            job = BundleJob.objects.select_for_update(no_key=True).get(id=self._id)
            if job.plan is not None or job.state != "running":
                return None if job.state == "running" else job.state
            if count_erasures() != before:
                raise _ErasedMeanwhile
            job.size, job.beat_at = plan.size, timezone.now()
            job.erasures = count_erasures(plan.size)
            if selection is not None and finding is not None:
                job.to_open = count_to_open(selection, size=plan.size)
            self._save_plan(job, plan, finding)
            self._learn(job)
        return "settled" if finding is None else "running"

    def _find(self, selection: Selection, before: Finding) -> str | None:
        """Open the next events to see which are chosen, and keep how far that came."""
        context = self._context
        finding = find_more(context, selection, before, size=self._plan.size)
        plan = self._plan
        if finding.over:
            plan = replace(plan, indexes=with_erasures(context, finding.found, size=plan.size))
        with acting(context):
            job = BundleJob.objects.select_for_update(no_key=True).get(id=self._id)
            if job.state != "running":
                return job.state
            if job.opened != before.opened:
                return None
            if spoilt_by_erasure(job):
                raise _ErasedMeanwhile
            job.opened, job.beat_at = finding.opened, timezone.now()
            self._save_plan(job, plan, None if finding.over else finding)
            self._learn(job)
        return "settled" if finding.over else "running"

    def _save_plan(self, job: BundleJob, plan: BundlePlan, finding: Finding | None) -> None:
        seal = self._context.keyring.seal
        job.plan = seal(plan.to_bytes(), field=BundleJob.plan, row=job.id)
        job.finding = (
            None if finding is None else seal(finding.to_bytes(), field=BundleJob.finding, row=job.id)
        )
        job.total = len(plan.indexes)
        job.save()

    def _selection(self, job: BundleJob) -> Selection | None:
        if job.selection is None:
            return None
        with acting(self._context):
            return selection_of(
                self._context.keyring.open(job.selection, field=BundleJob.selection, row=job.id)
            )

    def _learn(self, job: BundleJob) -> None:
        opened = self._context.keyring.open
        self._plan = BundlePlan.parse(opened(job.plan, field=BundleJob.plan, row=job.id))
        self._units = job.units
        self._finding = None
        if job.finding is not None:
            self._finding = Finding.parse(opened(job.finding, field=BundleJob.finding, row=job.id))
            self._chosen = selection_of(opened(job.selection, field=BundleJob.selection, row=job.id))
        if job.place is not None:
            self._place = Place.parse(opened(job.place, field=BundleJob.place, row=job.id))

    def unit(self) -> str | None:
        """Make the parts of the next events in one transaction; return the job's state after it."""
        context = self._context
        with acting(context):
            job = BundleJob.objects.select_for_update(no_key=True).get(id=self._id)
            if job.state != "running":
                return job.state
            if job.units != self._units:
                return None
            if spoilt_by_erasure(job):
                raise _ErasedMeanwhile
            if job.done < job.total:
                stop = end_of_unit(self._plan.indexes, job.done, UNIT_EVENTS)
                entries = bundle_entries(context, self._plan, self._plan.indexes[job.done : stop])
                place, pieces = add_events(self._plan, self._place, entries)
                self._keep(job, pieces)
                job.done, job.units, job.beat_at = stop, job.units + 1, timezone.now()
                job.place = context.keyring.seal(place.to_bytes(), field=BundleJob.place, row=job.id)
                job.save()
                self._place, self._units = place, job.units
                return job.state
        return self._finish()

    def _finish(self) -> str | None:
        """Read all parts once, for the directory and the digest, and keep what ends the file."""
        context = self._context
        closing = close_bundle(self._plan, self._place, what_bundles_bring())
        directory, digest = Directory(), sha256()
        for content in self._joined(closing):
            directory.take(content)
            digest.update(content)
        end = directory.end()
        digest.update(end)
        with acting(context):
            job = BundleJob.objects.select_for_update(no_key=True).get(id=self._id)
            if job.state != "running":
                return job.state
            if job.units != self._units:
                return None
            if spoilt_by_erasure(job):
                raise _ErasedMeanwhile
            self._keep(job, {**closing, Section.DIRECTORY: end})
            job.state, job.ticket, job.plan, job.place = "done", None, None, None
            job.finished_at = timezone.now()
            job.expires_at = job.finished_at + KEPT_FOR
            job.digest = context.keyring.seal(digest.digest(), field=BundleJob.digest, row=job.id)
            job.save()
            record(
                context,
                Verb.BUNDLE_FINISHED,
                object_kind="bundle",
                object_id=job.id,
                detail={"size": job.size, "count": job.total, "bytes": job.bytes_made},
            )
        return "done"

    def _joined(self, closing: Pieces) -> Iterator[bytes]:
        """Yield the file's pieces in order, all but the directory."""
        with acting(self._context):
            mine = BundlePart.objects.filter(bundle_id=self._id)
            kept = list(mine.order_by("section", "n").values_list("section", "id"))
        for section in sorted({section for section, _ in kept} | set(closing)):
            ids = [part_id for of, part_id in kept if of == section]
            for start in range(0, len(ids), PARTS_AT_ONCE):
                self._context.recheck()
                with acting(self._context):
                    BundleJob.objects.filter(id=self._id, state="running").update(beat_at=timezone.now())
                    contents = [
                        open_part(self._context, part_id) for part_id in ids[start : start + PARTS_AT_ONCE]
                    ]
                yield from contents
            if section in closing:
                yield closing[section]

    def _keep(self, job: BundleJob, pieces: Pieces) -> None:
        seal = self._context.keyring.sealer(field=BundlePart.body).seal
        for section, content in pieces.items():
            part_id = uuid7()
            BundlePart.objects.create(
                id=part_id,
                bundle_id=job.id,
                section=section,
                n=job.units,
                length=len(content),
                body=seal(part_id, content),
            )
            job.bytes_made += len(content)


def open_part(context: TenantContext, part_id: UUID) -> bytes:
    """Return one part's bytes of the file. Inside `acting`. Raises `CannotOpen`, also for a changed or missing part."""
    row = BundlePart.objects.filter(id=part_id).first()
    if row is None:
        raise CannotOpen
    return context.keyring.open(row.body, field=BundlePart.body, row=part_id)
