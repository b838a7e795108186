"""Bundles and pins, good and damaged, that two verifiers are to judge alike."""
# ruff: noqa: E501 - tables of odd texts

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from random import Random

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from audit import leaf
from audit.bundle import Entry, write_selection, write_whole_log
from audit.checkpoints import Checkpoint
from audit.cosignatures import mldsa44_message
from audit.encoding import to_base64
from audit.leaf import Half, canonical_json
from audit.manifest import Brought
from audit.merkle import consistency_path, inclusion_path, leaf_hash, tree_head
from audit.meta import with_requirement
from audit.notes import NoteSigner, sign_note
from audit.pins import write_pin
from audit.watched import GROWTH, PROOF, Watched
from tests.unit.audit import test_watched as of_witnesses
from tests.unit.audit.making import FORGER, LOG, WITNESS, MadeLog, Signer, members_of, packed

SEED = 5_4600
FLIPS_OF_FILES, FLIPS_OF_MEMBERS, FLIPS_OF_PINS = 30, 100, 40
"""Of a small bundle; of a long one a third."""


@dataclass(frozen=True, slots=True)
class Case:
    """One bundle under one pin; None where the reader has none."""

    what: str
    bundle: bytes = field(repr=False)
    pin: bytes | None = field(repr=False)
    tsa: bytes | None = field(default=None, repr=False)
    """The certificates of authorities that the reader trusts, as PEM."""


MADE = MadeLog(9)
LONG = MadeLog(300)
ITEM = "0192a3b4-c5d6-7e8f-9a0b-1c2d3e4f5a6b"


@cache
def told() -> MadeLog:
    """A log in which an item is sent to people, alone and in a batch, and two of them are erased."""
    made = MadeLog(6)
    ann, bob = {"actor": "ann", "role": "labeler"}, {"actor": "bob\u2028"}
    stories = [
        ({"verb": "task.delivered", "object": ITEM, "detail": {}}, ann),
        ({"verb": "task.delivered", "object": "other", "detail": {"objects": [[ITEM, "x"], "y"]}}, bob),
        ({"verb": "task.released", "object": ITEM, "detail": {"n": 2**70, "to": None, "yes": True}}, {}),
        ({"verb": "task.delivered", "object": "other", "detail": {"objects": {"a": "\x7f\x00\t\"\\ü🙂"}}}, bob),
        ({"verb": "audit.erased", "detail": {"ground": "objection", "half": "pii", "indexes": [0, 3, 9]}}, ann),
        ({"verb": "batch.delivered", "object": "z", "detail": {"deep": [{"er": [ITEM]}]}}, {"actor": "cy"}),
    ]  # fmt: skip
    made.leaves = [leaf.build(core, pii, 1_700_000_000_000 + n) for n, (core, pii) in enumerate(stories)]
    return made


def with_verifiers(made: MadeLog, *, selected: bool) -> bytes:
    """Return a bundle that brings both verifiers, of which nobody asks what they say."""
    out = io.BytesIO()
    brought = Brought(verifier=b"print('no')\n", page=b"<p>no</p>\n")
    if selected:
        entries = [made.entry(n, path=inclusion_path(made.hashes, n)) for n in (0, 5)]
        path = consistency_path(made.hashes, 4)
        write_selection(
            out, policy=made.policy, checkpoint=made.checkpoint(), entries=entries, since=made.checkpoint(4),
            consistency=path, brought=brought,
        )  # fmt: skip
    else:
        # Of event 0, who did it is gone, as the last event but one says.
        entries = [made.entry(n) for n in range(len(made.leaves))]
        entries[0] = Entry(0, entries[0].leaf, entries[0].core, None)
        write_whole_log(
            out, policy=made.policy, checkpoint=made.checkpoint(), entries=entries, brought=brought
        )
    return out.getvalue()


def corpus() -> Iterator[Case]:
    """Yield all cases; those with one pin follow each other."""
    yield from _good_and_false()
    yield from _exchanged_members()
    yield from _odd_openings()
    yield from _odd_checkpoints()
    yield from _cosigned()
    yield from _witnessed()
    yield from _flipped()


def _good_and_false() -> Iterator[Case]:
    fork, forged = MADE.forked(9, at=0), MadeLog(9, signer=FORGER)
    bundles = {
        "whole": MADE.whole(),
        "selection": MADE.selection([2, 3, 8], since=5),
        "nothing selected": MADE.selection([], since=5),
        "without a past": MADE.selection([2]),
        "fork": fork.whole(),
        "fork selected": fork.selection([2, 3], since=5),
        "late fork": MADE.forked(9, at=6).whole(),
        "forged": forged.whole(),
        "other log": MadeLog(9, signer=Signer("other.example/log", b"\x01" * 32)).whole(),
        "empty": MadeLog(0).whole(),
        "no file": b"",
        "no zip": b"hello",
    }
    for size in (None, 0, 1, 4, 5, 7, 9):
        pin = None if size is None else MADE.pin(size)
        for what, bundle in bundles.items():
            yield Case(f"{what} under a pin of {size}", bundle, pin)
    yield Case("set back", MadeLog(5).whole(), MADE.pin(9))
    for events in (255, 256, 257, 513):
        made = MadeLog(events)
        yield Case(f"{events} events", made.whole(), made.pin(128))
        yield Case(f"{events} events, selected", made.selection([0, 200, 254], since=128), made.pin(128))
        yield Case(f"fork of {events} events", made.forked(events, at=100).whole(), made.pin(128))
    for selected in (False, True):
        yield Case(f"told, selected: {selected}", with_verifiers(told(), selected=selected), told().pin(4))


def _exchanged_members() -> Iterator[Case]:
    for made, bundle in (
        (told(), with_verifiers(told(), selected=False)),
        (told(), with_verifiers(told(), selected=True)),
        (LONG, LONG.whole()),
    ):
        members, pin = members_of(bundle), made.pin(4)
        for name, content in members.items():
            without = {each: kept for each, kept in members.items() if each != name}
            yield Case(f"without {name}", packed(without), pin)
            yield Case(f"{name} longer", packed({**members, name: content + b"\n"}), pin)
            yield Case(f"{name} shorter", packed({**members, name: content[:-1]}), pin)
            yield Case(f"{name} empty", packed({**members, name: b""}), pin)
        for stray in ("meta/checkpoint", "tile/0/000.p/9", "leaves/1", "leaves/00000000000x", "since", "zz"):
            yield Case(f"with {stray}", packed({**members, stray: b"x"}), pin)
        yield Case("something before", b"x" + bundle, pin)
        yield Case("something after", bundle + b"x", pin)
        yield Case("cut off", bundle[:-1], pin)
        lines = members["bodies/000000000000.jsonl"].split(b"\n")
        swapped = b"\n".join([lines[1], lines[0], *lines[2:]])
        yield Case("lines swapped", packed({**members, "bodies/000000000000.jsonl": swapped}), pin)
        for old, new in (
            (b"{", b"{ "), (b'"index":', b'"index":-'), (b'"index":', b'"index":0'), (b'"index":0', b'"index":true'),
            (b'"core"', b'"care"'), (b'"salt":"', b'"salt":"A'), (b'"text"', b'"test"'), (b"\n", b"\r\n"),
            (b'"index":0', b'"index":99999999999999999999'), (b"\\\"", b"\\u0022"), (b"\n", b"\n\n"),
        ):  # fmt: skip
            changed = members["bodies/000000000000.jsonl"].replace(old, new, 1)
            yield Case(f"{old!r} to {new!r}", packed({**members, "bodies/000000000000.jsonl": changed}), pin)


ODD_JSON = (
    "{}", '{"a":1}', '{"a":1.0}', '{"a":1e3}', '{"a":-0}', '{"a":01}', '{"a":-1}', '{"a":+1}', '{"a":NaN}', '{"a":Infinity}',
    '{"b":1,"a":2}', '{"a":1,"a":1}', '{"a": 1}', '{"a":1} ', '[1]', '1', '"x"', "null", "", "{", '{"a":tru}', "{'a':1}",
    '{"a":"\\u0041"}', '{"a":"\\u00e4"}', '{"a":"ä"}', '{"a":"\\ud800"}', '{"a":"\\ud83d\\ude42"}', '{"a":"🙂"}', '{"a":"\\/"}',
    '{"a":"/"}', '{"a":"\\b\\f\\n\\r\\t\\"\\\\"}', '{"a":"\\u0008"}', '{"a":"\\u001f"}', '{"a":"\\u001F"}', '{"a":"\x7f"}',
    '{"a":"\u2028\u2029\ufeff"}', '\ufeff{"a":1}', '{"\uffff":1,"🙂":2}', '{"🙂":2,"\uffff":1}', '{"a":"\n"}', '{"":{"":[]}}',
    '{"a":{},"b":[],"c":[[],{}]}', '{"a":[1,]}', '{"a":[,1]}', '{"a":1,}', '{"a":true,"b":false,"c":null}', '{1:2}',
    '{"a":' + "[" * 31 + "1" + "]" * 31 + "}", '{"a":' + "[" * 32 + "1" + "]" * 32 + "}", '{"a":' + "[" * 32 + "]" * 32 + "}",
    '{"a":' + "[" * 5000 + "]" * 5000 + "}", '{"a":' + "9" * 4300 + "}", '{"a":' + "9" * 4301 + "}", '{"a":-' + "9" * 4300 + "}",
    '{"aa":1,"a":2}', '{"a":2,"aa":1}', '{"a":"\\u00e"}', '{"a":"\\x"}', '{"a":"x', '{"a":1}{}', '{"a":"\ud7ff\ue000"}',
)  # fmt: skip


def _odd_openings() -> Iterator[Case]:
    """Yield logs of one event whose leaf does commit to what is shown, whatever that is."""
    salt, pin = b"\x07" * 32, None
    for text in ODD_JSON:
        opening = salt + text.encode()
        encoded = leaf.encode(leaf._commit(Half.CORE, opening), bytes(32), 1)
        out, note = io.BytesIO(), _signed(Checkpoint(LOG.name, 1, leaf_hash(encoded)).text)
        write_whole_log(out, policy=MADE.policy, checkpoint=note, entries=[Entry(0, encoded)])
        members = members_of(out.getvalue())
        body = {"index": 0, "core": {"salt": to_base64(salt), "text": text}}
        members["bodies/000000000000.jsonl"] = canonical_json(body) + b"\n"
        members["manifest.json"] = members["manifest.json"].replace(b'"core": 0', b'"core": 1')
        yield Case(f"opening {text[:60]!r}", packed(members), pin)


def _signed(text: str, *signers: NoteSigner) -> bytes:
    return sign_note(text, signers or (LOG,))


def _odd_checkpoints() -> Iterator[Case]:
    """Yield logs whose key has signed a text that is no checkpoint, or an odd one."""
    members, head = members_of(MADE.selection([])), to_base64(MADE.hashes[0])
    for text in (
        f"{LOG.name}\n9\n{head}\n", f"{LOG.name}\n09\n{head}\n", f"{LOG.name}\n+9\n{head}\n", f"{LOG.name}\n9 \n{head}\n",
        f"{LOG.name}\n٩\n{head}\n", f"{LOG.name}\n9\n{head}\nextension\n", f"{LOG.name}\n9\n\n{head}\n", f"{LOG.name}\n9\n{head[:-1]}\n",
        f"{LOG.name}\n9\n{head[:-2]}9=\n", f"{LOG.name}\n9\n{to_base64(bytes(31))}\n", f"other\n9\n{head}\n", f"{LOG.name}\n",
        f"{LOG.name}\n{2**63 - 1}\n{head}\n", f"{LOG.name}\n{2**63}\n{head}\n", f"{LOG.name}\n0\n{head}\n", f"{LOG.name}\n{2**60}\n{head}\n",
        f"{LOG.name}\n0\n{to_base64(tree_head([]))}\n", f"{LOG.name}\n9\n{head}\n\n— x y\n", f"\ufeff{LOG.name}\n9\n{head}\n",
    ):  # fmt: skip
        yield Case(f"checkpoint {text!r}", packed({**members, "checkpoint": _signed(text)}), None)
    note = MADE.checkpoint()
    for what, changed in (
        ("no line", note[: note.index(b"\n\n") + 1]), ("twice", note + note[note.index(b"\n\n") + 2 :]), ("CRLF", note.replace(b"\n", b"\r\n")),
        ("unknown line", note + WITNESS.sign(b"x").encode()), ("no dash", note.replace("—".encode(), b"-")), ("tab", note.replace(b" ", b"\t")),
        ("space at the end", note[:-1] + b" \n"), ("no end", note[:-1]), ("bad beside good", note + LOG.sign(b"x").encode()),
        ("not UTF-8", note + b"\xff"), ("short", note + f"— {LOG.name} AAAA\n".encode()), ("wrong name", note.replace(b"\xe2\x80\x94 audit", b"\xe2\x80\x94 xudit")),
    ):  # fmt: skip
        yield Case(f"note: {what}", packed({**members, "checkpoint": changed}), None)
    for policy in (
        "", "quorum none\n", f"log {LOG.vkey}\n", f"log {LOG.vkey}\nquorum none", f"# x\n\n \tlog  {LOG.vkey}\turl\t\nquorum none \n",
        f"log {LOG.vkey}\nlog {LOG.vkey}\nquorum none\n", f"log {LOG.vkey}\nquorum w\n", f"log {WITNESS.vkey}\nquorum none\n",
        f"log {LOG.vkey} a b\nquorum none\n", f"log {LOG.vkey}\nquorum none\nquorum none\n", f"log {LOG.vkey}\r\nquorum none\n",
        f"log {LOG.vkey}\nwitness none {WITNESS.vkey}\nquorum none\n", f"log {LOG.vkey}\nwitness w {WITNESS.vkey}\nquorum none\n",
        f"log {LOG.vkey.replace('+', '++', 1)}\nquorum none\n", f"log {LOG.vkey[:-1]}\nquorum none\n", f"log {LOG.vkey.replace('audit', 'Audit')}\nquorum none\n",
        f"log {LOG.vkey}\nwitness w {WITNESS.vkey}\ngroup g 2 w\nquorum none\n", f"log {LOG.vkey}\nwitness w {WITNESS.vkey}\ngroup g all w w\nquorum none\n",
        f"log {LOG.vkey}\nwitness w {LOG.vkey}\nquorum none\n", f"log {FORGER.vkey}\nquorum none\n", f"log {LOG.vkey}\nlog {FORGER.vkey}\nquorum none\n",
        f"log {LOG.vkey}\n\u00a0\nquorum none\n", f"log {LOG.vkey}\n\x7f\nquorum none\n", f"log {LOG.vkey}\ngroup g any\nquorum none\n",
    ):  # fmt: skip
        yield Case(f"policy {policy!r}", packed({**members, "policy": policy.encode()}), None)
        yield Case(
            f"pin {policy!r}",
            MADE.whole(),
            f"# ringfence-audit-pin/1\n{policy}--- checkpoint\n".encode() + note,
        )


class Quantum:
    """A cosigner with an ML-DSA-44 key."""

    def __init__(self, name: str, seed: bytes) -> None:
        self.name, self._key = name, MLDSA44PrivateKey.from_seed_bytes(seed)
        self.typed_key = b"\x06" + self._key.public_key().public_bytes_raw()
        self.key_id = hashlib.sha256(name.encode() + b"\n" + self.typed_key).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{to_base64(self.typed_key)}"

    def sign(self, text: bytes) -> str:
        message = mldsa44_message(text, name=self.name, seconds=1_700_000_000)
        signature = (1_700_000_000).to_bytes(8, "big") + self._key.sign(message)
        return f"— {self.name} {to_base64(self.key_id + signature)}\n"


QUANTUM = Quantum("quantum.example/w", b"\x05" * 32)


def cosigned(policy: str, *signers: NoteSigner, pinned: bool = True) -> tuple[bytes, bytes | None]:
    """Return a bundle and a pin whose checkpoints these have signed, under a policy of these words."""
    made, out = MadeLog(9), io.BytesIO()
    note = _signed(Checkpoint(LOG.name, 9, tree_head(made.hashes)).text, *signers)
    write_whole_log(out, policy=policy, checkpoint=note, entries=[made.entry(n) for n in range(9)])
    return out.getvalue(), write_pin(policy, note) if pinned else None


def _cosigned() -> Iterator[Case]:
    second = Signer("witness.example.net/w2", b"\x06" * 32, cosigns_at=1_700_000_001)
    late = Signer("witness.example.net/w3", b"\x08" * 32, cosigns_at=0)
    keys = f"log {LOG.vkey}\nwitness a {WITNESS.vkey}\nwitness b {second.vkey}\nwitness c {late.vkey}\n"
    for quorum in (
        "quorum a\n",
        "group g any a b c\nquorum g\n",
        "group g all a b c\nquorum g\n",
        "group h 1 a b\ngroup g 2 h c\nquorum g\n",
    ):
        bundle, pin = cosigned(keys + quorum, LOG, WITNESS, second, late)
        yield Case(f"cosigned, {quorum!r}", bundle, pin)
        yield Case(f"cosigned, {quorum!r}, plain pin", bundle, MADE.pin(9))
        members = members_of(bundle)
        alone = _signed(Checkpoint(LOG.name, 9, tree_head(MADE.hashes)).text, LOG, second)
        yield Case(f"one cosigner, {quorum!r}", packed({**members, "checkpoint": alone}), pin)
        yield Case(f"no cosigner, {quorum!r}", MADE.whole(), pin)
        wrong = alone[:-20] + bytes([alone[-20] ^ 1]) + alone[-19:]
        yield Case(f"bad cosignature, {quorum!r}", packed({**members, "checkpoint": wrong}), pin)


def _witnessed() -> Iterator[Case]:
    """Yield bundles that bring what witnesses know, under pins that want some, and damaged ones."""
    made = MadeLog(9)
    fork, stranger = made.forked(9, at=5), MadeLog(9, signer=Signer("audit.example.com/rival", b"\x09" * 32))
    pins = [write_pin(of_witnesses.policy_of(made, wanted), made.checkpoint(3)) for wanted in (1, 2)]
    one, both = (of_witnesses.W2,), (of_witnesses.W1, of_witnesses.W2)
    bundles = {"nobody": made.whole()}
    for size in (1, 7, 9):
        bundles[f"two, of {size}"] = of_witnesses.whole(made, of_witnesses.watched(made, size, both))
    bundles["one"] = of_witnesses.whole(made, of_witnesses.watched(made, 7, one), wanted=1)
    members = members_of(bundles["two, of 7"])
    told = {
        "fork": of_witnesses.watched(made, 9, told=fork),
        "early fork": of_witnesses.watched(made, 7, told=fork),
        "one": of_witnesses.watched(made, 7, one),
        "another log": Watched(of_witnesses.nested(stranger.checkpoint(7)), members[GROWTH]),
        "another size": Watched(of_witnesses.watched(made, 6).proof, members[GROWTH]),
        "no leaf": Watched(of_witnesses.nested(b"leaf"), members[GROWTH]),
        "another meta-log": Watched(of_witnesses.nested(made.checkpoint(7), signer=FORGER), members[GROWTH]),
        "nothing": Watched(b"", members[GROWTH]),
    }
    for what, seen in told.items():
        bundles[f"told: {what}"] = packed({**members, PROOF: seen.proof, GROWTH: seen.growth})
    for gone in (PROOF, GROWTH):
        bundles[f"without {gone}"] = packed({name: each for name, each in members.items() if name != gone})
    bundles["plain policy"] = packed({**members, "policy": made.policy.encode()})
    out = io.BytesIO()
    write_whole_log(
        out, policy=of_witnesses.policy_of(made), checkpoint=made.checkpoint(), entries=[made.entry(n) for n in range(9)],
        brought=Brought(verifier=b"v", page=b"p"), watched=of_witnesses.watched(made, 7),
    )  # fmt: skip
    bundles["with verifiers"] = out.getvalue()
    for pin in (None, made.pin(3), *pins):
        for what, bundle in bundles.items():
            yield Case(
                f"witnesses: {what}, pin {pins.index(pin) + 1 if pin in pins else pin and 'plain'}",
                bundle,
                pin,
            )
    randomly = Random(SEED)
    for name in (PROOF, GROWTH):
        for _ in range(FLIPS_OF_PINS):
            what, content = flip(name, members[name], randomly)
            yield Case(what, packed({**members, name: content}), pins[1])
    for bad in (
        "quorum none\n",
        f"log {LOG.vkey}\nquorum none\n",
        "nonsense\n",
        "log x\n",
        f"log {LOG.vkey}\nwitness a {WITNESS.vkey}\nquorum none\n",
    ):
        text = with_requirement(made.policy, bad)
        pin = f"# ringfence-audit-pin/1\n{text}--- checkpoint\n".encode() + made.checkpoint()
        yield Case(f"pin wants {bad!r}", bundles["two, of 7"], pin)
        yield Case(f"policy wants {bad!r}", packed({**members, "policy": text.encode()}), made.pin(3))


def _flipped() -> Iterator[Case]:
    """Yield files with one bit changed: anywhere, in a member of a zip that is in order again, in the pin."""
    randomly = Random(SEED)
    for made, bundle, part in ((told(), with_verifiers(told(), selected=True), 1), (LONG, LONG.whole(), 3)):
        members, pin = members_of(bundle), made.pin(4)
        for _ in range(FLIPS_OF_FILES // part):
            yield Case(*flip("file", bundle, randomly), pin)
        for _ in range(FLIPS_OF_MEMBERS // part):
            name = randomly.choice([each for each in members if members[each]])
            what, content = flip(name, members[name], randomly)
            yield Case(what, packed({**members, name: content}), pin)
    for _ in range(FLIPS_OF_PINS):
        what, pin = flip("pin", MADE.pin(5), randomly)
        yield Case(what, MADE.whole(), pin)


def flip(what: str, content: bytes, randomly: Random) -> tuple[str, bytes]:
    at, bit = randomly.randrange(len(content)), randomly.randrange(8)
    changed = content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]
    return f"{what} byte {at} bit {bit}, seed {SEED}", changed
