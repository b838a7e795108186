"""Successions, good and damaged, that two verifiers are to judge alike."""
# ruff: noqa: E501 - tables of odd files

from collections.abc import Iterator
from random import Random

from audit.checkpoints import Checkpoint
from audit.encoding import to_base64
from audit.merkle import consistency_path, tree_head
from audit.notes import sign_note
from audit.pins import write_pin
from audit.proofs import ConsistencyProof
from audit.succession import KEYLESS, SuccessionFile
from tests.ui.verifying_cases import SEED, Case, flip
from tests.unit.audit.making import FORGER, LOG, WITNESS, MadeLog, Signer
from tests.unit.audit.test_succession import (
    META,
    NEXT,
    NEXT_META,
    OLD,
    file,
    grown,
    meta_file,
    of_meta,
    said,
    watched_pin,
)

FLIPS_OF_FILES, FLIPS_OF_NOTES = 60, 40
LAST = Signer("log.example.net/t/last", b"\x09" * 32)
STRANGER = Signer("log.example.net/t/other", b"\x08" * 32)


def corpus() -> Iterator[Case]:
    """Yield all cases."""
    for what, data, pin in (*_signed(), *_lost(), *_pinned(), *_of_meta_logs()):
        yield Case(f"succession: {what}", data, pin)
    yield from _in_lines()
    yield from _damaged()


Row = tuple[str, bytes, bytes | None]


def of(text: str, *signers: Signer, old: int = 5) -> bytes:
    """Return a file whose one note has this text, whatever it says."""
    log = grown()
    growth = ConsistencyProof(old, tuple(consistency_path(log.hashes, old)), log.checkpoint())
    return SuccessionFile((sign_note(text, list(signers or (LOG, NEXT))),), growth).to_bytes()


def _signed() -> Iterator[Row]:
    """Who signed: the old log and the new one."""
    pin = OLD.pin(5)
    yield "good", file(), pin
    for what, signers in {
        "the new alone": (NEXT,), "the old alone": (LOG,), "a forger for the old": (FORGER, NEXT), "a forger for the new": (LOG, FORGER),
        "forgers": (FORGER,), "the other way round": (NEXT, LOG), "one more": (LOG, NEXT, STRANGER), "the old twice": (LOG, LOG, NEXT),
    }.items():  # fmt: skip
        yield what, file(signers=signers), pin
        yield f"{what}, no pin", file(signers=signers), None
    text = said().text
    for what, other in (("old", LOG), ("new", NEXT)):
        wrong = sign_note(text + "x\n", [other]).partition(b"\n\n")[2]
        right = sign_note(text, [NEXT if other is LOG else LOG]).partition(b"\n\n")[2]
        growth = SuccessionFile.parse(file()).growth
        note = text.encode() + b"\n" + wrong + right
        yield f"another text by the {what}", SuccessionFile((note,), growth).to_bytes(), pin
    log = grown()
    foreign = sign_note(Checkpoint(LOG.name, 10, tree_head(log.hashes)).text, [NEXT])
    for what, note in {
        "the old log's name": foreign, "signed by the old": sign_note(Checkpoint(NEXT.name, 10, tree_head(log.hashes)).text, [LOG]),
        "no checkpoint": sign_note(said().text, [NEXT]), "nothing": b"x\n\n",
    }.items():  # fmt: skip
        growth = ConsistencyProof(5, tuple(consistency_path(log.hashes, 5)), note)
        yield f"newest: {what}", SuccessionFile((sign_note(text, [LOG, NEXT]),), growth).to_bytes(), pin


def _lost() -> Iterator[Row]:
    """How many events were given up, and how the file says it."""
    for size in (0, 1, 4, 5, 6, 7, 9):
        yield f"pin of {size}", file(max(size, 1)), OLD.pin(size)
        yield f"pin of {size}, growth from 5", file(5), OLD.pin(size)
        yield f"pin of {size}, forked", file(max(size, 1), statement=said("forked")), OLD.pin(size)
        yield (
            f"pin of {size}, keyless",
            file(max(size, 1), statement=said(KEYLESS), signers=(NEXT,)),
            OLD.pin(size),
        )
    for kept in (0, 5, 6, 9, 10):
        yield f"kept {kept} of 9", file(5, statement=said(kept=min(kept, 9))), OLD.pin(5)
    other = MadeLog(10, signer=NEXT, story="nothing of yours")
    yield "another history", file(log=other), OLD.pin(5)
    yield "another history, forked", file(log=other, statement=said("forked")), OLD.pin(5)
    yield "another history, keyless", file(log=other, statement=said(KEYLESS)), OLD.pin(5)
    yield "nothing after what was kept", file(log=grown(more=0)), OLD.pin(5)
    right = said().text
    for old, new in (
        ("behind", "lost"), ("promised 9", "promised 8"), ("promised 9", "promised 09"), ("kept 6", "kept 9"), ("kept 6", "kept -6"),
        ("kept ", "kept  "), ("succession/v1", "succession/v2"), (LOG.name, NEXT.name), (LOG.name, ""), (LOG.name, STRANGER.name),
        (NEXT.vkey, LOG.vkey), (NEXT.vkey, NEXT.vkey[:-1]), (to_base64(said().kept.root), to_base64(bytes(32))), ("\nkept", "\nkept 6\nkept"),
        (NEXT.vkey, WITNESS.vkey),
    ):  # fmt: skip
        yield f"{old!r} as {new!r}", of(right.replace(old, new, 1)), OLD.pin(5)
    yield "a line more", of(right + "more\n"), OLD.pin(5)
    yield "a checkpoint", of(Checkpoint(LOG.name, 9, tree_head(OLD.hashes)).text), OLD.pin(5)


def _pinned() -> Iterator[Row]:
    data, note = file(), OLD.checkpoint(5)
    yield "no pin", data, None
    yield "a pin that is none", data, b"# ringfence-audit-pin/1\nx\n"
    yield "the new log's pin", data, grown().pin(5)
    yield "a forger's pin", data, MadeLog(9, signer=FORGER).pin(5)
    yield "a stranger's pin", data, MadeLog(9, signer=STRANGER).pin(5)
    for what, policy in {
        "an address": f"log {LOG.vkey} https://log.example.net/\nquorum none\n",
        "spaces": f"# x\n\n \tlog \t {LOG.vkey}\thttps://x/ \nquorum  none\n",
        "a witness": f"log {LOG.vkey}\nwitness w {WITNESS.vkey}\nquorum none\n",
        "two logs": f"log {STRANGER.vkey}\nlog {LOG.vkey}\nquorum none\n",
        "the next log too": f"log {NEXT.vkey}\nlog {LOG.vkey}\nquorum none\n",
        "a comment with it": f"# log {LOG.vkey}\nlog {LOG.vkey}\nquorum none\n",
    }.items():
        yield f"pin with {what}", data, write_pin(policy, note)
    wanting = f"log {LOG.vkey}\nwitness w {WITNESS.vkey}\nquorum w\n"
    cosigned = sign_note(Checkpoint(LOG.name, 5, tree_head(OLD.hashes[:5])).text, [LOG, WITNESS])
    yield "pin that wants a witness, which is missing", data, write_pin(wanting, cosigned)


def _of_meta_logs() -> Iterator[Row]:
    own, pin = sign_note(said().text, [LOG, NEXT]), watched_pin()
    alone = meta_file(of_meta())
    both = meta_file(of_meta(), notes=(own,), log=grown())
    for whose, kept in {"its": pin, "a later": watched_pin(7), "a plain": OLD.pin(5), "no": None}.items():
        yield f"meta alone, {whose} pin", alone, kept
        yield f"meta and log, {whose} pin", both, kept
    for what, note in {
        "by the new alone": of_meta(signers=(NEXT_META,)), "by the old alone": of_meta(signers=(META,)), "by a forger": of_meta(signers=(FORGER, NEXT_META)),
        "keyless": of_meta(KEYLESS, signers=(NEXT_META,)), "forked": of_meta("forked"), "of a stranger": of_meta(signers=(STRANGER, NEXT_META), origin=STRANGER.name),
        "of the log": own,
    }.items():  # fmt: skip
        yield f"meta {what}", meta_file(note), pin
        yield f"meta {what}, and log", meta_file(note, notes=(own,), log=grown()), pin
        yield f"meta {what}, no pin", meta_file(note), None
    yield "meta twice", meta_file(of_meta(), of_meta()), pin
    yield "meta, another history", meta_file(of_meta(), log=MadeLog(9, story="others")), pin
    yield "neither", meta_file(), pin
    lines = both.split(b"\n")
    lines[1], lines[2] = lines[2], lines[1]
    yield "meta first", b"\n".join(lines), pin
    randomly = Random(SEED)
    for _ in range(FLIPS_OF_NOTES):
        what, bad = flip("meta", of_meta(), randomly)
        yield what, meta_file(bad), pin
        what, bad = flip("file of both", both, randomly)
        yield what, bad, pin
        what, bad = flip("watched pin", pin, randomly)
        yield what, both, bad


def _in_lines() -> Iterator[Case]:
    log = grown(LAST)
    first = sign_note(said().text, [LOG, NEXT])
    second = sign_note(said(origin=NEXT.name, vkey=LAST.vkey).text, [NEXT, LAST])
    astray = sign_note(said(origin=STRANGER.name, vkey=LAST.vkey).text, [NEXT, LAST])
    growth = ConsistencyProof(5, tuple(consistency_path(log.hashes, 5)), log.checkpoint())
    for what, notes in {
        "two": (first, second), "the second alone": (second,), "the other way round": (second, first), "astray": (first, astray),
        "twice the first": (first, first, second), "many": (first,) * 101,
    }.items():  # fmt: skip
        for whose, pin in {
            "old": OLD.pin(5),
            "middle": grown(NEXT).pin(5),
            "new": log.pin(5),
            "no": None,
        }.items():
            yield Case(f"line: {what}, {whose} pin", SuccessionFile(notes, growth).to_bytes(), pin)


def _damaged() -> Iterator[Case]:
    randomly, data, pin = Random(SEED), file(), OLD.pin(5)
    found = SuccessionFile.parse(data)
    header, note, growth = data.split(b"\n")[:3]
    for what, bad in {
        "no growth": b"\n".join((header, note, b"")), "no note": b"\n".join((header, growth, b"")), "CRLF": data.replace(b"\n", b"\r\n"),
        "no end": data[:-1], "more": data + b"\n", "the header alone": header, "growth first": b"\n".join((header, growth, note, b"")),
        "too large": data + b"x" * 2_000_000, "two growths": b"\n".join((header, note, growth, growth, b"")), "a mark": b"\xef\xbb\xbf" + data,
        "a space": data.replace(b"note ", b"note  "), "not canonical": data.replace(b"note ", b"note =", 1),
    }.items():  # fmt: skip
        yield Case(f"file: {what}", bad, pin)
    for _ in range(FLIPS_OF_FILES):
        what, bad = flip("file", data, randomly)
        yield Case(what, bad, pin)
    for _ in range(FLIPS_OF_NOTES):
        what, bad = flip("note", found.notes[0], randomly)
        yield Case(what, SuccessionFile((bad,), found.growth).to_bytes(), pin)
        what, bad = flip("growth", found.growth.to_bytes(), randomly)
        file_ = b"\n".join((header, note, b"growth " + to_base64(bad).encode(), b""))
        yield Case(what, file_, pin)
    for _ in range(FLIPS_OF_NOTES):
        what, bad = flip("pin", pin, randomly)
        yield Case(what, data, bad)
