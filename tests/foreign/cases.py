"""What verifiers are asked about a real log, what ours answer, and the same with one thing changed."""

import json
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Literal

from audit.archive import read_archive
from audit.checkpoints import Checkpoint
from audit.errors import EvidenceRefused, ProofRejected
from audit.merkle import check_consistency, check_inclusion, leaf_hash
from audit.notes import Vkey, open_note, split_note
from audit.tiles import TILE_WIDTH, Edge, parse_entry_bundle, tile_path, tile_widths

Kind = Literal["note", "inclusion", "consistency", "tiles"]


@dataclass(frozen=True, slots=True)
class Case:
    """One question. `what` names it when verifiers disagree."""

    what: str
    kind: Kind
    vkey: str
    note: bytes
    older: bytes = b""
    index: int = 0
    leaf: bytes = b""
    path: tuple[bytes, ...] = ()
    folder: Path | None = None

    def asked(self) -> dict[str, Any]:
        """Return the question as the foreign verifiers read it."""
        texts = {"Note": self.note, "Older": self.older, "Leaf": self.leaf}
        return {
            "Kind": self.kind,
            "Vkey": self.vkey,
            "Index": self.index,
            "Path": [b64encode(each).decode() for each in self.path],
            "Folder": str(self.folder or ""),
            **{name: b64encode(content).decode() for name, content in texts.items()},
        }


def answer_of_ours(case: Case) -> str:
    """Return "" if our verifier accepts, else why not."""
    try:
        new = _opened(case.note, case.vkey)
        if case.kind == "inclusion":
            check_inclusion(
                case.path, index=case.index, size=new.size, leaf=leaf_hash(case.leaf), head=new.head
            )
        elif case.kind == "consistency":
            old = _opened(case.older, case.vkey)
            check_consistency(
                case.path, old_size=old.size, old_head=old.head, new_size=new.size, new_head=new.head
            )
        elif case.kind == "tiles":
            assert case.folder is not None
            _audit(case.folder, new)
    except EvidenceRefused as refused:
        return str(refused)
    return ""


def _opened(note: bytes, vkey: str) -> Checkpoint:
    checkpoint = Checkpoint.parse(open_note(note, [Vkey.parse(vkey)]).text)
    if checkpoint.origin != Vkey.parse(vkey).name:
        raise ProofRejected("not a checkpoint of this log")
    return checkpoint


def _audit(folder: Path, signed: Checkpoint) -> None:
    edge = Edge()
    for number, width in tile_widths(signed.size, 0):
        name = tile_path("entries", number, None if width == TILE_WIDTH else width)
        leaves = parse_entry_bundle((folder / name).read_bytes())
        if len(leaves) != width:
            raise ProofRejected("an entry bundle has another number of entries")
        edge, full = edge.append([leaf_hash(leaf) for leaf in leaves])
        for tile in full:
            _require(folder, tile.path, tile.hashes)
    for tile in edge.partial_tiles:
        _require(folder, tile.path, tile.hashes)


def _require(folder: Path, name: str, hashes: bytes) -> None:
    if (folder / name).read_bytes() != hashes:
        raise ProofRejected(f"{name} is not what the entries hash to")


def unpacked(bundle: bytes, folder: Path) -> Path:
    """Lay the members of a bundle out as files."""
    for name, content in read_archive(memoryview(bundle)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def flipped(content: bytes, at: int, bit: int = 0) -> bytes:
    """Return `content` with one bit changed."""
    return content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]


def changed_notes(note: bytes, randomly: Random) -> Iterator[tuple[str, bytes]]:
    """Yield the note with each byte of its text changed, and with changed signatures."""
    text, lines = split_note(note)
    written = text.encode()
    block = "".join(map(str, lines)).encode()
    for at in range(len(written) - 1):
        bit = randomly.randrange(7)
        yield f"text byte {at} bit {bit}", flipped(written, at, bit) + b"\n" + block
    for at in range(len(lines[0].signature)):
        signature = flipped(lines[0].signature, at, randomly.randrange(8))
        changed = str(replace(lines[0], signature=signature)).encode()
        yield f"signature byte {at}", written + b"\n" + changed
    origin, size, root, *_ = text.split("\n")
    for other in (int(size) + 1, int(size) - 1):
        yield f"size {other}", f"{origin}\n{other}\n{root}\n\n".encode() + block
    yield "no signature", written + b"\n"


def changed_paths(path: tuple[bytes, ...], randomly: Random) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    """Yield the path with each of its hashes changed, and shorter and longer ones."""
    for at, each in enumerate(path):
        other = flipped(each, randomly.randrange(32), randomly.randrange(8))
        yield f"hash {at}", (*path[:at], other, *path[at + 1 :])
    if path:
        yield "first hash missing", path[1:]
        yield "last hash missing", path[:-1]
    yield "a hash more", (*path, randomly.randbytes(32))


def mutants(case: Case, randomly: Random) -> list[Case]:
    """Return the case with one thing changed, each time another, so that nobody may accept it."""
    found = [
        replace(case, what=f"{case.what}, {what}", note=note)
        for what, note in changed_notes(case.note, randomly)
    ]
    if case.kind in ("inclusion", "consistency"):
        found += [
            replace(case, what=f"{case.what}, {what}", path=path)
            for what, path in changed_paths(case.path, randomly)
        ]
    if case.kind == "inclusion":
        for at in range(len(case.leaf)):
            leaf = flipped(case.leaf, at, randomly.randrange(8))
            found.append(replace(case, what=f"{case.what}, leaf byte {at}", leaf=leaf))
        for index in (case.index + 1, case.index - 1, 2**40):
            if index >= 0:
                found.append(replace(case, what=f"{case.what}, index {index}", index=index))
    if case.kind == "consistency":
        found.append(replace(case, what=f"{case.what}, swapped", note=case.older, older=case.note))
        found += [
            replace(case, what=f"{case.what}, older {what}", older=note)
            for what, note in changed_notes(case.older, randomly)
        ]
    return found


def asked_of(command: list[str], cases: list[Case]) -> list[str]:
    """Ask a foreign verifier all of them at once; return "" for each accepted one, else why not."""
    done = subprocess.run(
        command,
        input=json.dumps([case.asked() for case in cases]).encode(),
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    answers: list[str] = json.loads(done.stdout)
    assert len(answers) == len(cases)
    return answers
