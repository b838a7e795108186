"""Bundles that bring what witnesses know: by pins that want it, that do not, and with each byte changed."""

import io
import json

import pytest

from audit.bundle import write_selection, write_whole_log
from audit.checkpoints import Checkpoint
from audit.errors import Equivocation, EvidenceRefused, Malformed, NoteRejected, ProofRejected
from audit.manifest import FORMAT_WITH_WITNESSES
from audit.merkle import consistency_path, inclusion_path, leaf_hash, tree_head
from audit.meta import parse_leaf, requirement, requirement_in, wanted_of, with_requirement
from audit.notes import sign_note
from audit.pins import Pin, write_pin
from audit.policy import Policy
from audit.proofs import ConsistencyProof, TlogProof
from audit.verify.__main__ import main
from audit.verify.judge import Verdict, judge
from audit.verify.words import in_words
from audit.watched import GROWTH, PROOF, Watched
from tests.unit.audit.making import MadeLog, Signer, members_of, packed

META = Signer("audit.example.com/meta", b"\x05" * 32)
AT = 1_800_000_000
W1 = Signer("w1.example/w", b"\x06" * 32, cosigns_at=AT)
W2 = Signer("w2.example/w", b"\x07" * 32, cosigns_at=AT + 3_600)
OTHERS = [b"another log's checkpoint %d" % n for n in range(6)]
NAMED = Policy.parse(
    f"witness one {W1.vkey} https://w1.example\nwitness two {W2.vkey} http://127.0.0.1:9\n"
    "group g all one two\nquorum g\n"
)


def policy_of(log: MadeLog, wanted: int = 2) -> str:
    return with_requirement(log.policy, requirement(META.vkey, NAMED, wanted))


def pin_of(log: MadeLog, size: int, wanted: int = 2) -> Pin:
    return Pin.parse(write_pin(policy_of(log, wanted), log.checkpoint(size)))


def nested(leaf: bytes, cosigners=(W1, W2), signer: Signer = META) -> bytes:
    leaves = [*OTHERS, leaf]
    hashes = [leaf_hash(each) for each in leaves]
    text = Checkpoint(signer.name, len(hashes), tree_head(hashes)).text
    note = sign_note(text, [signer, *cosigners])
    return TlogProof(len(OTHERS), tuple(inclusion_path(hashes, len(OTHERS))), note, extra=leaf).to_bytes()


def watched(log: MadeLog, size: int, cosigners=(W1, W2), *, told: MadeLog | None = None) -> Watched:
    leaf = (told or log).checkpoint(size)
    path = consistency_path(log.hashes, size) if size < len(log.leaves) else []
    return Watched(nested(leaf, cosigners), ConsistencyProof(size, tuple(path), log.checkpoint()).to_bytes())


def whole(log: MadeLog, seen: Watched | None, wanted: int = 2) -> bytes:
    out = io.BytesIO()
    write_whole_log(
        out,
        policy=policy_of(log, wanted),
        checkpoint=log.checkpoint(),
        entries=(log.entry(n) for n in range(len(log.leaves))),
        watched=seen,
    )
    return out.getvalue()


@pytest.fixture(scope="module")
def log() -> MadeLog:
    return MadeLog(9)


def test_a_pin_that_wants_two_of_two_is_told_who_cosigned_and_when(log):
    report = judge(whole(log, watched(log, 7)), pin_of(log, 3))
    assert report.verdict is Verdict.GOOD
    assert report.known.checkpoint.size == 7
    words = "\n".join(in_words(report, most_events=0))
    assert "Witnesses know the first 7 events" in words
    assert "w1.example/w cosigned at 2027-01-15 08:00:00.000Z" in words
    assert (
        json.loads(members_of(whole(log, watched(log, 7)))["manifest.json"])["format"]
        == FORMAT_WITH_WITNESSES
    )


@pytest.mark.parametrize("size", [1, 8, 9])
def test_a_selection_brings_it_too(log, size):
    out = io.BytesIO()
    write_selection(
        out,
        policy=policy_of(log),
        checkpoint=log.checkpoint(),
        entries=[log.entry(4, path=inclusion_path(log.hashes, 4))],
        watched=watched(log, size),
    )
    report = judge(out.getvalue(), pin_of(log, 9))
    assert (report.verdict, report.known.checkpoint.size) == (Verdict.GOOD, size)


def test_older_pins_and_no_pin_read_such_a_bundle_as_ever(log):
    bundle = whole(log, watched(log, 7))
    old = judge(bundle, Pin.parse(log.pin(3)))
    assert (old.verdict, old.known) == (Verdict.GOOD, None)
    none = judge(bundle, None)
    assert (none.verdict, none.known.checkpoint.size) == (Verdict.NOT_ANCHORED, 7)
    # And a bundle from before is read under a pin from now: it is as good as it can be, and not what the pin wants.
    report = judge(log.whole(), pin_of(log, 3))
    assert report.verdict is Verdict.NOT_ANCHORED
    assert "wants 2 of 2 witnesses, and the bundle brings nothing" in report.why_not_anchored


def test_fewer_than_the_pin_wants_are_not_enough_whatever_the_bundle_wants(log):
    bundle = whole(log, watched(log, 7, (W2,)), wanted=1)
    assert judge(bundle, pin_of(log, 3, wanted=1)).verdict is Verdict.GOOD
    report = judge(bundle, pin_of(log, 3, wanted=2))
    assert (report.verdict, report.known) == (Verdict.NOT_ANCHORED, None)
    assert "2 of 2" in report.why_not_anchored
    with pytest.raises(NoteRejected):
        whole(log, watched(log, 7, (W2,)), wanted=2)


def test_cosignatures_from_before_a_limit_do_not_count(log):
    bundle = whole(log, watched(log, 7), wanted=1)
    for wanted, oldest, verdict in (
        (2, AT, Verdict.GOOD),
        (2, AT + 1, Verdict.NOT_ANCHORED),
        (1, AT + 1, Verdict.GOOD),
        (1, AT + 3_601, Verdict.NOT_ANCHORED),
    ):
        assert judge(bundle, pin_of(log, 3, wanted=wanted), oldest=oldest).verdict is verdict


def test_the_command_knows_the_limit(log, tmp_path, capsys):
    (tmp_path / "b.zip").write_bytes(whole(log, watched(log, 7)))
    (tmp_path / "pin").write_bytes(write_pin(policy_of(log), log.checkpoint(3)))
    asked = [str(tmp_path / "b.zip"), "--pin", str(tmp_path / "pin")]
    assert main(asked) == 0
    assert "Witnesses know the first 7 events" in capsys.readouterr().out
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["witnessed"]["size"] == 7
    assert main([*asked, "--within", "1000000"]) == 0
    with pytest.raises(SystemExit):
        main([*asked, "--within", "0"])


def test_witnesses_who_know_another_history_make_an_equivocation_of_it(log):
    fork = log.forked(9, at=5)
    seen = watched(log, 9, told=fork)
    bundle = packed(members_of(whole(log, watched(log, 9))) | {PROOF: seen.proof, GROWTH: seen.growth})
    with pytest.raises(Equivocation) as found:
        judge(bundle, pin_of(log, 3))
    assert found.value.notes == (fork.checkpoint(9), log.checkpoint())
    earlier = watched(log, 7, told=fork)
    with pytest.raises(ProofRejected):
        whole(log, earlier)


@pytest.mark.parametrize("gone", [PROOF, GROWTH])
def test_one_of_the_two_alone_is_malformed(log, gone):
    members = members_of(whole(log, watched(log, 7)))
    del members[gone]
    with pytest.raises(Malformed):
        judge(packed(members), pin_of(log, 3))


def test_what_witnesses_know_of_another_log_is_refused(log):
    stranger = MadeLog(9, signer=Signer("audit.example.com/rival", b"\x08" * 32))
    foreign = Watched(nested(stranger.checkpoint(7)), watched(log, 7).growth)
    with pytest.raises(NoteRejected):
        whole(log, foreign)
    with pytest.raises(ProofRejected):
        whole(log, Watched(watched(log, 6).proof, watched(log, 7).growth))


@pytest.mark.parametrize("name", [PROOF, GROWTH])
def test_no_byte_of_either_is_unexamined(log, name):
    members = members_of(whole(log, watched(log, 7)))
    content, pin = members[name], pin_of(log, 3)
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1
        with pytest.raises(EvidenceRefused):
            judge(packed(members | {name: bytes(changed)}), pin)


def test_a_policy_of_the_meta_log_is_read_strictly():
    assert requirement_in("log x\nquorum none\n") is None
    text = with_requirement("", requirement(META.vkey, NAMED, 9))
    read = requirement_in(text)
    assert (read.groups["witnesses"].threshold, len(read.witnesses)) == (2, 2)
    assert [each.url for each in read.witnesses.values()] == ["https://w1.example", None]
    for bad in ("#meta quorum none\n", f"#meta log {META.vkey}\n#meta quorum none\n", "#meta nonsense\n"):
        with pytest.raises(Malformed):
            requirement_in(bad)


@pytest.mark.parametrize(
    ("quorum", "wanted"),
    [
        ("group g 1 one two\nquorum g\n", 1),
        ("group g all one two\nquorum g\n", 2),
        ("quorum one\n", 1),
        ("group i any one two\ngroup g 1 i\nquorum g\n", 2),
    ],
)
def test_what_the_operators_quorum_wants_as_a_number(quorum, wanted):
    named = f"witness one {W1.vkey}\nwitness two {W2.vkey}\n"
    assert wanted_of(Policy.parse(named + quorum)) == wanted


@pytest.mark.parametrize("size", [0, 1, 9])
def test_a_leaf_is_a_checkpoint_with_one_line_by_its_log(log, size):
    note = log.checkpoint(size)
    if size == 0:
        with pytest.raises(Malformed):
            parse_leaf(note)
        return
    assert parse_leaf(note).size == size
    text = note.rpartition(b"\n\n")[0].decode() + "\n"
    for bad in (
        sign_note(text, [log.signer, W1]),
        sign_note(text, [W1]),
        sign_note(text + "more\n", [log.signer]),
        note + b" " * 4_096,
    ):
        with pytest.raises(Malformed):
            parse_leaf(bad)
