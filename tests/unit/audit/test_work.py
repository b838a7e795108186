"""Work receipts: what the leaf commits to, and what the offline verifier says of files that were tampered with."""

import hashlib
import json
from pathlib import Path
from uuid import UUID

import pytest

from audit.checkpoints import Checkpoint
from audit.encoding import to_base64
from audit.errors import Equivocation, EvidenceRefused, Malformed, NoteRejected, ProofRejected
from audit.leaf import canonical_json
from audit.merkle import inclusion_path, leaf_hash, tree_head
from audit.notes import sign_note
from audit.pins import Pin, write_pin
from audit.proofs import TlogProof
from audit.verify.__main__ import main
from audit.verify.judge import Verdict
from audit.verify.work import judge_work
from audit.work import LONGEST_MS, Part, WorkLeaf, WorkReceipt, _commit, build_leaf, open_person, open_work
from tests.stack import REPO
from tests.unit.audit.making import FORGER, LOG, Signer

ANN, BOB = UUID(int=1), UUID(int=2)
ANSWER = hashlib.sha256(b'{"answer":{"mood":"glad"}}').digest()


def made(n: int, person: UUID = ANN) -> WorkLeaf:
    return build_leaf(
        entry=UUID(int=100 + n), answer=ANSWER, active_ms=1000 + n, person=person, at_ms=1_700_000_000_000 + n
    )


LEAVES = [made(n, (ANN, BOB)[n % 2]) for n in range(9)]
HASHES = [leaf_hash(each.encoded) for each in LEAVES]


def note(signer: Signer = LOG, hashes: list[bytes] = HASHES) -> bytes:
    return sign_note(Checkpoint(signer.name, len(hashes), tree_head(hashes)).text, [signer])


def receipt(n: int, *, signer: Signer = LOG, work: bytes | None = None, person: bytes | None = None) -> bytes:
    leaf = LEAVES[n]
    proof = TlogProof(n, tuple(inclusion_path(HASHES, n)), note(signer), extra=leaf.encoded)
    return WorkReceipt(work or leaf.openings.work, person or leaf.openings.person, proof).to_bytes()


def pin(hashes: list[bytes] = HASHES[:4]) -> bytes:
    return write_pin(f"log {LOG.vkey}\nquorum none\n", note(hashes=hashes))


PIN = Pin.parse(pin())


@pytest.mark.parametrize("n", range(9))
def test_a_receipt_shows_who_did_what_in_which_time(n: int) -> None:
    report = judge_work(receipt(n), PIN)
    assert report.verdict is Verdict.GOOD
    assert (report.index, report.person) == (n, (ANN, BOB)[n % 2])
    assert (report.work.entry, report.work.answer) == (UUID(int=100 + n), ANSWER)
    assert report.work.active_ms == 1000 + n
    assert report.at_ms == 1_700_000_000_000 + n


def test_a_receipt_without_the_person_shows_the_work_alone() -> None:
    whole = receipt(3)
    without = b"".join(line for line in whole.splitlines(True) if not line.startswith(b"person "))
    report = judge_work(without, PIN)
    assert (report.verdict, report.person) == (Verdict.GOOD, None)


def test_without_a_pin_a_receipt_is_never_good() -> None:
    assert judge_work(receipt(3), None).verdict is Verdict.NOT_ANCHORED
    assert judge_work(receipt(3, signer=FORGER), None).verdict is Verdict.NOT_ANCHORED


def test_a_leaf_tells_nothing_and_no_two_are_alike() -> None:
    again, leaf = made(1), made(1)
    assert leaf.encoded != again.encoded
    for told in (ANSWER, to_base64(ANSWER).encode(), str(ANN).encode(), b"1001", str(UUID(int=101)).encode()):
        assert told not in leaf.encoded
    assert len({len(each.encoded) for each in LEAVES}) == 1


@pytest.mark.parametrize("part", Part)
def test_another_persons_opening_or_a_wrong_salt_is_refused(part: Part) -> None:
    theirs = getattr(LEAVES[4].openings, part)
    with pytest.raises(ProofRejected):
        judge_work(receipt(3, **{part: theirs}), PIN)
    mine = getattr(LEAVES[3].openings, part)
    salted = bytes([mine[0] ^ 1]) + mine[1:]
    with pytest.raises(ProofRejected):
        judge_work(receipt(3, **{part: salted}), PIN)
    with pytest.raises(Malformed):
        judge_work(receipt(3, **{part: mine[:32]}), PIN)


def test_nobody_else_can_claim_the_work_under_its_own_salt() -> None:
    salt = LEAVES[3].openings.person[:32]
    with pytest.raises(ProofRejected):
        judge_work(receipt(3, person=salt + canonical_json({"person": str(ANN)})), PIN)
    longer = {"active_ms": 999_000, "answer": to_base64(ANSWER), "entry": str(UUID(int=103))}
    with pytest.raises(ProofRejected):
        judge_work(receipt(3, work=LEAVES[3].openings.work[:32] + canonical_json(longer)), PIN)


def test_an_opening_of_one_half_does_not_open_the_other() -> None:
    with pytest.raises(ProofRejected):
        open_work(LEAVES[3].encoded, LEAVES[3].openings.person)
    with pytest.raises(ProofRejected):
        open_person(LEAVES[3].encoded, LEAVES[3].openings.work)


@pytest.mark.parametrize(
    "said",
    [
        {"active_ms": -1, "answer": to_base64(ANSWER), "entry": str(ANN)},
        {"active_ms": LONGEST_MS + 1, "answer": to_base64(ANSWER), "entry": str(ANN)},
        {"active_ms": True, "answer": to_base64(ANSWER), "entry": str(ANN)},
        {"active_ms": "1", "answer": to_base64(ANSWER), "entry": str(ANN)},
        {"active_ms": 1, "answer": 5, "entry": str(ANN)},
        {"active_ms": 1, "answer": "AAAA", "entry": str(ANN)},
        {"active_ms": 1, "answer": to_base64(ANSWER), "entry": ANN.hex},
        {"active_ms": 1, "answer": to_base64(ANSWER), "entry": None},
        {"active_ms": 1, "answer": to_base64(ANSWER)},
        {"active_ms": 1, "answer": to_base64(ANSWER), "entry": str(ANN), "tenant": "acme"},
    ],
)
def test_a_log_that_committed_to_nonsense_is_not_believed(said: dict[str, object]) -> None:
    from audit import leaf as leaves

    opening = bytes(32) + canonical_json(said)
    encoded = leaves.encode(_commit(Part.WORK, opening), bytes(32), 1)
    with pytest.raises(Malformed):
        open_work(encoded, opening)


def test_a_receipt_by_another_key_or_of_another_log_is_wrong() -> None:
    with pytest.raises(NoteRejected):
        judge_work(receipt(3, signer=FORGER), PIN)
    elsewhere = Signer("other.example/work", b"\x01" * 32)
    both = f"log {LOG.vkey}\nlog {Signer('other.example/work', bytes([5]) * 32).vkey}\nquorum none\n"
    with pytest.raises(EvidenceRefused):
        judge_work(receipt(3, signer=elsewhere), PIN)
    with pytest.raises(ProofRejected, match="not of the pinned one"):
        judge_work(
            receipt(3, signer=Signer("other.example/work", bytes([5]) * 32)),
            Pin.parse(write_pin(both, note())),
        )


def test_two_roots_of_one_size_are_called_equivocation() -> None:
    forked = [*HASHES[:8], leaf_hash(b"another history")]
    with pytest.raises(Equivocation):
        judge_work(receipt(3), Pin.parse(pin(forked)))


def test_no_change_of_one_byte_passes() -> None:
    whole = receipt(3)
    for place in range(len(whole)):
        for bit in (0x01, 0x80):
            changed = bytearray(whole)
            changed[place] ^= bit
            with pytest.raises(EvidenceRefused):
                judge_work(bytes(changed), PIN)
    for cut in range(len(whole)):
        with pytest.raises(EvidenceRefused):
            judge_work(whole[:cut], PIN)
    for more in (b"\n", b"x", b"person \n"):
        with pytest.raises(EvidenceRefused):
            judge_work(whole + more, PIN)


def test_the_command_answers_by_word_and_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, kept = tmp_path / "work", tmp_path / "work.pin"
    file.write_bytes(receipt(5))
    kept.write_bytes(pin())
    assert main(["work", str(file), "--pin", str(kept)]) == 0
    told = capsys.readouterr().out
    for part in ("GOOD", str(BOB), "Active time 1.0 s", to_base64(ANSWER), "number 5 of 9", "Not shown"):
        assert part in told
    assert main(["work", str(file), "--pin", str(kept), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["person"] == str(BOB)
    assert main(["work", str(file)]) == 4
    assert "NOT ANCHORED" in capsys.readouterr().out
    file.write_bytes(receipt(5, person=LEAVES[4].openings.person))
    assert main(["work", str(file), "--pin", str(kept)]) == 1
    assert "the person shown" in capsys.readouterr().out
    file.write_bytes(b"")
    assert main(["work", str(file), "--pin", str(kept)]) == 2
    assert main(["work", str(tmp_path / "absent")]) == 2
    # A bundle that is itself called "work" is still a bundle.
    assert main([str(file)]) == 2


def test_the_first_entry_of_every_work_log_is_the_documented_one() -> None:
    opening = bytes(32) + canonical_json({"log": "ringfence work log"})
    text = (REPO / "audit/schema/40_work_log.sql").read_text()
    for part in Part:
        assert to_base64(_commit(part, opening)) in text
