"""Asking witnesses: real ones, and those that lie, dawdle, are dead, or know more than we do."""

import threading

import pytest

from audit.cosigners import Cosigner
from audit.merkle import consistency_path
from audit.notes import sign_note
from audit.policy import Policy
from audit.publisher.asking import SKEW_SECONDS, NoReply, NotCosigned, Question, Reply, ask
from audit.publisher.gathering import gather
from audit.witness.judging import SIZE_TYPE, TEXT_TYPE, Refused
from audit.witness.memory import Witness
from tests.unit.audit.making import LOG
from tests.unit.audit.witnessing import FORK, HASHES, NOW, TRUSTED, body, text_of

NAMES = ("a", "b", "c")


class Town:
    """Three real witnesses under addresses; any of them can be replaced by something worse."""

    def __init__(self, folder):
        self.witnesses = {
            name: Witness(folder / name, f"{name}.example/w", TRUSTED, clock=lambda: NOW) for name in NAMES
        }
        self.instead = {}
        self.asked = []

    def policy(self, threshold, *, key=0):
        named = "".join(
            f"witness {name} {witness.vkeys[key]} https://{name}.example/\n"
            for name, witness in self.witnesses.items()
        )
        return Policy.parse(f"log {LOG.vkey}\n{named}group g {threshold} a b c\nquorum g\n")

    def post(self, url, content):
        host, _, path = url.removeprefix("https://").partition("/")
        assert path == "add-checkpoint"
        name = host.removesuffix(".example")
        self.asked.append(name)
        if name in self.instead:
            return self.instead[name](content)
        try:
            return Reply(200, TEXT_TYPE, self.witnesses[name].add_checkpoint(content))
        except Refused as refused:
            return Reply(refused.status, refused.content_type, refused.body)


@pytest.fixture
def town(tmp_path):
    return Town(tmp_path)


def question(size, hashes=HASHES):
    note = sign_note(text_of(size, hashes), [LOG])
    return Question.about(note, lambda old: consistency_path(hashes[:size], old), now=NOW)


@pytest.mark.parametrize("key", [0, 1])
def test_all_answer_and_the_note_satisfies_the_policy(town, key):
    policy = town.policy("all", key=key)
    for size in (0, 7, 7, 20):
        gathered = gather(policy, question(size), town.post, seen={}, seconds=60)
        assert gathered.troubles == {}
        signed = policy.open_checkpoint(gathered.note)
        assert (signed.checkpoint.size, len(signed.cosigners)) == (size, 3)


@pytest.mark.parametrize(("seen", "times"), [(7, 3), (0, 6), (3, 6)])
def test_from_a_size_that_is_remembered_a_witness_is_asked_once_and_else_twice(town, seen, times):
    policy = town.policy("all")
    gather(policy, question(7), town.post, seen={}, seconds=60)
    town.asked.clear()
    assert gather(policy, question(20), town.post, seen=dict.fromkeys(NAMES, seen), seconds=60).note
    assert len(town.asked) == times


def wrong(content):
    liar = Cosigner.ed25519("a.example/w", b"\x07" * 32, clock=lambda: NOW)
    return Reply(200, TEXT_TYPE, liar.sign(text_of(7).encode()).encode())


def dead(content):
    raise NoReply("nobody is there")


BAD = {
    "another key of its name": (wrong, "does not hold"),
    "nobody": (dead, "nobody is there"),
    "no lines": (lambda _: Reply(200, TEXT_TYPE, b""), "does not hold"),
    "no text": (lambda _: Reply(200, TEXT_TYPE, b"\xff\xfe\n"), "does not hold"),
    "a refusal": (lambda _: Reply(403, TEXT_TYPE, b"no\n"), "403"),
    "a redirect": (lambda _: Reply(302, TEXT_TYPE, b""), "302"),
    "a larger tree": (lambda _: Reply(409, SIZE_TYPE, b"99\n"), "99 leaves"),
    "the same size again and again": (lambda _: Reply(409, SIZE_TYPE, b"3\n"), "each time"),
    "a size with a zero before it": (lambda _: Reply(409, SIZE_TYPE, b"03\n"), "without a size"),
    "a size without its line feed": (lambda _: Reply(409, SIZE_TYPE, b"3"), "without a size"),
    "a size of another type": (lambda _: Reply(409, TEXT_TYPE, b"3\n"), "without a size"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_witness_is_named_and_two_good_ones_are_enough_for_two_of_three(town, what):
    town.instead["a"], why = BAD[what]
    gathered = gather(town.policy(2), question(7), town.post, seen={}, seconds=60)
    assert sorted(gathered.lines) == ["b", "c"]
    assert why in gathered.troubles["a"]
    assert len(town.policy(2).open_checkpoint(gathered.note).cosigners) == 2


@pytest.mark.parametrize("what", BAD)
def test_when_all_are_needed_one_bad_witness_keeps_the_checkpoint_back(town, what):
    town.instead["a"] = BAD[what][0]
    gathered = gather(town.policy("all"), question(7), town.post, seen={}, seconds=60)
    assert gathered.note is None
    assert sorted(gathered.lines) == ["b", "c"]


def test_a_slow_witness_is_not_waited_for(town):
    done = threading.Event()
    town.instead["a"] = lambda _: done.wait(60) and Reply(500, TEXT_TYPE, b"")
    try:
        gathered = gather(town.policy("all"), question(7), town.post, seen={}, seconds=2)
        assert gathered.troubles["a"] == "it did not answer in time"
        assert gathered.note is None
    finally:
        done.set()


def test_a_late_witness_cosigns_the_same_again_when_it_is_asked_again(town):
    town.witnesses["a"].add_checkpoint(body(0, 7))
    gathered = gather(town.policy("all"), question(7), town.post, seen={}, seconds=60)
    assert gathered.note


def test_no_witness_cosigns_our_second_history(town):
    policy = town.policy(1)
    assert gather(policy, question(20), town.post, seen={}, seconds=60).note
    for size in (20, 30):
        gathered = gather(policy, question(size, FORK), town.post, seen=dict.fromkeys(NAMES, 20), seconds=60)
        assert (gathered.note, gathered.lines) == (None, {})
        assert set(gathered.troubles.values()) == {"it answers 422"}


@pytest.mark.parametrize("away", [0, 1, -1])
def test_a_cosignature_of_another_time_does_not_count(town, away):
    cosigner = Cosigner.ed25519(
        "a.example/w", b"\x07" * 32, clock=lambda: NOW + away * (SKEW_SECONDS + 1) if away else 0
    )
    policy = Policy.parse(f"log {LOG.vkey}\nwitness a {cosigner.vkey} https://a.example\nquorum a\n")
    town.instead["a"] = lambda _: Reply(200, TEXT_TYPE, cosigner.sign(text_of(7).encode()).encode())
    with pytest.raises(NotCosigned, match="not now"):
        ask(policy.witnesses["a"], question(7), town.post, old_size=0)


def test_a_witness_without_an_address_is_not_asked_and_no_foreign_line_is_taken(town):
    (first, second), (other, _) = town.witnesses["a"].vkeys, town.witnesses["b"].vkeys
    policy = Policy.parse(
        f"log {LOG.vkey}\nwitness a {first} https://a.example\nwitness b {other}\nquorum a\n"
    )
    gathered = gather(policy, question(7), town.post, seen={}, seconds=60)
    assert gathered.troubles == {"b": "the policy names no address of it"}
    assert gathered.lines["a"].key_id == first.key_id != second.key_id
    assert gathered.note.count("\N{EM DASH}".encode()) == 2


def test_a_policy_of_another_log_is_never_met(town):
    other = Policy.parse(f"log {LOG.vkey}\nquorum none\n")
    unsigned = sign_note(text_of(7), [Cosigner.ed25519("x", b"\x01" * 32)])
    assert gather(other, Question.about(unsigned, lambda _: (), now=NOW), town.post, seen={}).note is None
