"""Exports a proof bundle: the log, opened for its owner, as a file that verifies without us."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from django.db import connection

from audit.bundle import MAX_SELECTED, Entry, write_selection, write_whole_log
from audit.manifest import Brought, BundleKind
from audit.merkle import NodeReader, consistency_path_from, inclusion_path_from
from audit.models import Body
from audit.services.byte_stream import stream_of
from audit.services.errors import BundleRefused
from audit.services.record import record
from audit.services.select_events import UNIT_EVENTS, Selection, select_events
from audit.services.stored_log import (
    StoredCheckpoint,
    checkpoint_of_size,
    newest_checkpoint,
    nodes_of_log,
    policy_of,
    the_log,
)
from audit.services.timeline import open_half
from audit.services.witnessed import watched_by
from audit.single_file import single_file
from audit.single_page import single_page
from audit.values import Receipt
from audit.verbs import Verb
from audit.watched import Watched
from ringfence.kernel.context import TenantContext, acting

MOST_EVENTS = 2_000_000
"""In a bundle of a whole log: about 2 GB. A zip of this layout ends at 65,535 members and 4 GiB."""

LEAVES = "SELECT seq, leaf FROM audit.entry WHERE tenant_id = %s AND seq = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle to be streamed. The export is in the log already; `chunks` opens units of its own."""

    context: TenantContext = field(repr=False)
    name: str
    kind: BundleKind
    policy: str
    checkpoint: StoredCheckpoint
    since: StoredCheckpoint | None
    indexes: Sequence[int]
    receipt: Receipt
    watched: Watched | None = None

    def chunks(self) -> Iterator[bytes]:
        """Yield the file's bytes, in constant memory. Outside any unit of work."""
        return stream_of(self.write)

    def write(self, out: BinaryIO) -> None:
        """Write the file. Access is checked anew for every 1,000 events; raises what the gate raises."""
        brought = Brought(verifier=single_file(), page=single_page())
        if self.kind is BundleKind.WHOLE_LOG:
            write_whole_log(
                out,
                policy=self.policy,
                checkpoint=self.checkpoint.note,
                entries=self._entries(),
                brought=brought,
                watched=self.watched,
            )
            return
        since, size = self.since, self.checkpoint.size
        consistency: list[bytes] = []
        if since is not None:
            with acting(self.context):
                consistency = consistency_path_from(nodes_of_log(size), old_size=since.size, new_size=size)
        write_selection(
            out,
            policy=self.policy,
            checkpoint=self.checkpoint.note,
            entries=self._entries(),
            since=since.note if since else None,
            consistency=consistency,
            brought=brought,
            watched=self.watched,
        )

    def _entries(self) -> Iterator[Entry]:
        for start in range(0, len(self.indexes), UNIT_EVENTS):
            self.context.recheck()
            # A list: the unit of work ends before the reader, who may be slow, gets anything.
            with acting(self.context):
                entries = list(self._unit(list(self.indexes[start : start + UNIT_EVENTS])))
            yield from entries

    def _unit(self, indexes: list[int]) -> Iterator[Entry]:
        selection = self.kind is BundleKind.SELECTION
        nodes = nodes_of_log(self.checkpoint.size) if selection else None
        with connection.cursor() as cursor:
            cursor.execute(LEAVES, [self.context.tenant_id, indexes])
            leaves = {seq: bytes(leaf) for seq, leaf in cursor.fetchall()}
        bodies = {row.seq: row for row in Body.objects.filter(seq__in=indexes)}
        for index in sorted(leaves):
            # Without a body: it was lost, and the leaf was put back from the bucket.
            row = bodies.get(index)
            yield Entry(
                index=index,
                leaf=leaves[index],
                core=None if row is None else open_half(self.context, row, "core"),
                pii=None if row is None else open_half(self.context, row, "pii"),
                path=_path(nodes, index, self.checkpoint.size),
            )


def export_bundle(
    context: TenantContext, *, from_size: int = 0, selection: Selection | None = None
) -> Bundle:
    """Return a bundle of the log up to its newest checkpoint, and record the export. Opens its own units.

    Args:
        from_size: 0 for the whole log, which any pin can be checked against. Otherwise the size of a
            pin: the bundle holds the events since then, and the proof that the log only grew.
        selection: which events, of the whole log; `from_size` then brings the proof of growth alone.

    Raises `BundleRefused` for more than 2,000,000 events, or 30,000 since `from_size`, or a
    `from_size` that was never signed; `LogNotSigned`; `Dark`; and what
    `select_events` raises.
    """
    with acting(context):
        newest = newest_checkpoint()
        since = _since(from_size, newest, whole=selection is None)
    indexes: Sequence[int] = range(from_size, newest.size)
    if selection is not None:
        indexes = select_events(context, selection, size=newest.size)
    with acting(context):
        log = the_log()
        receipt = record(
            context,
            Verb.AUDIT_EXPORTED,
            object_kind="log",
            object_id=log.id,
            detail={"size": newest.size, "from_size": from_size, **_told(selection, indexes)},
        )
        return Bundle(
            context=context,
            name=f"ringfence-{log.id.hex[:12]}-{'' if selection is None else 'chosen-'}{from_size}-{newest.size}.zip",
            kind=BundleKind.WHOLE_LOG if since is None and selection is None else BundleKind.SELECTION,
            policy=policy_of(log),
            checkpoint=newest,
            since=since,
            indexes=indexes,
            receipt=receipt,
            watched=watched_by(newest),
        )


def _told(selection: Selection | None, indexes: Sequence[int]) -> dict[str, object]:
    return {} if selection is None else {"selected": selection.detail, "count": len(indexes)}


def _since(from_size: int, newest: StoredCheckpoint, *, whole: bool) -> StoredCheckpoint | None:
    if from_size == 0:
        if whole and newest.size > MOST_EVENTS:
            raise BundleRefused(
                f"The log has {newest.size:,} events; one bundle holds {MOST_EVENTS:,}."
                " Give `from_size`, the size of your newest pin, for what came after it."
            )
        return None
    since = checkpoint_of_size(from_size)
    if since is None or since.size > newest.size:
        raise BundleRefused(
            f"There is no checkpoint over exactly {from_size:,} events. Give the size in your pin, or 0."
        )
    if whole and newest.size - since.size > MAX_SELECTED:
        raise BundleRefused(
            f"{newest.size - since.size:,} events came since; such a bundle holds {MAX_SELECTED:,}."
            " Take the whole log (`from_size` 0): it can be checked against your pin as well."
        )
    return since


def _path(nodes: NodeReader | None, index: int, size: int) -> tuple[bytes, ...]:
    return () if nodes is None else tuple(inclusion_path_from(nodes, index=index, size=size))
