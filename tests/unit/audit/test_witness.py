"""Our witness: every status of the conversation, one history only, also when two ask at once or it is killed."""

import signal
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from audit.checkpoints import Checkpoint
from audit.errors import Malformed
from audit.merkle import EMPTY_HEAD, consistency_path, leaf_hash, tree_head
from audit.notes import open_note, sign_note
from audit.policy import Policy
from audit.witness.judging import trusted_logs
from audit.witness.memory import MemoryTrouble, Witness
from tests.unit.audit.making import FORGER, LOG
from tests.unit.audit.making import WITNESS as OTHER
from tests.unit.audit.witnessing import (
    FORK,
    HASHES,
    NAME,
    NOW,
    REPO,
    TRUSTED,
    answer,
    body,
    holds,
    text_of,
)


@pytest.fixture
def witness(tmp_path):
    return Witness(tmp_path / "w", NAME, TRUSTED, clock=lambda: NOW)


def test_a_log_is_cosigned_as_it_grows(witness):
    for old, new in ((0, 0), (0, 1), (1, 7), (7, 7), (7, 32), (32, 40)):
        status, lines = answer(witness, body(old, new))
        assert status == 200, (old, new, lines)
        assert holds(witness, text_of(new), lines)


def test_the_answer_satisfies_a_policy_that_names_the_witness(witness):
    first, second = witness.vkeys
    policy = Policy.parse(
        f"log {LOG.vkey}\nwitness a {first}\nwitness b {second}\ngroup g all a b\nquorum g\n"
    )
    note = sign_note(text_of(5), [LOG]) + answer(witness, body(0, 5))[1]
    assert policy.open_checkpoint(note).checkpoint.size == 5


EMPTY_WITH_A_ROOT = Checkpoint(LOG.name, 0, HASHES[0]).text
TRAILING = body(0, 3).replace(b"old 0\n", b"old 0\n\n", 1)
STATUSES = {
    "no bytes": (400, b""),
    "no old size": (400, body(7, 9).replace(b"old 7", b"new 7")),
    "an old size with a zero before it": (400, body(7, 9).replace(b"old 7", b"old 07")),
    "an old size with a sign": (400, body(7, 9).replace(b"old 7", b"old +7")),
    "carriage returns": (400, body(7, 9).replace(b"\n", b"\r\n")),
    "64 hashes": (400, body(7, 9, path=[HASHES[0]] * 64)),
    "an empty line too many": (400, TRAILING),
    "no signature": (400, body(7, 9).rpartition(b"\n\n")[0] + b"\n"),
    "a note that is no checkpoint": (400, body(7, 9, text="some words\n")),
    "another log": (404, body(7, 9, text=text_of(9, origin="other.example/log"))),
    "another key": (403, body(7, 9, signers=[OTHER])),
    "another key of the same name": (403, body(7, 9, signers=[FORGER])),
    "an old size beyond the new one": (400, body(9, 8)),
    "an old size too small": (409, body(5, 9)),
    "an old size of 0": (409, body(0, 9)),
    "an old size too large": (409, body(8, 9)),
    "a smaller tree": (409, body(5, 6)),
    "no proof": (422, body(7, 9, path=[])),
    "another proof": (422, body(7, 9, path=consistency_path(HASHES[:10], 7))),
    "a hash too many": (422, body(7, 9, path=[*consistency_path(HASHES[:9], 7), HASHES[0]])),
    "another history": (422, body(7, 9, [leaf_hash(b"x"), *HASHES[1:]])),
    "the same size with another root": (422, body(7, 7, [leaf_hash(b"x"), *HASHES[1:]])),
    "the same size with a proof": (422, body(7, 7, path=[HASHES[0]])),
}


@pytest.mark.parametrize("what", STATUSES)
def test_each_refusal_has_its_status_and_changes_nothing(witness, what):
    status, submitted = STATUSES[what]
    assert answer(witness, body(0, 7))[0] == 200
    told, said = answer(witness, submitted)
    assert told == status
    assert (said == b"7\n") == (status == 409)
    assert holds(witness, text_of(9), answer(witness, body(7, 9))[1])


def test_a_wrong_signature_of_a_known_key_is_refused_beside_a_right_one(witness):
    wrong = LOG.sign(b"another text\n")
    assert answer(witness, body(0, 7) + wrong.encode())[0] == 403


@pytest.mark.parametrize("old", [0, 7])
def test_the_empty_tree_has_one_root(tmp_path, old):
    witness = Witness(tmp_path / "w", NAME, TRUSTED)
    if old:
        assert answer(witness, body(0, 7))[0] == 200
        assert answer(witness, body(7, 0, text=EMPTY_WITH_A_ROOT))[0] == 400
    else:
        assert answer(witness, body(0, 0, text=EMPTY_WITH_A_ROOT))[0] == 422
        assert tree_head([]) == EMPTY_HEAD
        assert answer(witness, body(0, 0))[0] == 200


def test_a_first_checkpoint_brings_no_proof(witness):
    assert answer(witness, body(0, 7, path=[HASHES[0]]))[0] == 422
    assert answer(witness, body(0, 7))[0] == 200


def test_what_it_has_cosigned_is_there_after_a_restart(tmp_path):
    first = Witness(tmp_path / "w", NAME, TRUSTED)
    assert answer(first, body(0, 7))[0] == 200
    again = Witness(tmp_path / "w", NAME, TRUSTED)
    assert again.vkeys == first.vkeys
    assert answer(again, body(0, 9, FORK)) == (409, b"7\n")
    assert answer(again, body(7, 9, FORK))[0] == 200, "the fork begins at 7, so it is the first to come"
    assert answer(again, body(9, 9))[0] == 422


def test_of_two_submissions_at_once_one_wins(tmp_path):
    # The clock is read between the check and the write: the first to come gives all others time to get there.
    slow = threading.Event()
    witness, twin = (
        Witness(tmp_path / "w", NAME, TRUSTED, clock=lambda: slow.wait(0.3) or NOW) for _ in "12"
    )
    assert answer(witness, body(0, 7))[0] == 200
    together = threading.Barrier(8)

    def submit(n):
        together.wait()
        return answer((witness, twin)[n % 2], body(7, 20 + n % 4, (HASHES, FORK)[n // 4]))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(submit, range(8)))
    statuses = [status for status, _ in answers]
    assert sorted(statuses) == [200, *[409] * 7], "whoever comes second is told the size"
    size = 20 + statuses.index(200) % 4
    assert {said for status, said in answers if status == 409} == {b"%d\n" % size}


DYING = """
import os, signal, sys
from pathlib import Path
from audit.witness.judging import trusted_logs
from audit.witness.memory import Witness
def die(): os.kill(os.getpid(), signal.SIGKILL)
folder, vkey, when = sys.argv[1:]
witness = Witness(Path(folder), "w.example/1", trusted_logs([vkey]), clock=die if when == "before" else lambda: 1)
witness.add_checkpoint(sys.stdin.buffer.read())
die()
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_before_the_write_or_after_it_there_is_one_root_for_a_size(tmp_path, when):
    """The clock is read between the check and the write; `after` is between the commit and the answer."""
    assert answer(Witness(tmp_path / "w", NAME, TRUSTED, clock=lambda: 1), body(0, 7))[0] == 200
    command = [sys.executable, "-c", DYING, str(tmp_path / "w"), LOG.vkey, when]
    died = subprocess.run(command, input=body(7, 20), cwd=REPO, capture_output=True, check=False, timeout=300)
    assert died.returncode == -signal.SIGKILL, died.stderr
    witness = Witness(tmp_path / "w", NAME, TRUSTED)
    if when == "before":
        assert answer(witness, body(7, 20, FORK))[0] == 200, "nothing was cosigned at 20"
        assert answer(witness, body(20, 20))[0] == 422
    else:
        assert answer(witness, body(7, 20, FORK)) == (409, b"20\n")
        assert answer(witness, body(20, 20, FORK))[0] == 422
        lines = answer(witness, body(20, 20))[1]
        assert len(open_note(f"{text_of(20)}\n".encode() + lines, witness.vkeys).verified) == 2


def test_its_time_never_goes_back(tmp_path):
    now = [NOW]
    witness = Witness(tmp_path / "w", NAME, TRUSTED, clock=lambda: now[0])
    assert holds(witness, text_of(1), answer(witness, body(0, 1))[1])
    now[0] = NOW - 5
    assert holds(witness, text_of(2), answer(witness, body(1, 2))[1]), (
        "a small step back states the last time"
    )
    for jumped in (NOW - 3600, 0, -1):
        now[0] = jumped
        assert answer(witness, body(2, 3))[0] == 503
    now[0] = NOW + 10
    assert holds(witness, text_of(3), answer(witness, body(2, 3))[1], at=NOW + 10)


def test_keys_without_their_memory_cosign_nothing(tmp_path):
    witness = Witness(tmp_path / "w", NAME, TRUSTED)
    assert answer(witness, body(0, 7))[0] == 200
    (tmp_path / "w" / "witness.sqlite").unlink()
    with pytest.raises(MemoryTrouble, match="restore"):
        Witness(tmp_path / "w", NAME, TRUSTED)


def test_a_folder_signs_under_one_name_with_the_keys_it_began_with(tmp_path):
    Witness(tmp_path / "w", NAME, TRUSTED)
    with pytest.raises(MemoryTrouble, match=NAME):
        Witness(tmp_path / "w", "w.example/2", TRUSTED)
    (tmp_path / "w" / "ed25519-seed").write_bytes(b"\x05" * 32)
    with pytest.raises(MemoryTrouble, match="began with"):
        Witness(tmp_path / "w", NAME, TRUSTED)
    (tmp_path / "w" / "ed25519-seed").write_bytes(b"\x05" * 31)
    with pytest.raises(MemoryTrouble, match="damaged"):
        Witness(tmp_path / "w", NAME, TRUSTED)


def test_a_folder_that_others_can_enter_is_refused(tmp_path):
    (tmp_path / "w").mkdir(mode=0o755)
    with pytest.raises(MemoryTrouble, match="0700"):
        Witness(tmp_path / "w", NAME, TRUSTED)
    Witness(tmp_path / "v", NAME, TRUSTED)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "v").iterdir()}
    assert (modes, len(list((tmp_path / "v").iterdir()))) == ({0o600}, 3)


def test_only_keys_of_logs_are_trusted(witness):
    for wrong in (str(witness.vkeys[0]), str(witness.vkeys[1]), "words"):
        with pytest.raises(Malformed):
            trusted_logs([wrong])
