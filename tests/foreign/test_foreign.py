"""Bundles of the real application under verifiers by other people: none disagrees, each refuses every mutant."""

import shutil
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from audit.archive import read_archive
from audit.merkle import consistency_path, inclusion_path, leaf_hash
from audit.pins import Pin
from audit.tiles import parse_entry_bundle
from tests.foreign import installing
from tests.foreign.cases import Case, answer_of_ours, asked_of, flipped, mutants, unpacked
from tests.stack import Stack

SIZES = (11, 12, 16, 17, 31, 33, 64, 100, 255, 256, 257, 300, 511, 512, 513)
SINCE = (12, 64, 256, 511)
WHOLE = (17, 100, 257)
"""Sizes at which the whole log is exported too; the export itself is an event, so the next size is two away or more."""

HERE = Path(__file__).parent
SEED = 20_261_126


@dataclass(frozen=True)
class Log:
    """What the application exported: each signed size's note, the leaves, and whole logs as folders."""

    vkey: str
    notes: dict[int, bytes]
    leaves: list[bytes]
    proven: list[Case]
    folders: dict[int, Path]

    def inclusion(self, size: int, index: int) -> Case:
        hashes = [leaf_hash(leaf) for leaf in self.leaves[:size]]
        path = tuple(inclusion_path(hashes, index))
        return Case(
            f"leaf {index} of {size}", "inclusion", self.vkey, self.notes[size],
            index=index, leaf=self.leaves[index], path=path,
        )  # fmt: skip

    def consistency(self, old: int, new: int) -> Case:
        path = tuple(consistency_path([leaf_hash(leaf) for leaf in self.leaves[:new]], old))
        return Case(
            f"{old} to {new}", "consistency", self.vkey, self.notes[new], older=self.notes[old], path=path
        )

    def tiles(self, size: int, folder: Path | None = None) -> Case:
        folder = folder or self.folders[size]
        return Case(f"tiles of {size}", "tiles", self.vkey, self.notes[size], folder=folder)

    def of_kind(self, kind: str) -> list[Case]:
        """Return the good questions of one kind, over all sizes."""
        match kind:
            case "note":
                return [Case(f"note of {size}", "note", self.vkey, note) for size, note in self.notes.items()]
            case "inclusion":
                made = [
                    self.inclusion(size, index)
                    for size in SIZES
                    for index in sorted({0, 1, size // 2, size - 2, size - 1, size * 2 // 3})
                ]
                return made + [each for each in self.proven if each.kind == "inclusion"]
            case "consistency":
                made = [self.consistency(old, new) for new in SIZES for old in SIZES if old < new]
                return made + [each for each in self.proven if each.kind == "consistency"]
            case _:
                return [self.tiles(size) for size in self.folders]


@pytest.fixture(scope="module")
def log(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Log:
    """One log of the real application, signed at each of `SIZES`, exported whole and in part."""
    from tests.audit.logkeeping import Keeper
    from tests.audit.test_reading import take_bundle, take_pin
    from tests.audit.test_serving import grow_to
    from tests.world import new_workspace

    workspace, folder = new_workspace("Foreign"), tmp_path_factory.mktemp("foreign")
    folders: dict[int, Path] = {}
    with Keeper(stack, shared=True) as keeper:
        for size in SIZES:
            grow_to(keeper, workspace, size)
            if size in WHOLE:
                folders[size] = unpacked(take_bundle(workspace), folder / str(size))
        last = SIZES[-1]
        folders[last] = unpacked(take_bundle(workspace), folder / str(last))
        since = {size: dict(read_archive(memoryview(take_bundle(workspace, size)))) for size in SINCE}
        notes = {size: note for size, note in keeper.checkpoints(workspace).items() if size in SIZES}
        (key,) = Pin.parse(take_pin(workspace)).policy.logs
    exported = {size: bytes(members["since"]) for size, members in since.items()}
    exported |= {size: (folders[size] / "checkpoint").read_bytes() for size in folders}
    assert exported.items() <= notes.items()
    bundles = sorted(path for path in (folders[last] / "tile" / "entries").rglob("*") if path.is_file())
    leaves = [leaf for path in bundles for leaf in parse_entry_bundle(path.read_bytes())]
    assert len(leaves) == last
    proven = [case for size, members in since.items() for case in _proven(str(key.vkey), size, members)]
    return Log(str(key.vkey), notes, leaves, proven, folders)


def _proven(vkey: str, since: int, members: dict[str, memoryview]) -> list[Case]:
    """Return the questions that a bundle answers by itself: its growth, and some of its events."""
    from audit.proofs import ConsistencyProof, TlogProof

    note = bytes(members["checkpoint"])
    growth = ConsistencyProof.parse(bytes(members["consistency"]))
    older = bytes(members["since"])
    cases = [
        Case(f"bundle since {since}", "consistency", vkey, growth.checkpoint, older=older, path=growth.path)
    ]
    assert growth.checkpoint == note
    names = [name for name in members if name.startswith("proofs/")]
    for name in Random(since).sample(names, min(20, len(names))):
        proof = TlogProof.parse(bytes(members[name]))
        leaf = bytes(members[name.replace("proofs/", "leaves/").removesuffix(".tlog-proof")])
        cases.append(
            Case(f"bundle since {since}, {name}", "inclusion", vkey, proof.checkpoint,
                 index=proof.index, leaf=leaf, path=proof.path)
        )  # fmt: skip
    return cases


def x_mod() -> list[str]:
    return [str(installing.go_verifier())]


def sigstore() -> list[str]:
    node, folder = installing.npm_verifier()
    return [str(node), str(HERE / "sigstore.mjs"), str(folder)]


def tlog_scales() -> list[str]:
    return [str(installing.python_verifiers()), "-I", str(HERE / "with_tlog_scales.py")]


def metamorphic_log() -> list[str]:
    return [str(installing.python_verifiers()), "-I", str(HERE / "with_metamorphic_log.py")]


CHECKED: dict[Callable[[], list[str]], tuple[str, ...]] = {
    x_mod: ("note", "inclusion", "consistency", "tiles"),
    tlog_scales: ("note", "inclusion", "consistency", "tiles"),
    metamorphic_log: ("note", "inclusion", "consistency"),
    sigstore: ("note", "inclusion"),
}
"""Each foreign verifier, and what it can check."""

every_verifier = pytest.mark.parametrize("verifier", CHECKED, ids=lambda each: each.__name__)


def command_of(verifier: Callable[[], list[str]]) -> list[str]:
    try:
        return verifier()
    except installing.Unavailable as reason:
        pytest.skip(f"NOT CHECKED by {verifier.__name__}: {reason}")


@every_verifier
def test_every_proof_of_every_size_is_accepted(verifier: Callable[[], list[str]], log: Log) -> None:
    command = command_of(verifier)
    cases = [case for kind in CHECKED[verifier] for case in log.of_kind(kind)]
    assert [(case.what, why) for case in cases if (why := answer_of_ours(case))] == []
    answers = asked_of(command, cases)
    assert [(case.what, why) for case, why in zip(cases, answers, strict=True) if why] == []
    print(f"{verifier.__name__}: {len(cases)} questions over {len(SIZES)} sizes, 0 disagreements")


def says_the_same(case: Case, good: list[Case]) -> bool:
    """Say whether notes were changed, and say the same to a lenient reader.

    tlog-scales ends lines where `splitlines` does, takes base64 that is not canonical, and verifies the checkpoint
    that it so read, not its bytes: the one leniency seen.
    """

    def read(note: bytes) -> tuple[str, int, bytes, list[str]]:
        lines = note.decode().splitlines()
        return lines[0], int(lines[1]), b64decode(lines[2]), lines[4:]

    if any((case.note, case.older) == (each.note, each.older) for each in good):
        return False
    return any(
        read(case.note) == read(each.note)
        and (
            case.older == each.older
            or (case.older != b"" != each.older and read(case.older) == read(each.older))
        )
        for each in good
    )


@every_verifier
def test_every_mutant_is_refused(verifier: Callable[[], list[str]], log: Log) -> None:
    command, randomly = command_of(verifier), Random(SEED)
    good = [log.inclusion(300, 259), log.inclusion(17, 16), log.inclusion(513, 0)]
    if "consistency" in CHECKED[verifier]:
        good += [log.consistency(17, 300), log.consistency(256, 513)]
    cases = [mutant for case in good for mutant in mutants(case, randomly)]
    assert len(cases) > 900
    assert [case.what for case in cases if not answer_of_ours(case)] == []
    answers = asked_of(command, cases)
    accepted = [case for case, why in zip(cases, answers, strict=True) if not why]
    if verifier is tlog_scales:
        accepted = [case for case in accepted if not says_the_same(case, good)]
    assert [case.what for case in accepted] == [], f"seed {SEED}"
    refused = sum(1 for why in answers if why)
    print(
        f"{verifier.__name__}: {refused} of {len(cases)} mutants refused, seed {SEED}; the others say the same"
    )


@pytest.mark.parametrize("verifier", [x_mod, tlog_scales], ids=lambda each: each.__name__)
def test_a_bit_flipped_in_any_tile_or_entry_bundle_is_found(
    verifier: Callable[[], list[str]], log: Log, tmp_path: Path
) -> None:
    command, randomly = command_of(verifier), Random(SEED)
    cases = []
    for name in sorted(path.relative_to(log.folders[257]) for path in log.folders[257].rglob("tile/*/*")):
        source = log.folders[257] / name
        files = [source] if source.is_file() else sorted(source.iterdir())
        for path in files:
            for trial in range(8):
                folder = tmp_path / str(len(cases))
                shutil.copytree(log.folders[257] / "tile", folder / "tile")
                content = path.read_bytes()
                at, bit = randomly.randrange(len(content)), randomly.randrange(8)
                inner = path.relative_to(log.folders[257])
                (folder / inner).write_bytes(flipped(content, at, bit))
                case = log.tiles(257, folder)
                cases.append(Case(f"{inner} byte {at} bit {bit} trial {trial}", "tiles", case.vkey, case.note,
                                  folder=folder))  # fmt: skip
    # 000 and 001.p/1 of the entries and of level 0, and one tile above them.
    assert len(cases) == 5 * 8
    assert [case.what for case in cases if not answer_of_ours(case)] == []
    answers = asked_of(command, cases)
    assert [case.what for case, why in zip(cases, answers, strict=True) if not why] == [], f"seed {SEED}"
