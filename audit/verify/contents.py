"""Checks every member of a bundle against its checkpoint, building anew whatever can be built."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.bundle import (
    INDEX_DIGITS,
    MAX_SELECTED,
    numbered,
    parse_body_line,
)
from audit.checkpoints import Checkpoint
from audit.encoding import parse_utf8
from audit.errors import Malformed, ProofRejected
from audit.frontier import Frontier
from audit.leaf import Half, check_opening, parse
from audit.manifest import PAGE, VERIFIER, Brought, BundleKind, Tally, manifest, readme
from audit.merkle import check_consistency, check_inclusion, leaf_hash
from audit.notes import open_note
from audit.policy import Policy, SignedCheckpoint
from audit.proofs import ConsistencyProof, TlogProof
from audit.stamped import FOLDER, Led, Stamped, led_in, stamped_in
from audit.tiles import TILE_WIDTH, Edge, Level, parse_entry_bundle, tile_path, tile_widths
from audit.watched import GROWTH, PROOF, Known, Watched, known_to_witnesses, require_all_lines_known

_FIXED = ("README.txt", "checkpoint", "manifest.json", "policy")


@dataclass(frozen=True, slots=True)
class Event:
    """A disclosed event: its place and time in the log, and what was opened of it."""

    index: int
    at_ms: int
    core: dict[str, Any] | None
    pii: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class SealedBundle:
    """A bundle whose notes are open and whose contents are not yet checked."""

    members: Mapping[str, memoryview] = field(repr=False)
    kind: BundleKind
    policy_text: str
    signed: SignedCheckpoint
    since: Checkpoint | None
    watched: Watched | None = None
    stamped: tuple[Stamped, ...] = ()

    @property
    def brought(self) -> Brought:
        """The verifiers that the bundle brings; nothing but the manifest speaks for them."""
        page, verifier = (self.members.get(name) for name in (PAGE, VERIFIER))
        return Brought(
            verifier=None if verifier is None else bytes(verifier),
            page=None if page is None else bytes(page),
        )

    @property
    def checkpoint(self) -> Checkpoint:
        """The only source of size and root."""
        return self.signed.checkpoint

    def note(self, name: str) -> bytes:
        """Return the bytes of a signed note in the bundle."""
        return bytes(self.members[name])


@dataclass(frozen=True, slots=True)
class CheckedBundle:
    """What the contents were found to hold; `old_head` is the root at the size asked for."""

    tally: Tally
    old_head: bytes | None
    known: Known | None = None
    stamps: tuple[Led, ...] = ()


def unseal(members: Mapping[str, memoryview]) -> SealedBundle:
    """Open the notes of a bundle by the bundle's own policy, which the reader need not trust."""
    if missing := [name for name in _FIXED if name not in members]:
        raise Malformed(f"the bundle has no {missing[0]}")
    policy_text = parse_utf8(bytes(members["policy"]))
    policy = Policy.parse(policy_text)
    signed = policy.open_checkpoint(bytes(members["checkpoint"]))
    require_all_lines_known(signed.note)
    whole = any(name.startswith("tile/") for name in members) or signed.checkpoint.size == 0
    since = None
    if "since" in members:
        note = require_all_lines_known(open_note(bytes(members["since"]), policy.vkeys))
        since = Checkpoint.parse(note.text)
        logs = {log.vkey for log in policy.logs}
        if since.origin != signed.checkpoint.origin or not logs & {each.vkey for each in note.verified}:
            raise ProofRejected("the older checkpoint is of another log")
    kind = BundleKind.WHOLE_LOG if whole else BundleKind.SELECTION
    return SealedBundle(members, kind, policy_text, signed, since, _watched(members), stamped_in(members))


def _watched(members: Mapping[str, memoryview]) -> Watched | None:
    there = {PROOF, GROWTH} & members.keys()
    if not there:
        return None
    if len(there) == 1:
        raise Malformed(f"the bundle has {min(there)} alone, of two that belong together")
    return Watched(bytes(members[PROOF]), bytes(members[GROWTH]))


def check_contents(bundle: SealedBundle, *, old_size: int | None) -> CheckedBundle:
    """Check all members; of a whole log, also return the root it had at `old_size`.

    Raises `Malformed` for a member that does not belong or does not parse, and `ProofRejected`
    for one that is not what the checkpoint commits to.
    """
    tally = Tally()
    expected = set(_FIXED)
    old_head = None
    if bundle.kind is BundleKind.WHOLE_LOG:
        old_head = _check_whole_log(bundle, tally, expected, old_size)
    else:
        _check_selection(bundle, tally, expected)
    since_size = bundle.since.size if bundle.since else 0
    brought = bundle.brought
    expected |= brought.members.keys()
    if bundle.watched is not None:
        expected |= {PROOF, GROWTH}
    expected |= {name for name in bundle.members if name.startswith(FOLDER)}
    if stray := bundle.members.keys() - expected:
        raise Malformed(f"{min(stray)} does not belong into a bundle of this kind")
    checkpoint = bundle.checkpoint
    known = known_to_witnesses(bundle.watched, bundle.policy_text, bundle.note("checkpoint"))
    stamps = led_in(bundle.stamped, bundle.policy_text, bundle.note("checkpoint"))
    if bundle.members["README.txt"] != readme(bundle.kind, checkpoint, brought, known, stamps):
        raise ProofRejected("README.txt is not the one this bundle has")
    if bundle.members["manifest.json"] != manifest(
        bundle.kind, checkpoint, bundle.policy_text, tally, since_size, brought, known, stamps
    ):
        raise ProofRejected("manifest.json does not say what the bundle holds")
    return CheckedBundle(tally, old_head, known, stamps)


def disclosed_events(bundle: SealedBundle) -> Iterator[Event]:
    """Yield the disclosed events of a checked bundle, in order, without holding them all."""
    for name in bundle.members:
        if name.startswith("bodies/"):
            number = int(name.removeprefix("bodies/").removesuffix(".jsonl"))
            leaf_at = _leaves_of(bundle, number)
            for index, openings in _body_lines(bundle, number):
                leaf = leaf_at(index)
                opened = {half: check_opening(leaf, half, each) for half, each in openings.items()}
                yield Event(index, parse(leaf).at_ms, opened.get(Half.CORE), opened.get(Half.PII))


def _check_whole_log(
    bundle: SealedBundle, tally: Tally, expected: set[str], old_size: int | None
) -> bytes | None:
    """Recompute every leaf, tile and root; return the root at `old_size`."""
    if bundle.since is not None:
        raise Malformed("a whole log needs no older checkpoint: it can be computed")
    size = bundle.checkpoint.size
    frontier, edge = Frontier(), Edge()
    old_head = frontier.head if old_size == 0 else None
    for number, width in tile_widths(size, 0):
        leaves = parse_entry_bundle(_take(bundle, expected, _tile_name("entries", number, width)))
        if len(leaves) != width:
            raise Malformed(f"entry bundle {number} does not hold {width} entries")
        hashes = [leaf_hash(leaf) for leaf in leaves]
        first = number * TILE_WIDTH
        if old_size is not None and first < old_size <= first + width:
            old_head = frontier.append(hashes[: old_size - first]).head
        frontier = frontier.append(hashes)
        edge, full = edge.append(hashes)
        for offset, leaf in enumerate(leaves):
            tally.add(first + offset, leaf)
        for tile in full:
            _require_same(tile.hashes, bundle, expected, tile.path)
        _check_bodies(bundle, number, dict(enumerate(leaves, first)), tally, expected)
    for tile in edge.partial_tiles:
        _require_same(tile.hashes, bundle, expected, tile.path)
    if frontier.head != bundle.checkpoint.head:
        raise ProofRejected("the entries do not have the root that the log signed")
    return old_head


def _check_selection(bundle: SealedBundle, tally: Tally, expected: set[str]) -> None:
    """Check each event's inclusion, and the path from the older checkpoint if there is one."""
    checkpoint, note = bundle.checkpoint, bundle.note("checkpoint")
    indexes = [_index_of(name) for name in bundle.members if name.startswith("leaves/")]
    if len(indexes) > MAX_SELECTED:
        raise Malformed(f"a selection holds at most {MAX_SELECTED} events")
    chunks: dict[int, dict[int, bytes]] = {}
    for index in indexes:
        leaf = _take(bundle, expected, numbered("leaves", index))
        written = _take(bundle, expected, numbered("proofs", index, ".tlog-proof"))
        proof = TlogProof.parse(written)
        if proof.checkpoint != note or proof.index != index or proof.to_bytes() != written or proof.extra:
            raise ProofRejected(f"the proof of event {index} is for another event or checkpoint")
        check_inclusion(
            proof.path, index=index, size=checkpoint.size, leaf=leaf_hash(leaf), head=checkpoint.head
        )
        tally.add(index, leaf)
        chunks.setdefault(index // TILE_WIDTH, {})[index] = leaf
    for number, leaves in chunks.items():
        _check_bodies(bundle, number, leaves, tally, expected)
    if bundle.since is not None:
        expected.add("since")
        written = _take(bundle, expected, "consistency")
        path = ConsistencyProof.parse(written)
        if (path.old_size, path.checkpoint) != (bundle.since.size, note) or path.to_bytes() != written:
            raise ProofRejected("the consistency proof is between other checkpoints")
        check_consistency(
            path.path,
            old_size=bundle.since.size,
            old_head=bundle.since.head,
            new_size=checkpoint.size,
            new_head=checkpoint.head,
        )


def _check_bodies(
    bundle: SealedBundle, number: int, leaves: Mapping[int, bytes], tally: Tally, expected: set[str]
) -> None:
    name = numbered("bodies", number, ".jsonl")
    if name not in bundle.members:
        return
    expected.add(name)
    last = -1
    for index, openings in _body_lines(bundle, number):
        if index <= last or index not in leaves:
            raise ProofRejected(f"event {index} is disclosed twice, or is not in this bundle")
        for half, opening in openings.items():
            check_opening(leaves[index], half, opening)
            tally.disclosed[half] += 1
        last = index
    if last < 0:
        raise Malformed(f"{name} is empty")


def _body_lines(bundle: SealedBundle, number: int) -> Iterator[tuple[int, dict[Half, bytes]]]:
    lines = bytes(bundle.members[numbered("bodies", number, ".jsonl")]).split(b"\n")
    if lines.pop() != b"":
        raise Malformed("a line of disclosed bodies is cut off")
    for line in lines:
        yield parse_body_line(line)


def _leaves_of(bundle: SealedBundle, number: int) -> Callable[[int], bytes]:
    if bundle.kind is BundleKind.SELECTION:
        return lambda index: bytes(bundle.members[numbered("leaves", index)])
    width = min(TILE_WIDTH, bundle.checkpoint.size - number * TILE_WIDTH)
    leaves = parse_entry_bundle(bytes(bundle.members[_tile_name("entries", number, width)]))
    return lambda index: leaves[index % TILE_WIDTH]


def _tile_name(level: Level, number: int, width: int) -> str:
    return tile_path(level, number, None if width == TILE_WIDTH else width)


def _take(bundle: SealedBundle, expected: set[str], name: str) -> bytes:
    expected.add(name)
    if name not in bundle.members:
        raise Malformed(f"the bundle has no {name}")
    return bytes(bundle.members[name])


def _require_same(built: bytes, bundle: SealedBundle, expected: set[str], name: str) -> None:
    if _take(bundle, expected, name) != built:
        raise ProofRejected(f"{name} is not what the entries hash to")


def _index_of(name: str) -> int:
    digits = name.removeprefix("leaves/")
    if len(digits) != INDEX_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise Malformed(f"not the name of a leaf: {name!r}")
    return int(digits)
