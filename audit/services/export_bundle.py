"""Exports a proof bundle: the log, opened for its owner, as a file that verifies without us."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from audit.bundle import Entry, write_selection, write_whole_log
from audit.bundle_plan import BundlePlan
from audit.manifest import Brought, BundleKind
from audit.services.bundle_entries import bundle_entries
from audit.services.byte_stream import stream_of
from audit.services.plan_bundle import plan_bundle
from audit.services.record import record
from audit.services.select_events import UNIT_EVENTS, Selection
from audit.services.stored_log import the_log
from audit.single_file import single_file
from audit.single_page import single_page
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle to be streamed. The export is in the log already; `chunks` opens units of its own."""

    context: TenantContext = field(repr=False)
    name: str
    plan: BundlePlan
    receipt: Receipt

    def chunks(self) -> Iterator[bytes]:
        """Yield the file's bytes, in constant memory. Outside any unit of work."""
        return stream_of(self.write)

    def write(self, out: BinaryIO) -> None:
        """Write the file. Access is checked anew for every 1,000 events; raises what the gate raises."""
        plan, brought = self.plan, what_bundles_bring()
        if plan.kind is BundleKind.WHOLE_LOG:
            write_whole_log(
                out,
                policy=plan.policy,
                checkpoint=plan.checkpoint,
                entries=self._entries(),
                brought=brought,
                watched=plan.watched,
                stamped=plan.stamped,
            )
            return
        write_selection(
            out,
            policy=plan.policy,
            checkpoint=plan.checkpoint,
            entries=self._entries(),
            since=plan.since,
            consistency=plan.consistency,
            brought=brought,
            watched=plan.watched,
            stamped=plan.stamped,
        )

    def _entries(self) -> Iterator[Entry]:
        for start in range(0, len(self.plan.indexes), UNIT_EVENTS):
            self.context.recheck()
            # A list: the unit of work ends before the reader, who may be slow, gets anything.
            with acting(self.context):
                indexes = self.plan.indexes[start : start + UNIT_EVENTS]
                entries = bundle_entries(self.context, self.plan, indexes)
            yield from entries


def export_bundle(
    context: TenantContext, *, from_size: int = 0, selection: Selection | None = None
) -> Bundle:
    """Return a bundle of the log up to its newest checkpoint, and record the export. Opens its own units.

    `from_size` and `selection` are as `plan_bundle` takes them; raises what it raises.
    """
    plan = plan_bundle(context, from_size=from_size, selection=selection)
    told = {} if selection is None else {"selected": selection.detail, "count": len(plan.indexes)}
    with acting(context):
        log = the_log()
        receipt = record(
            context,
            Verb.AUDIT_EXPORTED,
            object_kind="log",
            object_id=log.id,
            detail={"size": plan.size, "from_size": from_size, **told},
        )
        return Bundle(context, bundle_name(log.id.hex, plan, chosen=selection is not None), plan, receipt)


def bundle_name(log_id: str, plan: BundlePlan, *, chosen: bool) -> str:
    """Return what the file is called: the log's id, and from which size to which."""
    return f"ringfence-{log_id[:12]}-{'chosen-' if chosen else ''}{plan.since_size}-{plan.size}.zip"


def what_bundles_bring() -> Brought:
    """Return the verifiers that stand in each bundle."""
    return Brought(verifier=single_file(), page=single_page())
