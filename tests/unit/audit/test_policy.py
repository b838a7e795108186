"""Policies: quorums over distinct keys, and every statement that is refused."""

import itertools

import pytest

from audit.checkpoints import Checkpoint
from audit.errors import Malformed, NoteRejected
from audit.merkle import EMPTY_HEAD
from audit.notes import sign_note
from audit.policy import Policy
from tests.unit.audit.making import FORGER, LOG, Signer

WITNESSES = [Signer(f"w.example/{n}", bytes([40 + n]) * 32, cosigns_at=1_700_000_000 + n) for n in range(5)]
TEXT = Checkpoint(LOG.name, 0, EMPTY_HEAD).text
X = "".join(f"witness x{n} {each.vkey}\n" for n, each in enumerate(WITNESSES[:3]))
Y = "".join(f"witness y{n} {each.vkey}\n" for n, each in enumerate(WITNESSES[3:]))
GROUPS = (
    f"log {LOG.vkey} https://log.example\n{X}{Y}group x 2 x0 x1 x2\ngroup y any y0 y1\ngroup both all x y\n"
)


def test_two_of_three_and_one_of_two():
    policy = Policy.parse(GROUPS + "quorum both\n")
    for count in range(6):
        for signers in itertools.combinations(range(5), count):
            note = sign_note(TEXT, [LOG, *(WITNESSES[n] for n in signers)])
            if sum(n < 3 for n in signers) >= 2 and any(n >= 3 for n in signers):
                assert len(policy.open_checkpoint(note).cosigners) == count
            else:
                with pytest.raises(NoteRejected):
                    policy.open_checkpoint(note)


def test_one_witness_signing_twice_counts_once():
    policy = Policy.parse(f"log {LOG.vkey}\n{X}group two 2 x0 x1 x2\nquorum two\n")
    later = Signer(WITNESSES[0].name, bytes([40]) * 32, cosigns_at=1_800_000_000)
    with pytest.raises(NoteRejected):
        policy.open_checkpoint(sign_note(TEXT, [LOG, WITNESSES[0], later]))
    policy.open_checkpoint(sign_note(TEXT, [LOG, WITNESSES[0], WITNESSES[1]]))


@pytest.mark.parametrize("signers", [[FORGER], WITNESSES[:1], [FORGER, *WITNESSES]])
def test_witnesses_do_not_stand_in_for_the_log(signers):
    with pytest.raises(NoteRejected):
        Policy.parse(GROUPS + "quorum none\n").open_checkpoint(sign_note(TEXT, signers))


def test_a_listed_log_cannot_sign_under_another_origin():
    policy = Policy.parse(f"log {LOG.vkey}\nquorum none\n")
    with pytest.raises(NoteRejected):
        policy.open_checkpoint(sign_note(Checkpoint("other.example", 0, EMPTY_HEAD).text, [LOG]))


def test_blank_lines_comments_tabs_and_opaque_names_are_allowed():
    log = f"# a comment – with a dash\n\n \t\n\tlog\t{LOG.vkey} \n"
    policy = Policy.parse(f"{log}  # more\nwitness Κ {WITNESSES[0].vkey}\nquorum Κ\n")
    assert ([log.vkey.name for log in policy.logs], list(policy.witnesses)) == ([LOG.name], ["Κ"])


SAME_KEY = Signer("another.name", bytes([40]) * 32, cosigns_at=0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum none",
        "quorum none\nquorum none\n",
        "quorum x\n",
        "quorum\n",
        "quorum none x\n",
        "quorum none\r\n",
        "quorum\u00a0none\n",
        "quorum none\n\x7f\n",
        "quorum none\n\x0b\n",
        "Quorum none\n",
        "log\nquorum none\n",
        f"log {LOG.vkey} a b\nquorum none\n",
        f"log {WITNESSES[0].vkey}\nquorum none\n",
        f"log {LOG.vkey}\nlog {LOG.vkey}\nquorum none\n",
        f"witness none {WITNESSES[0].vkey}\nquorum none\n",
        f"witness w {LOG.vkey}\nquorum none\n",
        f"witness a {WITNESSES[0].vkey}\nwitness a {WITNESSES[1].vkey}\nquorum a\n",
        f"witness a {WITNESSES[0].vkey}\nwitness b {WITNESSES[0].vkey}\nquorum a\n",
        f"witness a {WITNESSES[0].vkey}\nwitness b {SAME_KEY.vkey}\nquorum a\n",
        f"{X}group g 2 x0 x0\nquorum g\n",
        f"{X}group g any x0\ngroup h any x0\nquorum g\n",
        f"{X}group g any g\nquorum g\n",
        f"{X}group g any none\nquorum g\n",
        f"{X}group g any\nquorum g\n",
        f"{X}group g 0 x0\nquorum g\n",
        f"{X}group g 2 x0\nquorum g\n",
        f"{X}group g +1 x0\nquorum g\n",
        f"{X}group g 01 x0\nquorum g\n",
        f"{X}group g most x0\nquorum g\n",
        f"{X}group x0 any x1\nquorum x0\n",
        f"quorum x0\n{X}",
        "# " + "a" * 262_144 + "\nquorum none\n",
    ],
)
def test_a_policy_of_another_shape_is_malformed(text):
    with pytest.raises(Malformed):
        Policy.parse(text)
