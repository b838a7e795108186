"""The offline verifier of attestations: what it shows of a good file, and what it says of every other one."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.attestation import (
    LogState,
    PolicyUsed,
    Verifier,
)
from audit.attestation_file import AttestationFile
from audit.checkpoints import Checkpoint
from audit.errors import Equivocation, EvidenceRefused, NoteRejected, ProofRejected, Unsound
from audit.merkle import tree_head
from audit.notes import sign_note
from audit.pins import Pin, write_pin
from audit.verify.__main__ import main
from audit.verify.attestation import attestation_in_words, judge_attestation
from audit.verify.judge import Verdict
from tests.unit.audit.attesting import (
    COUNTED,
    ISSUED,
    PIN,
    attestation,
    digest,
    envelope,
    file_of,
    pin,
)
from tests.unit.audit.making import FORGER, LOG
from tests.unit.audit.test_attestation import altered

SOUND = attestation()
SOON = ISSUED + timedelta(days=1)


def test_a_file_shows_everything_that_is_mandatory() -> None:
    report = judge_attestation(file_of(SOUND.to_bytes()).to_bytes(), PIN, now=SOON)
    assert report.verdict is Verdict.GOOD
    assert (report.index, report.checkpoint.size, report.said) == (7, 12, SOUND)
    text = "\n".join(attestation_in_words(report))
    for words in (
        "GOOD: the log that your pin names",
        "Excluded: lei:0123456789ABCDEFGHIJ (Excluded Co.)",
        "from 2026-04-01T00:00:00Z to 2026-07-01T00:00:00Z",
        "5 accesses by 2 people and 0 destinations; 0 subprocessors; 6 decisions",
        "0 violations:",
        "0 exposures:",
        "1 refused; 0 held",
        "58 violations planted in the same period, 58 of them found",
        f"Policy version 3, signed by the customer; SHA-256 {digest('policy').hex()}",
        "Graph version 812 with 412 statements, 3 of them with an unknown, the oldest 61 days old",
        "first 7 entries of the log, by isolation-checker@0.1.0",
        "expires 2026-09-29T12:00:00Z",
        "3 statements name no holder",
        "Plan plan-1: 4 people until 2026-12-31, for image quality",
        "cooling-off 200 days, default 365",
        "declared affiliations",
    ):
        assert words in text, words


def test_an_unsigned_policy_is_said_loudly() -> None:
    template = Verifier(id="checker", policies=(PolicyUsed(digest=digest("t"), version=0, signed=False),))
    said = attestation(verifier=template)
    report = judge_attestation(file_of(said.to_bytes()).to_bytes(), PIN, now=SOON)
    assert said.unsigned
    assert any("UNSIGNED: the default template" in line for line in attestation_in_words(report))


def test_without_a_pin_no_attestation_is_good() -> None:
    report = judge_attestation(file_of(SOUND.to_bytes()).to_bytes(), None, now=SOON)
    assert report.verdict is Verdict.NOT_ANCHORED
    assert "NOT ANCHORED" in attestation_in_words(report)[0]


def test_an_expired_attestation_is_refused_from_its_last_second_on() -> None:
    data = file_of(SOUND.to_bytes()).to_bytes()
    assert judge_attestation(data, PIN, now=SOUND.expires - timedelta(seconds=1)).verdict is Verdict.GOOD
    with pytest.raises(Unsound, match="expired on 2026-09-29"):
        judge_attestation(data, PIN, now=SOUND.expires)
    with pytest.raises(Unsound, match="still to come"):
        judge_attestation(data, PIN, now=ISSUED - timedelta(hours=1))


def test_an_entry_of_another_time_is_refused() -> None:
    data = file_of(SOUND.to_bytes(), issued=ISSUED + timedelta(hours=1)).to_bytes()
    with pytest.raises(Unsound, match="entry is of another time"):
        judge_attestation(data, PIN, now=SOON)


def refused(data: bytes, kept: Pin | None = PIN) -> EvidenceRefused:
    with pytest.raises(EvidenceRefused) as found:
        judge_attestation(data, kept, now=SOON)
    return found.value


def test_another_key_is_refused_whichever_of_the_two_it_signed() -> None:
    payload = SOUND.to_bytes()
    assert isinstance(refused(file_of(payload, signer=FORGER).to_bytes()), NoteRejected)
    assert isinstance(refused(file_of(payload, noted_by=FORGER).to_bytes()), NoteRejected)
    assert isinstance(refused(file_of(payload, signer=FORGER, noted_by=FORGER).to_bytes()), NoteRejected)


def test_a_payload_that_the_log_does_not_hold_is_refused() -> None:
    other = attestation(excluded=("somebody else",)).to_bytes()
    assert "another attestation" in str(refused(file_of(SOUND.to_bytes(), logged=other).to_bytes()))
    assert "another event" in str(refused(file_of(SOUND.to_bytes(), verb="log.opened").to_bytes()))


def test_a_leaf_that_is_not_in_the_tree_is_refused() -> None:
    good, other = file_of(SOUND.to_bytes()), file_of(SOUND.to_bytes(), later=9)
    moved = dataclasses.replace(
        good, proof=dataclasses.replace(good.proof, checkpoint=other.proof.checkpoint)
    )
    assert isinstance(refused(moved.to_bytes()), ProofRejected)
    elsewhere = dataclasses.replace(good, proof=dataclasses.replace(good.proof, index=6))
    assert isinstance(refused(elsewhere.to_bytes()), ProofRejected)


def test_a_log_that_was_counted_and_another_one_that_signs_are_told_apart() -> None:
    other_history = attestation(log=LogState(origin=LOG.name, size=7, root=digest("another history")))
    assert isinstance(refused(file_of(other_history.to_bytes()).to_bytes()), ProofRejected)
    other_log = attestation(log=LogState(origin="audit.example.com/x", size=7, root=tree_head(COUNTED)))
    assert "another log" in str(refused(file_of(other_log.to_bytes()).to_bytes()))
    itself = attestation(log=LogState(origin=LOG.name, size=8, root=tree_head(COUNTED)))
    assert "its own entry" in str(refused(file_of(itself.to_bytes()).to_bytes()))


def test_a_count_that_contradicts_itself_is_refused_in_plain_words_though_it_is_signed() -> None:
    for path, value, why in (
        (("predicate", "planted", "detected"), 57, "58 violations were planted and 57 found"),
        (("predicate", "population", "accesses"), 0, "population 0"),
        (("predicate", "excluded"), [], "nothing is named"),
    ):
        found = refused(file_of(altered(path, value=value)).to_bytes())
        assert isinstance(found, Unsound)
        assert why in str(found)


def test_two_roots_for_one_size_are_equivocation() -> None:
    five = [*COUNTED, *(bytes(32) for _ in range(5))]
    note = sign_note(Checkpoint(LOG.name, 12, tree_head(five)).text, [LOG])
    kept = Pin.parse(write_pin(f"log {LOG.vkey}\nquorum none\n", note))
    assert isinstance(refused(file_of(SOUND.to_bytes()).to_bytes(), kept), Equivocation)


def test_a_file_has_one_encoding() -> None:
    data = file_of(SOUND.to_bytes()).to_bytes()
    assert AttestationFile.parse(data).to_bytes() == data
    for other in (
        data.replace(b"/1\n", b"/2\n", 1),
        data.replace(b"core ", b"core  ", 1),
        data.replace(b"grown ", b"shrunk ", 1),
        data + b"\n",
        data[:-1],
        b"",
    ):
        with pytest.raises(EvidenceRefused):
            judge_attestation(other, PIN, now=SOON)


def test_a_flipped_bit_anywhere_is_noticed() -> None:
    data = file_of(SOUND.to_bytes()).to_bytes()
    for position in range(0, len(data), 3):
        damaged = bytearray(data)
        damaged[position] ^= 1 << position % 7
        with pytest.raises(EvidenceRefused):
            judge_attestation(bytes(damaged), PIN, now=SOON)


def test_an_envelope_of_another_type_is_refused() -> None:
    good = file_of(SOUND.to_bytes())
    other = dataclasses.replace(good, envelope=envelope(SOUND.to_bytes(), LOG, "application/json"))
    assert "no in-toto statement" in str(refused(other.to_bytes()))


@pytest.mark.parametrize(
    ("what", "code", "words"),
    [
        ("good", 0, "GOOD"),
        ("expired", 1, "WRONG: this attestation does not prove"),
        ("forged", 1, "WRONG"),
        ("cut off", 2, "MALFORMED: this is not an attestation"),
        ("no pin", 4, "NOT ANCHORED"),
    ],
)
def test_the_command_says_it_in_words_and_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str, code: int, words: str
) -> None:
    signer = FORGER if what == "forged" else LOG
    data = file_of(SOUND.to_bytes(), signer=signer).to_bytes()
    file, kept = tmp_path / "neutral.attestation", tmp_path / "kept.pin"
    file.write_bytes(data[:100] if what == "cut off" else data)
    kept.write_bytes(pin())
    at = "2026-10-01" if what == "expired" else "2026-07-02"
    anchored = [] if what == "no pin" else ["--pin", str(kept)]

    assert main(["attestation", str(file), *anchored, "--at", at]) == code
    assert words in capsys.readouterr().out

    assert main(["attestation", str(file), *anchored, "--at", at, "--json"]) == code
    said = json.loads(capsys.readouterr().out)
    assert said["exit_code"] == code
    if code in (0, 4):
        assert said["statement"] == json.loads(SOUND.to_bytes())


def test_a_bundle_may_still_be_called_attestation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("attestation").write_bytes(b"not a bundle")
    assert main(["attestation"]) == 2
    assert "not a bundle" in capsys.readouterr().out


def test_the_words_of_the_terminal_hold_no_control_characters() -> None:
    said = attestation(excluded=("\x1b[2J wiped",))
    report = judge_attestation(file_of(said.to_bytes()).to_bytes(), PIN, now=datetime(2026, 7, 2, tzinfo=UTC))
    assert "\x1b" not in "\n".join(attestation_in_words(report))
