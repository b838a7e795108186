"""What leads a pin to the log that succeeds the pinned one: both keys, every byte, and what was given up."""

import json
from pathlib import Path

import pytest

from audit.checkpoints import Checkpoint
from audit.errors import EvidenceRefused, ProofRejected
from audit.merkle import consistency_path, tree_head
from audit.meta import with_requirement
from audit.notes import Malformed, NoteRejected, Vkey, sign_note
from audit.pins import Pin, succeeded_pin, write_pin
from audit.proofs import ConsistencyProof
from audit.succession import KEYLESS, Head, Succession, SuccessionFile, open_succession
from audit.verify.__main__ import main
from audit.verify.judge import Verdict
from audit.verify.succession import judge_succession
from tests.unit.audit.making import FORGER, LOG, WITNESS, MadeLog, Signer

OLD = MadeLog(9)
NEXT = Signer("log.example.net/t/next", b"\x07" * 32)
KEPT = 6


def grown(signer: Signer = NEXT, *, kept: int = KEPT, more: int = 4) -> MadeLog:
    """The log that goes on: the first events of the old one, and others after them."""
    made = MadeLog(kept + more, signer=signer, story="after the loss")
    made.leaves[:kept] = OLD.leaves[:kept]
    return made


def said(
    standing: str = "behind", *, vkey: str = NEXT.vkey, origin: str = LOG.name, kept: int = KEPT
) -> Succession:
    return Succession(
        origin,
        Vkey.parse(vkey),
        standing,
        Head(9, tree_head(OLD.hashes)),
        Head(kept, tree_head(OLD.hashes[:kept])),
    )


def file(
    old_size: int = 5, *, statement: Succession | None = None, signers: tuple[Signer, ...] = (LOG, NEXT),
    log: MadeLog | None = None,
) -> bytes:  # fmt: skip
    log = log or grown()
    note = sign_note((statement or said()).text, list(signers))
    growth = ConsistencyProof(old_size, tuple(consistency_path(log.hashes, old_size)), log.checkpoint())
    return SuccessionFile((note,), growth).to_bytes()


def test_a_pin_that_was_kept_whole_is_led_across() -> None:
    report = judge_succession(file(), OLD.pin(5))
    assert report.verdict is Verdict.GOOD
    assert report.next_pin is not None
    moved = Pin.parse(report.next_pin)
    assert moved.signed.checkpoint.origin == NEXT.name
    assert moved.signed.checkpoint.size == 10


def test_no_flipped_bit_of_it_is_good() -> None:
    data = file()
    for at in range(len(data)):
        flipped = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            verdict = judge_succession(flipped, OLD.pin(5)).verdict
        except EvidenceRefused:
            continue
        # "old 5" with its digit flipped grows from another size: nothing for this pin, and never good.
        assert verdict is Verdict.NOT_ANCHORED, at


@pytest.mark.parametrize("signers", [(NEXT,), (LOG,), (FORGER, NEXT)])
def test_both_keys_sign(signers: tuple[Signer, ...]) -> None:
    with pytest.raises(NoteRejected):
        judge_succession(file(signers=signers), OLD.pin(5))


def test_a_pin_beyond_what_was_kept_learns_what_was_given_up() -> None:
    report = judge_succession(file(7), OLD.pin(7))
    assert report.verdict is Verdict.NOT_ANCHORED
    assert "1 of the 7 events in your pin were given up" in str(report.why_not_anchored)
    assert report.next_pin is None


def test_growth_must_begin_with_the_pinned_head() -> None:
    report = judge_succession(file(4), OLD.pin(5))
    assert (report.verdict, "ask for old=5" in str(report.why_not_anchored)) == (Verdict.NOT_ANCHORED, True)
    other = MadeLog(10, signer=NEXT, story="nothing of yours")
    with pytest.raises(ProofRejected):
        judge_succession(file(5, log=other), OLD.pin(5))
    # A log that says that it forked is believed so far, and leads nowhere.
    report = judge_succession(file(5, log=other, statement=said("forked")), OLD.pin(5))
    assert (report.verdict, "forked" in str(report.why_not_anchored)) == (Verdict.NOT_ANCHORED, True)


def test_a_log_whose_key_is_lost_leads_nowhere() -> None:
    report = judge_succession(file(statement=said(KEYLESS), signers=(NEXT,)), OLD.pin(5))
    assert report.verdict is Verdict.NOT_ANCHORED
    assert "is lost" in str(report.why_not_anchored)


def test_without_a_pin_nothing_is_vouched_for() -> None:
    report = judge_succession(file(), None)
    assert (report.verdict, report.pinned) == (Verdict.NOT_ANCHORED, None)


def test_another_logs_succession_is_refused() -> None:
    stranger = Signer("log.example.net/t/other", b"\x08" * 32)
    statement = said(origin=stranger.name)
    with pytest.raises(NoteRejected, match="none of these"):
        judge_succession(file(statement=statement, signers=(stranger, NEXT)), OLD.pin(5))


META = Signer("log.example.net/t/meta", b"\x0a" * 32)
NEXT_META = Signer("log.example.net/t/meta-next", b"\x0b" * 32)


def watched_pin(size: int = 5) -> bytes:
    """A pin whose witness watches the meta-log."""
    meta = f"log {META.vkey}\nwitness w {WITNESS.vkey}\nquorum w\n"
    return write_pin(with_requirement(f"log {LOG.vkey}\nquorum none\n", meta), OLD.checkpoint(size))


def of_meta(
    standing: str = "behind", *, signers: tuple[Signer, ...] = (META, NEXT_META), origin: str = META.name
) -> bytes:
    statement = Succession(
        origin, Vkey.parse(NEXT_META.vkey), standing, Head(9, b"\x01" * 32), Head(7, b"\x02" * 32)
    )
    return sign_note(statement.text, list(signers))


def meta_file(*metas: bytes, notes: tuple[bytes, ...] = (), log: MadeLog = OLD) -> bytes:
    growth = ConsistencyProof(5, tuple(consistency_path(log.hashes, 5)), log.checkpoint())
    return SuccessionFile(notes, growth, metas).to_bytes()


def test_a_pin_is_led_to_the_meta_log_that_goes_on() -> None:
    report = judge_succession(meta_file(of_meta()), watched_pin())
    assert (report.verdict, report.steps) == (Verdict.GOOD, ())
    assert [step.promised.size - step.kept.size for step in report.meta_steps] == [2]
    assert report.next_pin is not None
    moved = Pin.parse(report.next_pin)
    assert moved.meta is not None
    assert [str(log.vkey) for log in moved.meta.logs] == [NEXT_META.vkey]
    assert moved.meta.witnesses["w"].vkey == Vkey.parse(WITNESS.vkey)
    # The tenant's own log is the same one, and has grown.
    assert (moved.signed.checkpoint.origin, moved.signed.checkpoint.size) == (LOG.name, 9)
    # Both at once.
    own = sign_note(said().text, [LOG, NEXT])
    both = judge_succession(meta_file(of_meta(), notes=(own,), log=grown()), watched_pin())
    assert (both.verdict, len(both.steps), len(both.meta_steps)) == (Verdict.GOOD, 1, 1)
    assert both.next_pin is not None
    assert all(key.vkey.encode() in both.next_pin for key in (NEXT, NEXT_META))


def test_no_flipped_bit_of_a_meta_statement_is_good() -> None:
    data = meta_file(of_meta())
    for at in range(len(data)):
        flipped = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            verdict = judge_succession(flipped, watched_pin()).verdict
        except EvidenceRefused:
            continue
        assert verdict is Verdict.NOT_ANCHORED, at


@pytest.mark.parametrize("signers", [(NEXT_META,), (META,), (FORGER, NEXT_META)])
def test_both_keys_of_a_meta_log_sign(signers: tuple[Signer, ...]) -> None:
    with pytest.raises(NoteRejected):
        judge_succession(meta_file(of_meta(signers=signers)), watched_pin())


def test_a_meta_log_of_strangers_leads_no_pin() -> None:
    stranger = Signer("log.example.net/t/other", b"\x08" * 32)
    foreign = of_meta(signers=(stranger, NEXT_META), origin=stranger.name)
    for data, pin in ((meta_file(foreign), watched_pin()), (meta_file(of_meta()), OLD.pin(5))):
        with pytest.raises(NoteRejected, match="none of these"):
            judge_succession(data, pin)


def test_a_meta_log_whose_key_is_lost_leads_nowhere() -> None:
    report = judge_succession(meta_file(of_meta(KEYLESS, signers=(NEXT_META,))), watched_pin())
    assert (report.verdict, report.next_pin) == (Verdict.NOT_ANCHORED, None)
    assert "meta is lost" in str(report.why_not_anchored)


def test_a_file_has_the_logs_statements_before_the_meta_logs() -> None:
    own = sign_note(said().text, [LOG, NEXT])
    data = meta_file(of_meta(), notes=(own,), log=grown())
    lines = data.decode().split("\n")
    lines[1], lines[2] = lines[2], lines[1]
    for wrong in ("\n".join(lines).encode(), meta_file()):
        with pytest.raises(Malformed):
            SuccessionFile.parse(wrong)


def test_a_log_speaks_for_itself_alone() -> None:
    """A second step that the first successor signs, but that is about another log, leads nowhere."""
    last = Signer("log.example.net/t/last", b"\x09" * 32)
    log = grown(last)
    astray = said(origin="log.example.net/t/stranger", vkey=last.vkey)
    notes = (sign_note(said().text, [LOG, NEXT]), sign_note(astray.text, [NEXT, last]))
    growth = ConsistencyProof(5, tuple(consistency_path(log.hashes, 5)), log.checkpoint())
    with pytest.raises(NoteRejected, match="not of"):
        judge_succession(SuccessionFile(notes, growth).to_bytes(), OLD.pin(5))
    right = sign_note(said(origin=NEXT.name, vkey=last.vkey).text, [NEXT, last])
    whole = SuccessionFile((notes[0], right), growth).to_bytes()
    assert judge_succession(whole, OLD.pin(5)).verdict is Verdict.GOOD
    # A pin of the log in between is led on from there.
    middle = grown(NEXT)
    assert judge_succession(whole, middle.pin(5)).verdict is Verdict.GOOD


def test_the_new_logs_key_signs_the_new_logs_checkpoint() -> None:
    log = grown()
    foreign = Checkpoint(LOG.name, 10, tree_head(log.hashes))
    growth = ConsistencyProof(5, tuple(consistency_path(log.hashes, 5)), sign_note(foreign.text, [NEXT]))
    data = SuccessionFile((sign_note(said().text, [LOG, NEXT]),), growth).to_bytes()
    with pytest.raises(ProofRejected, match="goes on"):
        judge_succession(data, OLD.pin(5))


def test_a_checkpoint_of_what_was_kept_is_not_the_new_logs() -> None:
    with pytest.raises(ProofRejected, match="goes on"):
        judge_succession(file(log=grown(more=0)), OLD.pin(5))


def test_the_next_pin_keeps_what_the_old_one_wants_of_witnesses() -> None:
    policy = f"log {LOG.vkey} https://log.example.net/\nwitness w {WITNESS.vkey}\nquorum none\n"
    moved = succeeded_pin(
        write_pin(policy, OLD.checkpoint()), keys={LOG.vkey: NEXT.vkey}, checkpoint=grown().checkpoint()
    )
    assert Pin.parse(moved).policy.witnesses["w"].vkey == Vkey.parse(WITNESS.vkey)
    assert NEXT.vkey.encode() in moved
    assert LOG.vkey.encode() not in moved


@pytest.mark.parametrize(
    "wrong",
    [
        lambda text: text.replace("behind", "lost"),
        lambda text: text.replace("promised 9", "promised 09"),
        lambda text: text.replace("kept ", "kept  "),
        lambda text: text + "more\n",
        lambda text: text[:-1],
        lambda text: text.replace("succession/v1", "succession/v2"),
        lambda text: text.replace(LOG.name, NEXT.name),
        lambda text: text.replace(LOG.name, ""),
    ],
)
def test_a_statement_is_read_strictly(wrong: object) -> None:
    with pytest.raises(Malformed):
        Succession.parse(wrong(said().text))  # type: ignore[operator]
    assert Succession.parse(said().text) == said()


def test_a_statement_is_no_checkpoint_and_a_checkpoint_no_statement() -> None:
    with pytest.raises(Malformed):
        Checkpoint.parse(said().text)
    with pytest.raises(Malformed):
        open_succession(OLD.checkpoint(), Vkey.parse(LOG.vkey))


def test_the_command_writes_the_next_pin_once_and_says_what_was_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in (("s", file()), ("pin", OLD.pin(5)), ("late", OLD.pin(7)), ("s7", file(7))):
        (tmp_path / name).write_bytes(content)
    here = [str(tmp_path / each) for each in ("s", "pin", "next")]
    assert main(["succession", here[0], "--pin", here[1], "--next", here[2]]) == 0
    out = capsys.readouterr().out
    assert out.startswith("GOOD")
    assert "was held to 9 events" in out
    assert Pin.parse((tmp_path / "next").read_bytes()).signed.checkpoint.origin == NEXT.name
    assert main(["succession", here[0], "--pin", here[1], "--next", here[2]]) == 2
    capsys.readouterr()
    late = ["succession", str(tmp_path / "s7"), "--pin", str(tmp_path / "late")]
    assert main([*late, "--next", str(tmp_path / "none")]) == 4
    assert not (tmp_path / "none").exists()
    capsys.readouterr()
    assert main([*late, "--json"]) == 4
    answer = json.loads(capsys.readouterr().out)
    assert answer["successions"][0]["promised"]["size"] == 9
    with pytest.raises(SystemExit, match="2"):
        main(["succession", here[0], "--state", here[1]])
