"""Whatever the bytes, a parser reads them, refuses them in a known way, and does nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import leaf
from audit.archive import read_archive
from audit.attestation import Attestation
from audit.attestation_file import AttestationFile
from audit.bundle import parse_body_line
from audit.checkpoints import Checkpoint
from audit.cosigners import Cosigner
from audit.dsse import Envelope
from audit.errors import EvidenceRefused, Malformed, NoteRejected, Unsound
from audit.frontier import Frontier
from audit.notes import Vkey, open_note
from audit.pins import Pin
from audit.policy import Policy
from audit.proofs import ConsistencyProof, TlogProof
from audit.succession import Succession, SuccessionFile
from audit.tiles import build_entry_bundle, parse_entry_bundle, parse_tile_path
from audit.verify.judge import judge
from audit.witness.judging import NOTHING, Refused, check_growth, read_submission, trusted_logs
from tests.unit.audit.attesting import attestation, envelope, file_of
from tests.unit.audit.making import LOG, WITNESS, MadeLog, members_of, packed
from tests.unit.audit.test_succession import file as succession_file
from tests.unit.audit.test_succession import said

MADE = MadeLog(9)
WHOLE, SELECTION = MADE.whole(), MADE.selection([1, 4], since=5)
MEMBERS = {"whole": members_of(WHOLE), "selection": members_of(SELECTION)}
CHECKPOINT = MADE.checkpoint()
PROOF = MEMBERS["selection"]["proofs/000000000004.tlog-proof"]
BODY = MEMBERS["whole"]["bodies/000000000000.jsonl"].split(b"\n")[0]
POLICY = f"log {LOG.vkey}\nwitness w {WITNESS.vkey}\ngroup g any w\nquorum g\n".encode()
PIN = Pin.parse(MADE.pin(5))


def of_text(parse):
    # Surrogates stand for bytes that are no UTF-8, as a caller's lenient decoding may leave them.
    return lambda content: parse(content.decode("utf-8", "surrogateescape"))


LATER = Cosigner.mldsa44("witness.example.net/w2", b"\x02" * 32, clock=lambda: 1_700_000_000)
COSIGNED = CHECKPOINT + LATER.sign(CHECKPOINT.split(b"\n\n")[0] + b"\n").encode()


REFUSALS = {400, 403, 404, 409, 422}


def submitted(content):
    """A witness has one of its refusals for whatever bytes come."""
    try:
        check_growth(read_submission(content, trusted_logs([LOG.vkey])), NOTHING)
    except Refused as refused:
        if refused.status in REFUSALS:
            raise Malformed(str(refused)) from None
        raise


PARSERS = {
    "vkey": (of_text(Vkey.parse), LOG.vkey.encode()),
    "long vkey": (of_text(Vkey.parse), str(LATER.vkey).encode()),
    "cosigned note": (lambda content: open_note(content, [LATER.vkey]), COSIGNED),
    "submission": (submitted, ConsistencyProof(0, (), CHECKPOINT).to_bytes()),
    "note": (lambda content: open_note(content, [Vkey.parse(LOG.vkey)]), CHECKPOINT),
    "checkpoint": (of_text(Checkpoint.parse), CHECKPOINT.split(b"\n\n")[0] + b"\n"),
    "policy": (of_text(Policy.parse), POLICY),
    "pin": (Pin.parse, MADE.pin()),
    "proof": (TlogProof.parse, PROOF),
    "consistency": (ConsistencyProof.parse, MEMBERS["selection"]["consistency"]),
    "succession": (of_text(Succession.parse), said().text.encode()),
    "succession file": (SuccessionFile.parse, succession_file()),
    "tile path": (of_text(parse_tile_path), b"tile/0/x001/005.p/17"),
    "entry bundle": (parse_entry_bundle, build_entry_bundle([b"a", b"bc", b""])),
    "leaf": (leaf.parse, MADE.leaves[0].encoded),
    "json": (leaf.parse_canonical_json, b'{"a":["\xc3\xa4",1,null],"b":{"c":true}}'),
    "body line": (parse_body_line, BODY),
    "frontier": (Frontier.from_bytes, Frontier().append(MADE.hashes).to_bytes()),
    "attestation": (Attestation.parse, attestation().to_bytes()),
    "envelope": (Envelope.parse, envelope(attestation().to_bytes()).to_bytes()),
    "attestation file": (AttestationFile.parse, file_of(attestation().to_bytes()).to_bytes()),
    "archive": (lambda content: read_archive(memoryview(content)), packed({"a": b"1", "b/c": b"2"})),
}

PIECES = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [b"\n", b"\n\n", b" ", b"0", b"-1", b"+", b"=", b"\r", b"\0", b"\xe2\x80\xa8", b"\xff" * 8]
    ),
)


@st.composite
def mutants(draw, good):
    """Cut, doubled and overwritten variants of a good input, or bytes from nowhere."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.binary(max_size=200))
    content = good
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 12)))
        content = content[:start] + draw(PIECES) + content[end:]
    return content


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_reads_its_own_format(name):
    parse, good = PARSERS[name]
    parse(good)


def fuzz(name, examples):
    parse, good = PARSERS[name]

    @settings(max_examples=examples, deadline=None, database=None)
    @given(mutants(good))
    def refuses_or_reads(content):
        try:
            parse(content)
        except (Malformed, NoteRejected, Unsound):
            # Unsound: what an attestation says of itself parses, and cannot be.
            return

    refuses_or_reads()


@pytest.mark.parametrize("name", PARSERS)
def test_no_bytes_make_a_parser_fail_otherwise(name):
    fuzz(name, 80)


@pytest.mark.long
@pytest.mark.parametrize("name", PARSERS)
def test_no_bytes_make_a_parser_fail_otherwise_in_many_trials(name):
    fuzz(name, 2_000)


def fuzz_bundles(examples):
    @settings(max_examples=examples, deadline=None, database=None)
    @given(st.data(), st.sampled_from(sorted(MEMBERS)), st.booleans())
    def refuses_or_is_unchanged(data, kind, with_pin):
        members = dict(MEMBERS[kind])
        name = data.draw(st.sampled_from(sorted(members)))
        members[name] = data.draw(mutants(members[name]))
        try:
            judge(packed(members), PIN if with_pin else None)
        except EvidenceRefused:
            return
        assert members == MEMBERS[kind]

    refuses_or_is_unchanged()


def test_no_change_to_a_member_goes_unnoticed():
    fuzz_bundles(100)


@pytest.mark.long
def test_no_change_to_a_member_goes_unnoticed_in_many_trials():
    fuzz_bundles(2_000)
