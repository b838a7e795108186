"""Bundles that bring time-stamps: judged with and without an authority that is trusted, and with every thing wrong."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from audit.errors import Equivocation, EvidenceRefused, Malformed, NoteRejected, ProofRejected
from audit.manifest import FORMAT, FORMAT_WITH_TIMESTAMPS
from audit.meta import requirement, with_requirement
from audit.pins import Pin, write_pin
from audit.policy import Policy
from audit.proofs import TlogProof
from audit.stamped import DAYS_KEPT, MOST_STAMPS, Stamped, chosen
from audit.timestamps.trust import parse_trusted
from audit.verify.__main__ import main
from audit.verify.judge import Verdict, judge
from audit.verify.words import in_words
from tests.audit.authority import OPENSSL, TIME_STAMPING, Authority, issue, openssl_verifies
from tests.unit.audit.making import FORGER, MadeLog, Signer, members_of, packed
from tests.unit.audit.stamping import (
    META,
    TSA,
    below,
    exchanged,
    growth_of,
    selection,
    stamped,
    token_over,
    whole,
)

ROOTS = [TSA.root.certificate]
OTHER = Authority.new("Somebody else's time")
AT = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
W = Signer("w1.example/w", b"\x06" * 32, cosigns_at=1_800_000_000)


@pytest.fixture(scope="module")
def log() -> MadeLog:
    return MadeLog(9)


def pin_of(log: MadeLog, size: int = 3) -> Pin:
    return Pin.parse(log.pin(size))


def words_of(bundle: bytes, pin: Pin | None, roots=ROOTS) -> str:
    return "\n".join(in_words(judge(bundle, pin, trusted=roots), most_events=0))


def made_over(log: MadeLog, authority: Authority, size: int = 7) -> bytes:
    """Return a bundle with a time-stamp that no platform would have put there: put together of its members."""
    good = stamped(log, size)
    bad = replace(good, token=token_over(TlogProof.parse(good.proof).checkpoint, authority))
    return exchanged(log, bad, size)


@pytest.mark.parametrize("size", [1, 7, 8, 9])
def test_it_says_how_much_there_was_by_when_and_who_says_so(log, size):
    good = stamped(log, size, authority=TSA.but(at=AT))
    for bundle in (whole(log, good), selection(log, good, since=3)):
        report = judge(bundle, pin_of(log), trusted=ROOTS)
        assert report.verdict is Verdict.GOOD
        line = f"This log had at least {size} events by 2026-03-01 12:00:05Z, says CN=Time of \\<tests\\>."
        assert f"  {line}" in in_words(report, most_events=0)
        told = json.loads(members_of(bundle)["manifest.json"])
        assert told["format"] == FORMAT_WITH_TIMESTAMPS
        assert [(each["size"], each["of"]) for each in told["timestamps"]] == [(size, 7)]
    assert "RFC 3161" in members_of(whole(log, good))["README.txt"].decode()


def test_without_a_certificate_the_words_say_that_it_is_not_proven(log):
    bundle = whole(log, stamped(log, 7, authority=TSA.but(at=AT)))
    report = judge(bundle, pin_of(log))
    assert report.verdict is Verdict.GOOD
    said = words_of(bundle, pin_of(log), ())
    assert "at least 7 events by 2026-03-01 12:00:05Z: the time was stated by CN=Time of \\<tests\\>" in said
    assert "whose certificate you did not give; not proven (see --tsa)" in said


def test_a_certificate_that_nothing_leads_to_is_not_enough(log):
    both = whole(log, stamped(log, 4, before=2, authority=OTHER), stamped(log, 7))
    assert judge(both, pin_of(log), trusted=ROOTS).verdict is Verdict.GOOD
    said = words_of(both, pin_of(log))
    assert "had at least 7 events by" in said.replace("This log had", "had")
    assert "leads to none that you gave; not proven" in said
    stranger = judge(whole(log, stamped(log, 7)), pin_of(log), trusted=[OTHER.root.certificate])
    assert stranger.verdict is Verdict.NOT_ANCHORED
    assert "none leads to a certificate that you gave" in (stranger.why_not_anchored or "")
    nothing = judge(log.whole(), pin_of(log), trusted=ROOTS)
    assert nothing.verdict is Verdict.NOT_ANCHORED
    assert "the bundle brings none" in (nothing.why_not_anchored or "")


def test_the_authoritys_own_certificate_may_be_what_is_trusted(log):
    between = issue("B", TSA.root)
    longer = Authority(issue("S", between, usages=TIME_STAMPING), (between,), root=TSA.root)
    for authority, trusted in (
        (TSA, TSA.signer),
        (longer, TSA.root),
        (longer, between),
        (longer, longer.signer),
    ):
        bundle = whole(log, stamped(log, 7, authority=authority))
        assert judge(bundle, pin_of(log), trusted=[trusted.certificate]).stamps[0].proven


def test_bundles_without_one_are_what_they_were(log):
    bundle = log.whole()
    assert json.loads(members_of(bundle)["manifest.json"])["format"] == FORMAT
    assert "timestamps" not in json.loads(members_of(bundle)["manifest.json"])
    assert judge(bundle, pin_of(log)).verdict is Verdict.GOOD
    assert judge(bundle, None).verdict is Verdict.NOT_ANCHORED
    assert judge(whole(log, stamped(log, 7)), None, trusted=ROOTS).stamps[0].proven


FALSE: dict[str, tuple[Callable[[Authority], Authority], str]] = {
    "imprint": (lambda a: a.but(imprint=bytes(32)), "over something else"),
    "kind of hash": (lambda a: a.but(hash_name="sha3_256"), "another kind of hash"),
    "refused": (lambda a: a.but(status="rejection"), "refused with status 2"),
    "signature": (lambda a: a.but(signed_by=ec.generate_private_key(ec.SECP256R1())), "signature is wrong"),
    "another's name on it": (lambda a: Authority.new("Time of <tests>"), "does not hold"),
    "unnamed": (lambda a: a.but(names_itself=False), "does not name the certificate"),
    "purpose": (
        lambda a: a.but(signer=issue("S", a.root, usages=(ExtendedKeyUsageOID.CODE_SIGNING,))),
        "not for time-stamping alone",
    ),
    "purposes": (
        lambda a: a.but(signer=issue("S", a.root, usages=(*TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING))),
        "not for time-stamping alone",
    ),
    "not critical": (
        lambda a: a.but(signer=issue("S", a.root, usages=TIME_STAMPING, critical=False)),
        "not for time-stamping alone",
    ),
    "ended": (
        lambda a: a.but(signer=issue("S", a.root, usages=TIME_STAMPING, ended=True)),
        "not valid at validation time",
    ),
    "before its time": (lambda a: a.but(at=AT - timedelta(days=9_000)), "not valid at validation time"),
    "issued by no authority": (
        lambda a: a.but(signer=issue("S", a.signer, usages=TIME_STAMPING), between=(a.signer,)),
        "basicConstraints",
    ),
}


@pytest.mark.parametrize("what", FALSE)
def test_a_false_token_is_rejected_and_not_passed_over(log, what, tmp_path, capsys):
    make, words = FALSE[what]
    bundle = made_over(log, make(TSA))
    with pytest.raises(EvidenceRefused, match=words):
        judge(bundle, pin_of(log), trusted=ROOTS)
    for name, content in (("b", bundle), ("pin", log.pin(3)), ("tsa", TSA.root.pem)):
        (tmp_path / name).write_bytes(content)
    asked = ["bundle", str(tmp_path / "b"), "--pin", str(tmp_path / "pin"), "--tsa", str(tmp_path / "tsa")]
    assert main(asked) == Verdict.PROOF_WRONG
    assert capsys.readouterr().out.startswith("WRONG")
    assert main(["full", *asked[1:], "--json"]) == Verdict.PROOF_WRONG


def test_a_foreign_note_is_rejected(log):
    good, fork = stamped(log, 7), log.forked(9, at=5)
    stranger = MadeLog(9, signer=Signer("audit.example.com/rival", b"\x08" * 32))
    forged = MadeLog(9, signer=FORGER)
    other = below(log.checkpoint(7), 6, Signer("audit.example.com/meta", b"\x09" * 32))
    nothing = replace(below(log.checkpoint(7), 6), extra=None)
    apart = TlogProof.parse(good.proof)
    wrong: list[tuple[Stamped, type[EvidenceRefused]]] = [
        # Another log's checkpoint, this log's by a forger, and one of a history that this one does not continue.
        (replace(stamped(stranger, 7), growth=growth_of(log, 7)), NoteRejected),
        (replace(stamped(forged, 7), growth=growth_of(log, 7)), NoteRejected),
        (stamped(log, 7, told=fork), ProofRejected),
        # A note that was not stamped, and one below which this log's checkpoint does not stand.
        (replace(good, proof=other.to_bytes()), ProofRejected),
        (replace(good, proof=replace(apart, index=apart.index - 1).to_bytes()), ProofRejected),
        (replace(good, proof=nothing.to_bytes()), Malformed),
        (replace(good, growth=growth_of(log, 6)), ProofRejected),
        (replace(good, growth=b""), Malformed),
        (replace(good, token=b""), Malformed),
        (replace(good, token=good.token + b"\0"), Malformed),
    ]
    for bad, kind in wrong:
        with pytest.raises(kind):
            whole(log, bad)
        with pytest.raises(kind):
            judge(exchanged(log, bad), pin_of(log), trusted=ROOTS)


def test_two_roots_of_one_size_are_an_equivocation(log):
    fork = log.forked(9, at=5)
    bad = Stamped(stamped(fork, 9).proof, growth_of(log, 9), stamped(fork, 9).token)
    with pytest.raises(Equivocation) as found:
        judge(exchanged(log, bad, 9), pin_of(log))
    assert found.value.notes == (fork.checkpoint(9), log.checkpoint())
    # Without a proof from the pin a selection says nothing; a time-stamp over another root of its size does.
    assert judge(selection(fork, stamped(fork, 6)), pin_of(log, 7)).verdict is Verdict.NOT_ANCHORED
    with pytest.raises(Equivocation) as found:
        judge(selection(fork, stamped(fork, 7)), pin_of(log, 7))
    assert found.value.notes == (log.checkpoint(7), fork.checkpoint(7))


def test_where_the_pin_names_the_meta_log_its_key_must_have_signed(log):
    named = Policy.parse(f"witness one {W.vkey}\nquorum one\n")
    policy = with_requirement(log.policy, requirement(META.vkey, named, 1))
    pin = Pin.parse(write_pin(policy, log.checkpoint(3)))
    strange = Signer("audit.example.com/meta", b"\x09" * 32)
    assert judge(whole(log, stamped(log, 7)), pin, trusted=ROOTS).stamps[0].proven
    with pytest.raises(NoteRejected):
        judge(whole(log, stamped(log, 7, signer=strange)), pin, trusted=ROOTS)
    with pytest.raises(NoteRejected):
        whole(log, stamped(log, 7, signer=strange), policy=policy)
    other = below(log.checkpoint(7), 6, origin="audit.example.com/another")
    elsewhere = Stamped(other.to_bytes(), growth_of(log, 7), token_over(other.checkpoint))
    with pytest.raises(ProofRejected, match="another log than the meta-log"):
        judge(whole(log, elsewhere), pin, trusted=ROOTS)


def test_no_byte_of_a_time_stamp_is_unexamined(log):
    members, pin = members_of(whole(log, stamped(log, 7))), pin_of(log)
    ours = [name for name in members if name.startswith("timestamps/")]
    assert len(ours) == 4
    for name in ours:
        content = members[name]
        for place in range(0, len(content), 1 if len(content) < 600 else 7):
            changed = bytearray(content)
            changed[place] ^= 1
            with pytest.raises(EvidenceRefused):
                judge(packed(members | {name: bytes(changed)}), pin, trusted=ROOTS)
        rest = {each: content for each, content in members.items() if each != name}
        with pytest.raises(Malformed):
            judge(packed(rest), pin)
    without = {each: content for each, content in members.items() if each not in ours}
    with pytest.raises(ProofRejected):
        judge(packed(without), pin)
    for strange in ("timestamps/7.tsr", "timestamps/000000000007.txt", "timestamps/000000000008.tsr"):
        with pytest.raises(Malformed):
            judge(packed(members | {strange: b"x"}), pin)
    moved = {each.replace("000000000007", "000000000008"): content for each, content in members.items()}
    with pytest.raises(ProofRejected):
        judge(packed(moved), pin)


def test_there_are_not_more_than_a_reader_wants_to_wait_for(log):
    members = members_of(log.whole())
    for n in range(MOST_STAMPS + 1):
        members |= stamped(log, 7, before=n).members()
    with pytest.raises(Malformed, match="at most"):
        judge(packed(members), pin_of(log))


@pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine, which is asked here")
def test_openssl_verifies_what_stands_in_the_bundle(log, tmp_path):
    members = members_of(whole(log, stamped(log, 7)))
    note, token = (members[f"timestamps/000000000007{part}"] for part in (".checkpoint", ".tsr"))
    assert openssl_verifies(tmp_path, note, token, TSA.root)
    assert not openssl_verifies(tmp_path, note + b" ", token, TSA.root)


def test_the_command_takes_certificates_and_says_what_they_prove(log, tmp_path, capsys):
    (tmp_path / "b").write_bytes(whole(log, stamped(log, 7)))
    (tmp_path / "pin").write_bytes(log.pin(3))
    (tmp_path / "tsa").write_bytes(OTHER.root.pem + TSA.root.pem)
    asked = ["full", str(tmp_path / "b"), "--pin", str(tmp_path / "pin")]
    assert main(asked) == 0
    assert "not proven" in capsys.readouterr().out
    assert main([*asked, "--tsa", str(tmp_path / "tsa")]) == 0
    assert "This log had at least 7 events by " in capsys.readouterr().out
    assert main([*asked, "--tsa", str(tmp_path / "tsa"), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["timestamps"]
    assert (told["events"], told["authority"], told["proven"]) == (7, "CN=Time of \\<tests\\>", True)
    assert main([*asked, "--tsa", str(tmp_path / "pin")]) == Verdict.MALFORMED
    assert main([*asked, "--tsa", str(tmp_path / "none")]) == Verdict.MALFORMED


def test_a_strange_name_moves_no_cursor(log):
    said = words_of(whole(log, stamped(log, 7, authority=Authority.new("T\x1b[2J"))), pin_of(log), ())
    assert "\x1b" not in said


def test_a_bundle_brings_one_a_day_then_one_a_month_and_no_more():
    first = datetime(2020, 1, 1, 3, tzinfo=UTC)
    # Each day two, of which the second is over a checkpoint that grew at noon; nothing grows on a Sunday.
    told = []
    for day in range(2_500):
        at = first + timedelta(days=day)
        grown = day - (day + 3) // 7
        told += [(at, 10 * grown, f"{day}a"), (at + timedelta(hours=12), 10 * grown + 5, f"{day}b")]
    found = chosen(told)
    assert len(found) == MOST_STAMPS
    assert found[-1] == max((at, name) for at, _, name in told if name in found)[1]
    assert all(name.endswith("b") for name in found), "the last of a day says more than the first"
    days = [int(name[:-1]) for name in found]
    assert days == sorted(days)
    newest = days[-DAYS_KEPT:]
    assert newest[-1] - newest[0] < 45
    months = [f"{first + timedelta(days=day):%Y-%m}" for day in days[:-DAYS_KEPT]]
    assert len(months) == len(set(months)) == MOST_STAMPS - DAYS_KEPT
    assert chosen([(first + timedelta(days=n), 1, n) for n in range(5)]) == [0], (
        "nothing grew: the first says it all"
    )
    assert chosen([]) == []


def test_certificates_are_read_strictly():
    assert parse_trusted(TSA.root.pem + OTHER.root.pem) == [TSA.root.certificate, OTHER.root.certificate]
    for bad in (b"", b"x", TSA.root.key_pem):
        with pytest.raises(Malformed):
            parse_trusted(bad)
