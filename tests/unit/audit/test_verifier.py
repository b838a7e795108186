"""The verifier: what is good, wrong, malformed, two-faced, or tied to nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from audit import leaf
from audit.checkpoints import Checkpoint
from audit.errors import Equivocation, EvidenceRefused, Malformed, NoteRejected, ProofRejected
from audit.merkle import tree_head
from audit.notes import sign_note
from audit.pins import Pin, write_pin
from audit.verify.__main__ import main
from audit.verify.judge import Verdict, judge
from audit.verify.words import event_in_words, in_words
from tests.unit.audit.making import FORGER, LOG, WITNESS, MadeLog, Signer, members_of, packed

REPO = Path(__file__).parents[3]
MADE = MadeLog(9)
WHOLE = MADE.whole()
SELECTION = MADE.selection([2, 3, 8], since=5)
BOTH = pytest.mark.parametrize("content", [WHOLE, SELECTION], ids=["whole", "selection"])


REFUSED = (Verdict.PROOF_WRONG, Verdict.MALFORMED)
FORK = MADE.forked(9, at=0)


def pinned(log, size=None):
    return Pin.parse(log.pin(size))


def answer(content, pin):
    """Return the verdict and its words, as the command would."""
    try:
        report = judge(content, pin)
    except Malformed as error:
        return Verdict.MALFORMED, str(error)
    except Equivocation as error:
        return Verdict.EQUIVOCATION, str(error)
    except EvidenceRefused as error:
        return Verdict.PROOF_WRONG, str(error)
    return report.verdict, "\n".join(in_words(report, most_events=100))


@pytest.mark.parametrize("size", range(10))
def test_a_whole_log_is_good_for_a_pin_of_any_size_it_has_passed(size):
    verdict, words = answer(WHOLE, pinned(MADE, size))
    assert verdict is Verdict.GOOD
    assert f"Nothing of the {size} events in your pin was changed" in words
    assert "#1  2023-11-14 22:13:20.001Z  task.submitted object=task-1 story=told; by actor=person-1" in words
    assert "not that only" not in words


@pytest.mark.parametrize("events", [255, 256, 257, 513])
def test_a_whole_log_is_good_around_the_edges_of_tiles(events):
    made = MadeLog(events)
    content = made.whole()
    for size in {1, 128, 255, 256, events - 1, events} & set(range(events + 1)):
        assert answer(content, pinned(made, size))[0] is Verdict.GOOD
    with pytest.raises(Equivocation):
        judge(content, pinned(made.forked(events, at=100), 101))


def test_an_empty_log_is_good():
    empty = MadeLog(0)
    assert answer(empty.whole(), pinned(empty))[0] is Verdict.GOOD


@pytest.mark.parametrize(("size", "verdict"), [(0, 0), (4, 4), (5, 0), (6, 4), (9, 0)])
def test_a_selection_is_good_for_the_pin_it_was_made_for(size, verdict):
    found, words = answer(SELECTION, pinned(MADE, size))
    assert found == verdict
    assert "not that only these were" in words
    if verdict:
        assert f"ask for one made for size {size}" in words


def test_a_selection_of_no_event_still_shows_that_the_log_only_grew():
    verdict, words = answer(MADE.selection([], since=5), pinned(MADE, 5))
    assert (verdict, "It holds no event" in words) == (Verdict.GOOD, True)


@BOTH
def test_without_a_pin_nothing_is_good(content):
    verdict, words = answer(content, None)
    assert verdict is Verdict.NOT_ANCHORED
    assert "GOOD" not in words
    assert "no pin was given" in words


@pytest.mark.parametrize("forged", [MadeLog(9, signer=FORGER), MadeLog(30, signer=FORGER)])
def test_a_complete_forgery_under_new_keys_is_wrong(forged):
    for content in (forged.whole(), forged.selection([1, 2], since=5)):
        assert answer(content, None)[0] is Verdict.NOT_ANCHORED
        assert answer(content, pinned(MADE, 5))[0] is Verdict.PROOF_WRONG
        members = members_of(content)
        members["policy"] = MADE.policy.encode()
        assert answer(packed(members), pinned(MADE, 5))[0] is Verdict.PROOF_WRONG


def test_a_bundle_of_another_log_by_a_pinned_key_is_wrong():
    other = MadeLog(9, signer=Signer("other.example/log", b"\x01" * 32))
    assert answer(other.whole(), pinned(MADE, 5))[0] is Verdict.PROOF_WRONG
    both = f"log {LOG.vkey}\nlog {FORGER_ELSEWHERE.vkey}\nquorum none\n"
    pin = Pin.parse(write_pin(both, MADE.checkpoint(5)))
    assert answer(MadeLog(9, signer=FORGER_ELSEWHERE).whole(), pin)[0] is Verdict.PROOF_WRONG


FORGER_ELSEWHERE = Signer("other.example/log", b"\x03" * 32)


@pytest.mark.parametrize("pin_size", [1, 5, 7, 8, 9])
def test_a_second_history_is_equivocation_wherever_the_pin_shows_it(pin_size):
    found, _ = answer(FORK.whole(), pinned(MADE, pin_size))
    assert found is Verdict.EQUIVOCATION
    selected = FORK.selection([2, 3], since=pin_size)
    assert answer(selected, pinned(MADE, pin_size))[0] is Verdict.EQUIVOCATION


def test_a_fork_after_the_pin_is_not_visible_to_that_pin():
    assert answer(MADE.forked(9, at=6).whole(), pinned(MADE, 6))[0] is Verdict.GOOD
    assert answer(MADE.forked(9, at=6).whole(), pinned(MADE, 7))[0] is Verdict.EQUIVOCATION


def test_the_evidence_is_both_signed_notes():
    with pytest.raises(Equivocation) as found:
        judge(FORK.whole(), pinned(MADE, 5))
    policy = pinned(MADE).policy
    first, second = (policy.open_checkpoint(note).checkpoint for note in found.value.notes)
    assert (first.size, second.size) == (5, 9)
    assert first.head == tree_head(MADE.hashes[:5])


@pytest.mark.parametrize("content", [MADE.whole(), MADE.selection([1], since=4)])
def test_a_log_set_back_behind_the_pin_is_not_anchored(content):
    longer = MADE.forked(20, at=9)
    verdict, words = answer(content, pinned(longer))
    assert verdict is Verdict.NOT_ANCHORED
    assert "the log was set back" in words


def test_nobody_can_frame_a_log_with_a_broken_proof():
    members = members_of(SELECTION)
    lines = members["consistency"].split(b"\n")
    lines[1] = lines[1].swapcase()
    members["consistency"] = b"\n".join(lines)
    assert answer(packed(members), pinned(MADE, 5))[0] in REFUSED


TINY = MadeLog(3)
TINY_BUNDLES = {"whole": TINY.whole(), "selection": TINY.selection([1], since=2)}
SWEEPS = pytest.mark.parametrize(
    ("kind", "pin"),
    [
        ("whole", TINY.pin(2)),
        ("selection", TINY.pin(2)),
        pytest.param("whole", None, marks=pytest.mark.long),
        pytest.param("selection", None, marks=pytest.mark.long),
    ],
)


def flipped(content, at):
    """Flip one bit, another one in each byte."""
    return content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :]


@SWEEPS
def test_every_flipped_byte_of_a_bundle_is_noticed(kind, pin):
    content, pin = TINY_BUNDLES[kind], pin and Pin.parse(pin)
    assert answer(content, pin)[0] is (Verdict.GOOD if pin else Verdict.NOT_ANCHORED)
    for at in range(len(content)):
        assert answer(flipped(content, at), pin)[0] in REFUSED, at


@SWEEPS
def test_every_flipped_byte_of_every_member_is_noticed_under_right_checksums(kind, pin):
    members, pin = members_of(TINY_BUNDLES[kind]), pin and Pin.parse(pin)
    for name, good in members.items():
        for at in range(len(good)):
            assert answer(packed({**members, name: flipped(good, at)}), pin)[0] in REFUSED, (name, at)


@BOTH
def test_a_member_missing_added_cut_or_renamed_is_noticed(content):
    members = members_of(content)
    pin = pinned(MADE, 5)
    for name, good in members.items():
        others = {each: members[each] for each in members if each != name}
        for wrong in (others, {**members, name: good[:-1]}, {**members, name: good + b"\n"}):
            assert answer(packed(wrong), pin)[0] in REFUSED, name
        for added in (name + "x", "leaves/000000000004", "tile/0/001", "bodies/000000000007.jsonl", "since"):
            if added not in members:
                wrong = {**members, added: good}
                assert answer(packed(wrong), pin)[0] in REFUSED, added


def test_a_withheld_opening_is_counted_as_withheld_and_no_more():
    members = members_of(WHOLE)
    first, *rest = members["bodies/000000000000.jsonl"].splitlines(keepends=True)
    assert b"task-0" in first
    members["bodies/000000000000.jsonl"] = b"".join(rest)
    # The manifest says how many are disclosed; it is built anew, so both would have to change.
    with pytest.raises(ProofRejected, match="manifest"):
        judge(packed(members), pinned(MADE, 5))


def test_an_opening_with_another_content_is_wrong():
    members = members_of(WHOLE)
    name = "bodies/000000000000.jsonl"
    for old, new in ((b"task-1", b"task-2"), (b"person-0", b"person-1")):
        assert old in members[name]
        changed = {**members, name: members[name].replace(old, new)}
        assert answer(packed(changed), pinned(MADE, 5))[0] is Verdict.PROOF_WRONG


def test_the_checkpoint_alone_states_the_size():
    # The same root under another size, signed by nobody: most inclusion proofs would still pass.
    members = members_of(SELECTION)
    for wrong in (b"\n10\n", b"\n8\n"):
        changed = {name: good.replace(b"\n9\n", wrong) for name, good in members.items()}
        assert changed["checkpoint"] != members["checkpoint"]
        assert answer(packed(changed), pinned(MADE, 5))[0] is Verdict.PROOF_WRONG


@pytest.mark.parametrize("size", [0, 5, 9])
def test_another_history_complete_in_itself_is_wrong_under_the_true_checkpoint(size):
    # Every tile and body of the fork agrees with its entries; only the signed root does not.
    members = members_of(FORK.whole())
    true = members_of(WHOLE)
    members |= {"checkpoint": true["checkpoint"], "manifest.json": true["manifest.json"]}
    with pytest.raises(ProofRejected, match="root that the log signed"):
        judge(packed(members), pinned(MADE, size))


def test_a_root_of_another_size_signed_by_mistake_is_wrong():
    text = Checkpoint(LOG.name, 10, tree_head(MADE.hashes)).text
    members = members_of(WHOLE)
    members["checkpoint"] = sign_note(text, [LOG])
    assert answer(packed(members), pinned(MADE, 5))[0] in REFUSED


def test_the_pins_witnesses_must_have_cosigned():
    policy = f"log {LOG.vkey}\nwitness w1 {WITNESS.vkey}\nquorum w1\n"
    text = Checkpoint(LOG.name, 5, tree_head(MADE.hashes[:5])).text
    pin = Pin.parse(write_pin(policy, sign_note(text, [LOG, WITNESS])))
    with pytest.raises(NoteRejected, match="quorum"):
        judge(WHOLE, pin)


def test_a_signature_line_that_no_key_covers_does_not_belong():
    members = members_of(WHOLE)
    text = Checkpoint(LOG.name, 9, tree_head(MADE.hashes)).text
    members["checkpoint"] = sign_note(text, [LOG, WITNESS])
    assert answer(packed(members), pinned(MADE, 5))[0] is Verdict.MALFORMED


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        MADE.policy.encode(),
        MADE.pin()[1:],
        MADE.pin().replace(b"--- checkpoint\n", b""),
        MADE.pin() + b"x",
        MADE.pin().replace(b"\n", b"\r\n"),
        MADE.pin().replace(LOG.vkey.encode(), FORGER.vkey.encode()),
        b"\xff" + MADE.pin(),
        b"# ringfence-audit-pin/1\n" + b"#" * 2_000_000,
    ],
)
def test_a_pin_of_another_shape_is_malformed(wrong):
    with pytest.raises(Malformed):
        Pin.parse(wrong)


def test_every_flipped_byte_of_a_pin_is_refused_or_changes_no_verdict_to_good_for_a_forgery():
    forged = MadeLog(9, signer=FORGER).whole()
    good = MADE.pin(5)
    for at in range(len(good)):
        changed = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
        try:
            pin = Pin.parse(changed)
        except Malformed:
            continue
        assert answer(forged, pin)[0] is Verdict.PROOF_WRONG


def test_words_cannot_move_the_cursor_of_a_terminal():
    made = MadeLog(1)
    made.leaves[0] = leaf.build({"action": "\x1b[2J\u202egood\n"}, {"actor": "\x07"}, 2**62)
    (event,) = judge(made.whole(), pinned(made)).events()
    words = event_in_words(event)
    assert "\\x1b[2J\\u202egood\\n" in words
    assert f"{2**62} ms after 1970" in words
    assert words.isprintable()


@pytest.fixture
def files(tmp_path):
    contents = {
        "bundle.zip": WHOLE,
        "fork.zip": FORK.whole(),
        "forged.zip": MadeLog(9, signer=FORGER).whole(),
        "garbage.zip": b"PK\x03\x04garbage",
        "empty.zip": b"",
        "pin": MADE.pin(5),
        "bad-pin": b"not a pin",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


CASES = [
    ("bundle.zip", "pin", 0),
    ("forged.zip", "pin", 1),
    ("garbage.zip", "pin", 2),
    ("empty.zip", "pin", 2),
    ("absent.zip", "pin", 2),
    (".", "pin", 2),
    ("bundle.zip", "bad-pin", 2),
    ("bundle.zip", "no-pin", 2),
    ("fork.zip", "pin", 3),
    ("bundle.zip", None, 4),
    ("forged.zip", None, 4),
]


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(("bundle", "pin", "code"), CASES)
def test_exit_codes(files, capsys, bundle, pin, code, as_json):
    arguments = [str(files / bundle), *(["--pin", str(files / pin)] if pin else [])]

    assert main([*arguments, *(["--json"] if as_json else [])]) == code

    said = capsys.readouterr().out
    if as_json:
        assert json.loads(said)["exit_code"] == code
    else:
        assert ("GOOD" in said) == (code == 0)


def test_both_notes_of_a_fork_are_kept_where_asked(files, capsys):
    for place in (files / "evidence" / "deep", None):
        options = ["--evidence", str(place)] if place else []
        assert main([str(files / "fork.zip"), "--pin", str(files / "pin"), *options]) == 3
        notes = {path.read_bytes() for path in (place or files).glob("equivocation-*.note")}
        assert notes == {MADE.checkpoint(5), FORK.checkpoint()}


def test_evidence_that_cannot_be_kept_changes_no_verdict(files, capsys):
    (files / "taken").write_text("a file")
    code = main([str(files / "fork.zip"), "--pin", str(files / "pin"), "--evidence", str(files / "taken")])
    assert (code, "could not be kept" in capsys.readouterr().out) == (3, True)


def test_the_list_of_events_ends_where_asked(files, capsys):
    main([str(files / "bundle.zip"), "--events", "2"])
    said = capsys.readouterr().out
    assert ("#1 " in said, "#3 " in said, "and more" in said) == (True, False, True)
    with pytest.raises(SystemExit):
        main([str(files / "bundle.zip"), "--events", "-1"])


def test_the_command_needs_no_django_and_nothing_else_of_ours(files):
    code = (
        "import runpy, sys\n"
        "sys.argv = ['audit.verify', *sys.argv[1:]]\n"
        "try:\n    runpy.run_module('audit.verify', run_name='__main__')\n"
        "except SystemExit as end:\n    code = end.code\n"
        "named = {name.partition('.')[0] for name in sys.modules}\n"
        "allowed = set(sys.stdlib_module_names) | {'audit', 'cryptography', '_cffi_backend', '__main__'}\n"
        "extra = {n for n in named - allowed if not n.startswith(('_', 'distutils', 'sitecustomize'))}\n"
        "print(sorted(extra), file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    # An environment without our settings, on a terminal that knows ASCII only.
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPO), "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-S", "-c", SITE + code, files / "bundle.zip", "--pin", files / "pin"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    assert done.stdout.startswith("GOOD")


# -S leaves out site-packages and with it every .pth file; only where cryptography lies is added.
SITE = f"import sys; sys.path.append({str(Path(sys.modules['cryptography'].__file__).parents[1])!r})\n"
