"""One event for people, with the path that proves its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from audit.checkpoints import Checkpoint
from audit.merkle import climb, leaf_hash
from audit.models import Body
from audit.notes import split_note
from audit.proofs import TlogProof
from audit.services.errors import EventPending, LogNotSigned
from audit.services.proof_of import proof_at
from audit.services.timeline import Filters, Line, open_half, timeline
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound

POLICY_IN_FORCE = Verb.NEUTRALITY_POLICY_CHANGED.value


@dataclass(frozen=True, slots=True)
class Step:
    """One hash of an inclusion path, from the leaf up: on which side of ours it stands, and the node above both."""

    sibling: bytes
    left: bool
    node: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """How an event's place is proven: its leaf's hash, the steps up to the root, and the checkpoint that signs it."""

    leaf_hash: bytes
    steps: tuple[Step, ...]
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """An event; `place` is None while no checkpoint covers it.

    `openings` are salt and content of each half that still exists, for whoever checks them against the leaf.
    `policy` is the index of the event by which the neutrality policy came into force that ruled then, None for none.
    """

    line: Line
    place: Place | None
    openings: Mapping[str, bytes] = field(repr=False)
    policy: int | None
    newer: bool


def read_event(context: TenantContext, *, index: int) -> ReadEvent:
    """Return the event at `index`, counted from 0, and record that it was read. Inside `acting(context)`.

    Raises `NotFound` for one that has no place in the log yet.
    """
    found = timeline(context, Filters(before=index + 1), limit=1).lines
    if not found or found[0].index != index:
        raise NotFound("event")
    ruled = Body.objects.filter(verb=POLICY_IN_FORCE, seq__lte=index).order_by("-seq")
    row = Body.objects.get(seq=index)
    halves = {half: open_half(context, row, half) for half in ("core", "pii")}
    return ReadEvent(
        line=found[0],
        place=_place(context, index),
        openings={half: opening for half, opening in halves.items() if opening is not None},
        policy=ruled.values_list("seq", flat=True).first(),
        newer=Body.objects.filter(seq=index + 1).exists(),
    )


def _place(context: TenantContext, index: int) -> Place | None:
    try:
        proven = proof_at(context, index=index)
    except (EventPending, LogNotSigned):
        return None
    proof = TlogProof.parse(proven.content)
    signed, leaf = Checkpoint.parse(split_note(proof.checkpoint)[0]), leaf_hash(proven.leaf)
    nodes = climb(proof.path, index=index, size=signed.size, leaf=leaf)
    steps = [Step(sibling, left, node) for sibling, (left, node) in zip(proof.path, nodes, strict=True)]
    return Place(leaf, tuple(steps), signed)
