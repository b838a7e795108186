"""Proof bundles: what a customer takes away to verify without us, as one canonical zip.

    README.txt, manifest.json                built from the rest; a verifier builds them again
    policy, checkpoint                       tlog-policy text; signed checkpoint
    bodies/<N>.jsonl                         openings of the disclosed events N*256 to N*256+255
    tile/<L>/…, tile/entries/…               whole log: every tile and entry bundle (tlog-tiles)
    leaves/<index>, proofs/<index>.tlog-proof   selection: each event's leaf and tlog-proof
    since, consistency                       selection: an older checkpoint and the proof from it
    timestamps/<N>.…                         RFC 3161 time-stamps, and what leads from each to the log (`audit.stamped`)
    verify.html, verify.py                   the verifiers, which nothing proves but their digests in the manifest
    witnessed.…                              what witnesses know of the log (`audit.watched`)

Size and root are stated by the checkpoint alone. Numbers in names have 12 digits.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

from audit.archive import ArchiveWriter, BundleTooLarge
from audit.checkpoints import Checkpoint
from audit.encoding import parse_hash, parse_utf8, to_base64
from audit.errors import Malformed, ProofRejected
from audit.frontier import Frontier
from audit.leaf import (
    SALT_BYTES,
    Half,
    canonical_json,
    check_opening,
    parse_canonical_json,
)
from audit.manifest import NOTHING, Brought, BundleKind, Tally, manifest, readme
from audit.merkle import check_consistency, check_inclusion, leaf_hash
from audit.notes import open_note
from audit.policy import Policy
from audit.proofs import ConsistencyProof, TlogProof
from audit.stamped import Stamped, opened_in
from audit.tiles import TILE_WIDTH, Edge, build_entry_bundle, tile_path
from audit.watched import GROWTH, PROOF, Watched, known_to_witnesses, require_all_lines_known

MAX_SELECTED = 30_000
INDEX_DIGITS = 12
SPOOL_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One event to export: its leaf, and the openings (salt || JSON) of what may be disclosed.

    `path` is the inclusion path under the bundle's checkpoint; a whole log needs none.
    """

    index: int
    leaf: bytes
    core: bytes | None = field(default=None, repr=False)
    pii: bytes | None = field(default=None, repr=False)
    path: tuple[bytes, ...] = ()

    @property
    def openings(self) -> dict[Half, bytes]:
        """The halves that are disclosed."""
        both = {Half.CORE: self.core, Half.PII: self.pii}
        return {half: opening for half, opening in both.items() if opening is not None}


def write_whole_log(
    out: BinaryIO,
    *,
    policy: str,
    checkpoint: bytes,
    entries: Iterable[Entry],
    brought: Brought = NOTHING,
    watched: Watched | None = None,
    stamped: Sequence[Stamped] = (),
) -> None:
    """Write the bundle of a whole log: every entry below the checkpoint's size, in order.

    A pin of any smaller size can be checked against the bundle.
    Uses memory for 256 entries at a time. Raises `ProofRejected` if the entries do not have
    the checkpoint's root, `BundleTooLarge`, or what `Policy` raises for the checkpoint;
    nothing is complete in `out` then.
    """
    signed = open_ours(policy, checkpoint)
    known = known_to_witnesses(watched, policy, checkpoint)
    stamps = opened_in(stamped, policy, checkpoint)
    tally, frontier, edge = Tally(), Frontier(), Edge()
    archive = ArchiveWriter(out)
    archive.add("README.txt", readme(BundleKind.WHOLE_LOG, signed, brought, known, stamps))
    with _Spool() as spool:
        for number, chunk in in_chunks(entries):
            if chunk[0].index != frontier.size or len(chunk) != chunk[-1].index - chunk[0].index + 1:
                raise ProofRejected("the entries of a whole log have no gap")
            hashes = [leaf_hash(entry.leaf) for entry in chunk]
            frontier = frontier.append(hashes)
            edge, full = edge.append(hashes)
            add_bodies(archive, number, chunk, tally)
            width = None if len(chunk) == TILE_WIDTH else len(chunk)
            spool.put(tile_path("entries", number, width), build_entry_bundle([each.leaf for each in chunk]))
            for tile in full:
                spool.put(tile.path, tile.hashes)
        if (frontier.size, frontier.head) != (signed.size, signed.head):
            raise ProofRejected("the entries do not have the size and root of the checkpoint")
        for tile in edge.partial_tiles:
            spool.put(tile.path, tile.hashes)
        archive.add("checkpoint", checkpoint)
        archive.add(
            "manifest.json",
            manifest(
                BundleKind.WHOLE_LOG, signed, policy, tally, brought=brought, known=known, stamps=stamps
            ),
        )
        archive.add("policy", policy.encode())
        for name, content in spool.sorted():
            archive.add(name, content)
        add_stamps(archive, stamped)
        for name, content in brought.members.items():
            archive.add(name, content)
        add_watched(archive, watched)
        archive.close()


def write_selection(
    out: BinaryIO,
    *,
    policy: str,
    checkpoint: bytes,
    entries: Iterable[Entry],
    since: bytes | None = None,
    consistency: Sequence[bytes] = (),
    brought: Brought = NOTHING,
    watched: Watched | None = None,
    stamped: Sequence[Stamped] = (),
) -> None:
    """Write the bundle of chosen events, in ascending order, each with its inclusion path.

    `since` is the log's signed checkpoint of the size that the reader has pinned, and
    `consistency` the path from it to `checkpoint`; without it only a pin of this checkpoint's
    size, or of the empty log, anchors the bundle. Raises as `write_whole_log` does.
    """
    signed = open_ours(policy, checkpoint)
    known = known_to_witnesses(watched, policy, checkpoint)
    stamps = opened_in(stamped, policy, checkpoint)
    since_size = check_growth(policy, since, consistency, signed)
    tally = Tally()
    archive = ArchiveWriter(out)
    archive.add("README.txt", readme(BundleKind.SELECTION, signed, brought, known, stamps))
    with _Spool() as spool:
        for number, chunk in in_chunks(entries):
            add_bodies(archive, number, chunk, tally)
            if tally.count > MAX_SELECTED:
                raise BundleTooLarge(f"a selection holds at most {MAX_SELECTED} events; take the whole log")
            for entry in chunk:
                proof = checked_proof(entry, checkpoint, signed)
                spool.put(numbered("leaves", entry.index), entry.leaf)
                spool.put(numbered("proofs", entry.index, ".tlog-proof"), proof.to_bytes())
        archive.add("checkpoint", checkpoint)
        if since is not None:
            body = ConsistencyProof(since_size, tuple(consistency), checkpoint)
            archive.add("consistency", body.to_bytes())
        members = list(spool.names())
        for name in members:
            if name.startswith("leaves/"):
                archive.add(name, spool.get(name))
        archive.add(
            "manifest.json",
            manifest(BundleKind.SELECTION, signed, policy, tally, since_size, brought, known, stamps),
        )
        archive.add("policy", policy.encode())
        for name in members:
            if name.startswith("proofs/"):
                archive.add(name, spool.get(name))
        if since is not None:
            archive.add("since", since)
        add_stamps(archive, stamped)
        for name, content in brought.members.items():
            archive.add(name, content)
        add_watched(archive, watched)
        archive.close()


def check_growth(policy: str, since: bytes | None, consistency: Sequence[bytes], signed: Checkpoint) -> int:
    """Return the size of the older checkpoint, 0 without one. Raises `ProofRejected`, or what its note raises."""
    if since is None:
        return 0
    old = Checkpoint.parse(require_all_lines_known(open_note(since, Policy.parse(policy).vkeys)).text)
    check_consistency(
        consistency, old_size=old.size, old_head=old.head, new_size=signed.size, new_head=signed.head
    )
    return old.size


def checked_proof(entry: Entry, checkpoint: bytes, signed: Checkpoint) -> TlogProof:
    """Return an event's proof under `checkpoint`, whose text is `signed`. Raises `ProofRejected`."""
    proof = TlogProof(entry.index, entry.path, checkpoint)
    check_inclusion(
        proof.path, index=entry.index, size=signed.size, leaf=leaf_hash(entry.leaf), head=signed.head
    )
    return proof


def numbered(folder: str, number: int, suffix: str = "") -> str:
    """Name a member by a number of 12 digits, so that order of names is order of numbers."""
    if not 0 <= number < 10**INDEX_DIGITS:
        raise Malformed(f"a bundle cannot hold event {number}")
    return f"{folder}/{number:0{INDEX_DIGITS}d}{suffix}"


def body_line(entry: Entry) -> bytes:
    """Return the line that discloses what may be disclosed of `entry`."""
    line: dict[str, object] = {"index": entry.index}
    for half, opening in entry.openings.items():
        line[half] = {"salt": to_base64(opening[:SALT_BYTES]), "text": parse_utf8(opening[SALT_BYTES:])}
    return canonical_json(line) + b"\n"


def parse_body_line(line: bytes) -> tuple[int, dict[Half, bytes]]:
    """Return the index and the openings of one line (without its line feed); raises `Malformed`."""
    stated = parse_canonical_json(line)
    index = stated.pop("index", None)
    if not isinstance(index, int) or isinstance(index, bool) or not stated:
        raise Malformed("a disclosed body names its event and something about it")
    openings: dict[Half, bytes] = {}
    for half, content in stated.items():
        match content:
            case {"salt": str(salt), "text": str(text), **rest} if half in set(Half) and not rest:
                openings[Half(half)] = parse_hash(salt) + text.encode()
            case _:
                raise Malformed("a disclosed body has a shape not known here")
    return index, openings


def add_stamps(archive: ArchiveWriter, stamped: Iterable[Stamped]) -> None:
    """Append the time-stamps, in the order in which they were made."""
    for each in stamped:
        for name, content in each.members().items():
            archive.add(name, content)


def add_watched(archive: ArchiveWriter, watched: Watched | None) -> None:
    """Append what witnesses know, if anything."""
    if watched is not None:
        archive.add(GROWTH, watched.growth)
        archive.add(PROOF, watched.proof)


def open_ours(policy: str, checkpoint: bytes) -> Checkpoint:
    """Return the checkpoint that a bundle is made under. Raises what `Policy` raises for it."""
    signed = Policy.parse(policy).open_checkpoint(checkpoint)
    require_all_lines_known(signed.note)
    return signed.checkpoint


def in_chunks(entries: Iterable[Entry]) -> Iterator[tuple[int, list[Entry]]]:
    """Yield the entries by 256, as the tiles are cut; their indexes ascend."""
    for number, chunk in groupby(entries, key=lambda entry: entry.index // TILE_WIDTH):
        yield number, list(chunk)


def add_bodies(archive: ArchiveWriter, number: int, chunk: list[Entry], tally: Tally) -> None:
    """Append what is disclosed of one chunk, and count it. Raises `ProofRejected` for another order or opening."""
    lines: list[bytes] = []
    for entry in chunk:
        if tally.last is not None and entry.index <= tally.last:
            raise ProofRejected("the entries of a bundle are not in ascending order")
        tally.add(entry.index, entry.leaf)
        for half, opening in entry.openings.items():
            check_opening(entry.leaf, half, opening)
            tally.disclosed[half] += 1
        if entry.openings:
            lines.append(body_line(entry))
    if lines:
        # Straight to the stream: what is disclosed is never spooled to a disk in the clear.
        archive.add(numbered("bodies", number, ".jsonl"), b"".join(lines))


class _Spool:
    """Keeps members that tell nothing of a person (hashes, leaves) until their turn comes."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - closed by __exit__
        self._places: dict[str, tuple[int, int]] = {}

    def __enter__(self) -> "_Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, name: str, content: bytes) -> None:
        self._places[name] = (self._file.tell(), len(content))
        self._file.write(content)

    def names(self) -> list[str]:
        return sorted(self._places)

    def get(self, name: str) -> bytes:
        start, length = self._places[name]
        self._file.seek(start)
        return self._file.read(length)

    def sorted(self) -> Iterator[tuple[str, bytes]]:
        for name in self.names():
            yield name, self.get(name)
