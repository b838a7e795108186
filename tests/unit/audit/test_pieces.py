"""The verifier on single pieces: proofs, growth, notes, the state that moves forward, and who was sent an item."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from audit import leaf
from audit.checkpoints import Checkpoint
from audit.encoding import to_base64
from audit.merkle import consistency_path, inclusion_path, leaf_hash, tree_head
from audit.notes import sign_note
from audit.pins import Pin
from audit.proofs import ConsistencyProof, TlogProof
from audit.subjects import is_about
from audit.verify import state as state_module
from audit.verify.__main__ import main
from audit.verify.state import advance
from tests.unit.audit.making import FORGER, MadeLog, Signer

MADE = MadeLog(9)
FORK = MADE.forked(9, at=3)
ITEM = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
OTHER = UUID("01890a5d-ac96-774b-bcce-b302099a8058")


def proof(log: MadeLog = MADE, index: int = 4, *, extra: bool = True) -> bytes:
    path = tuple(inclusion_path(log.hashes, index))
    return TlogProof(index, path, log.checkpoint(), log.leaves[index].encoded if extra else None).to_bytes()


def growth(log: MadeLog = MADE, old: int = 5) -> bytes:
    return ConsistencyProof(old, tuple(consistency_path(log.hashes, old)), log.checkpoint()).to_bytes()


class Desk:
    """A customer's folder, and the verifier run in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys

    def put(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return str(self.folder / name)

    def run(self, *arguments: str) -> tuple[int, str]:
        code = main(arguments)
        return code, self._capsys.readouterr().out


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("kind", "data"), [("proof", proof()), ("consistency", growth()), ("note", MADE.checkpoint())]
)
def test_a_piece_is_good_under_its_pin_and_no_flipped_bit_of_it_is(
    desk: Desk, kind: str, data: bytes
) -> None:
    pin, file = desk.put("pin", MADE.pin(5)), desk.put("file", data)
    code, said = desk.run(kind, file, "--pin", pin)
    assert (code, said.startswith("GOOD")) == (0, True)
    assert "That everything that happened was logged." in said
    assert desk.run(kind, file)[0] == 4
    for at in range(len(data)):
        code, said = desk.run(kind, desk.put("file", flipped(data, at)), "--pin", pin)
        # "old 5" with its digit flipped is a proof from another size: nothing for this pin, and never good.
        old_size = kind == "consistency" and at == len("old ")
        assert code in ((4,) if old_size else (1, 2)), (at, said)


@pytest.mark.parametrize("kind", ["proof", "consistency", "note"])
def test_another_key_under_the_same_name_is_refused(desk: Desk, kind: str) -> None:
    forged = MadeLog(9, signer=FORGER)
    data = {"proof": proof(forged), "consistency": growth(forged), "note": forged.checkpoint()}[kind]
    assert desk.run(kind, desk.put("f", data), "--pin", desk.put("pin", MADE.pin(5)))[0] == 1


@pytest.mark.parametrize("kind", ["proof", "consistency", "note"])
def test_two_roots_of_one_size_are_kept_as_evidence(desk: Desk, kind: str) -> None:
    data = {"proof": proof(FORK), "consistency": growth(FORK), "note": FORK.checkpoint()}[kind]
    evidence = desk.folder / "evidence"
    code, said = desk.run(
        kind, desk.put("f", data), "--pin", desk.put("pin", MADE.pin()), "--evidence", str(evidence)
    )
    assert (code, said.startswith("EQUIVOCATION")) == (3, True)
    kept = {each.read_bytes() for each in evidence.iterdir()}
    assert kept == {MADE.checkpoint(), FORK.checkpoint()}


def test_a_proof_is_held_against_the_receipt_and_the_leaf_that_are_given(desk: Desk) -> None:
    pin = desk.put("pin", MADE.pin())
    bare, leaf_file = desk.put("bare", proof(extra=False)), desk.put("leaf", MADE.leaves[4].encoded)
    assert desk.run("proof", bare, "--pin", pin)[0] == 2
    assert desk.run("proof", bare, "--pin", pin, "--leaf", leaf_file)[0] == 0
    assert desk.run("proof", bare, "--pin", pin, "--leaf", desk.put("l", MADE.leaves[5].encoded))[0] == 1
    file = desk.put("f", proof())
    for index, code in ((4, 0), (5, 1)):
        receipt = f"{ITEM};{to_base64(leaf_hash(MADE.leaves[index].encoded))}"
        assert desk.run("proof", file, "--pin", pin, "--receipt", receipt)[0] == code
    with pytest.raises(SystemExit, match="2"):
        desk.run("proof", file, "--receipt", "nothing")


def test_growth_from_another_size_than_the_pins_proves_nothing_here(desk: Desk) -> None:
    code, said = desk.run("consistency", desk.put("f", growth(old=4)), "--pin", desk.put("pin", MADE.pin(5)))
    assert (code, "ask for old=5" in said) == (4, True)
    # The fork agrees on three events only: a path from its five is no path from ours.
    assert (
        desk.run("consistency", desk.put("f", growth(FORK, 5)), "--pin", desk.put("p", MADE.pin(5)))[0] == 1
    )


@pytest.mark.parametrize(
    ("kind", "data", "code", "size"),
    [
        ("bundle", MADE.whole(), 0, 9),
        ("full", MADE.whole(), 0, 9),
        ("full", MADE.selection([2], since=5), 2, 5),
        ("bundle", MADE.selection([2], since=5), 0, 9),
        ("bundle", MADE.selection([2], since=4), 4, 5),
        ("bundle", FORK.whole(), 3, 5),
        ("bundle", flipped(MADE.whole(), 90), 2, 5),
        ("consistency", growth(), 0, 9),
        ("consistency", growth(old=4), 4, 5),
        ("proof", proof(), 0, 5),
        ("note", MADE.checkpoint(), 0, 5),
    ],
)
def test_the_state_moves_forward_when_growth_was_proven_and_never_otherwise(
    desk: Desk, kind: str, data: bytes, code: int, size: int
) -> None:
    state = desk.put("state", MADE.pin(5))
    assert desk.run(kind, desk.put("f", data), "--state", state, "--evidence", str(desk.folder))[0] == code
    kept = Path(state).read_bytes()
    assert kept == MADE.pin(size)
    assert not (desk.folder / "state.new").exists()
    # The advanced state is a pin by which an older bundle does not set anything back.
    assert desk.run("bundle", desk.put("old", MADE.selection([1], since=5)), "--state", state)[0] in (0, 4)
    assert Pin.parse(Path(state).read_bytes()).signed.checkpoint.size >= size


def test_a_run_that_was_overtaken_leaves_the_state_alone(desk: Desk) -> None:
    state = Path(desk.put("state", MADE.pin(5)))
    judged_by = Pin.parse(state.read_bytes())
    state.write_bytes(MADE.pin(8))
    assert advance(state, judged_by=judged_by, checkpoint=MADE.checkpoint(9)) is False
    assert state.read_bytes() == MADE.pin(8)
    (desk.folder / "state.new").write_bytes(b"")
    code, said = desk.run("bundle", desk.put("b", MADE.whole()), "--state", str(state))
    assert (code, "state.new" in said) == (2, True)
    assert state.read_bytes() == MADE.pin(8)


def test_a_crash_while_the_state_is_written_leaves_the_old_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = Path(desk.put("state", MADE.pin(5)))

    def crash(file: object, content: bytes) -> None:
        file.write(content[:10])  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(state_module, "_write", crash)
        assert desk.run("bundle", desk.put("b", MADE.whole()), "--state", str(state))[0] == 2
    assert state.read_bytes() == MADE.pin(5)
    assert desk.run("bundle", desk.put("b", MADE.whole()), "--state", str(state))[0] == 0
    assert state.read_bytes() == MADE.pin(9)


class Told(MadeLog):
    """A log whose first events tell of deliveries."""

    def __init__(self, *told: tuple[dict[str, object], str]) -> None:
        super().__init__(0)
        for n, (core, who) in enumerate(told):
            self.leaves.append(leaf.build(core, {"actor": who, "role": "labeler"}, 1_700_000_000_000 + n))


def sent(verb: str, who: str, *objects: UUID) -> tuple[dict[str, object], str]:
    core: dict[str, object] = {
        "verb": verb,
        "detail": {"objects": [[str(each), "digest"] for each in objects]},
    }
    if len(objects) == 1:
        core["object"] = str(objects[0])
    return core, who


TOLD = Told(
    sent("task.delivered", "ann", ITEM),
    sent("task.delivered", "bob", OTHER, ITEM),
    sent("item.delivered", "carl", ITEM),
    sent("task.delivered", "dora", OTHER),
    sent("task.released", "emil", ITEM),
)


def test_a_whole_bundle_tells_who_was_sent_an_item_alone_or_in_a_batch(desk: Desk) -> None:
    pin, bundle = desk.put("pin", TOLD.pin(1)), desk.put("b", TOLD.whole())
    code, said = desk.run(bundle, "--pin", pin, "--item", str(ITEM))
    assert code == 0
    # MadeLog.whole() leaves every third event closed, so carl's delivery is not disclosed: it says so.
    assert "2 deliveries, to 2 people" in said
    assert "ann as labeler" in said
    assert "bob as labeler" in said
    assert "dora" not in said.partition("Who was sent")[2]
    assert "What happened in 1 more events is not disclosed" in said
    listed = json.loads(desk.run(bundle, "--pin", pin, "--item", str(ITEM), "--json")[1])["item"]
    assert [(each["index"], each["actor"]) for each in listed["deliveries"]] == [(0, "ann"), (1, "bob")]
    assert listed["undisclosed"] == 1


def test_a_selection_says_that_these_happened_and_not_that_only_these_did(desk: Desk) -> None:
    code, said = desk.run(
        desk.put("b", TOLD.selection([0, 2])), "--pin", desk.put("p", TOLD.pin()), "--item", str(ITEM)
    )
    assert code == 0
    assert "2 deliveries" in said
    assert "These happened. This bundle does not show that only these did" in said


def test_what_an_event_is_about_is_its_object_and_whatever_its_detail_names() -> None:
    item = str(ITEM)
    for core in (
        {"object": item},
        {"detail": {"task": item}},
        {"detail": {"objects": [["x", "y"], [item, "z"]]}},
        {"detail": {"a": {"b": [{"c": item}]}}},
    ):
        assert is_about(core, {item})
    for core in (
        {},
        {"event": item},
        {"object": str(OTHER)},
        {"detail": {item: "x"}},
        {"detail": {"n": 3, "o": None}},
    ):
        assert not is_about(core, {item})


def below(log: MadeLog = MADE, *, index: int = 2) -> bytes:
    """Return the proof that a log's checkpoint stands in a meta-log."""
    leaves = [b"0", b"1", log.checkpoint(), b"3", b"4"]
    hashes = [leaf_hash(each) for each in leaves]
    name = "audit.example.com/meta"
    text = Checkpoint(name, len(hashes), tree_head(hashes)).text
    note = sign_note(text, [Signer(name, b"\x07" * 32)])
    return TlogProof(index, tuple(inclusion_path(hashes, index)), note, log.checkpoint()).to_bytes()


def test_a_checkpoint_of_the_log_below_another_log_is_good_and_says_what_is_not_checked(desk: Desk) -> None:
    pin, file = desk.put("pin", MADE.pin(5)), desk.put("file", below())
    code, said = desk.run("proof", file, "--pin", pin)
    assert (code, said.startswith("GOOD")) == (0, True)
    assert "at index 2 below a checkpoint of 5 leaves of audit.example.com/meta" in said
    assert "openssl ts -verify" in said
    assert "That this tree and the one in your pin (5 events) are of one history" in said
    assert desk.run("proof", file)[0] == 4
    for wrong in (below(index=1), below(MadeLog(9, signer=FORGER))):
        assert desk.run("proof", desk.put("file", wrong), "--pin", pin)[0] == 1
    assert desk.run("proof", desk.put("file", below(FORK)), "--pin", desk.put("pin", MADE.pin()))[0] == 3


def test_of_a_proof_below_another_log_each_bit_counts_but_the_other_logs_own_name_and_signature(
    desk: Desk,
) -> None:
    pin, data = desk.put("pin", MADE.pin(5)), below()
    unjudged = data.index(b"audit.example.com/meta"), data.index(b"\n5\n")
    signed = data.index("\u2014 audit.example.com/meta".encode())
    for at in range(len(data)):
        code, said = desk.run("proof", desk.put("file", flipped(data, at)), "--pin", pin)
        if unjudged[0] <= at < unjudged[1] or at >= signed:
            assert code in (0, 1, 2), said
        else:
            assert code in (1, 2), (at, said)
