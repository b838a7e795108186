"""Keys, logs, bundles and pins made for tests, all deterministic."""

import hashlib
import io
import zipfile
from base64 import b64encode
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import leaf
from audit.archive import ArchiveWriter
from audit.bundle import Entry, write_selection, write_whole_log
from audit.checkpoints import Checkpoint
from audit.merkle import consistency_path, inclusion_path, leaf_hash, tree_head
from audit.notes import sign_note
from audit.pins import write_pin


class Signer:
    """A key that signs notes plainly (type 01), or cosigns them at a fixed time (type 04)."""

    def __init__(self, name: str, seed: bytes, *, cosigns_at: int | None = None) -> None:
        self.name, self.cosigns_at = name, cosigns_at
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        kind = b"\x01" if cosigns_at is None else b"\x04"
        self.typed_key = kind + self._key.public_key().public_bytes_raw()
        self.key_id = hashlib.sha256(name.encode() + b"\n" + self.typed_key).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64encode(self.typed_key).decode()}"

    def raw(self, text: bytes) -> bytes:
        if self.cosigns_at is None:
            return self._key.sign(text)
        stamped = b"cosignature/v1\ntime %d\n" % self.cosigns_at + text
        return self.cosigns_at.to_bytes(8, "big") + self._key.sign(stamped)

    def sign(self, text: bytes) -> str:
        return f"— {self.name} {b64encode(self.key_id + self.raw(text)).decode()}\n"


LOG = Signer("audit.example.com/demo", b"\x01" * 32)
WITNESS = Signer("witness.example.net/w1", b"\x02" * 32, cosigns_at=1_700_000_000)
FORGER = Signer("audit.example.com/demo", b"\x03" * 32)


class MadeLog:
    """A log in memory, with an event's openings beside each leaf."""

    def __init__(self, events: int, *, signer: Signer = LOG, story: str = "told") -> None:
        self.signer = signer
        self.leaves = [
            leaf.build(
                {"action": "task.submitted", "object": f"task-{n}", "story": story},
                {"actor": f"person-{n}"},
                1_700_000_000_000 + n,
            )
            for n in range(events)
        ]

    @property
    def policy(self) -> str:
        return f"log {self.signer.vkey}\nquorum none\n"

    @property
    def hashes(self) -> list[bytes]:
        return [each.hash for each in self.leaves]

    def checkpoint(self, size: int | None = None) -> bytes:
        hashes = self.hashes[:size]
        body = Checkpoint(self.signer.name, len(hashes), tree_head(hashes))
        return sign_note(body.text, [self.signer])

    def pin(self, size: int | None = None) -> bytes:
        return write_pin(self.policy, self.checkpoint(size))

    def entry(self, index: int, *, disclosed: bool = True, path: Iterable[bytes] = ()) -> Entry:
        made = self.leaves[index]
        core, pii = (made.core_opening, made.pii_opening) if disclosed else (None, None)
        return Entry(index, made.encoded, core, pii, tuple(path))

    def whole(self) -> bytes:
        out = io.BytesIO()
        # Every third event stays closed, so that both shapes are in each bundle.
        entries = (self.entry(n, disclosed=n % 3 != 2) for n in range(len(self.leaves)))
        write_whole_log(out, policy=self.policy, checkpoint=self.checkpoint(), entries=entries)
        return out.getvalue()

    def selection(self, indexes: Iterable[int], *, since: int | None = None) -> bytes:
        out = io.BytesIO()
        write_selection(
            out,
            policy=self.policy,
            checkpoint=self.checkpoint(),
            entries=[self.entry(n, path=inclusion_path(self.hashes, n)) for n in indexes],
            since=None if since is None else self.checkpoint(since),
            consistency=() if since is None else consistency_path(self.hashes, since),
        )
        return out.getvalue()

    def forked(self, events: int, *, at: int) -> "MadeLog":
        """Return another log by the same key that agrees only on the first `at` events."""
        other = MadeLog(events, signer=self.signer, story="retold")
        other.leaves[:at] = self.leaves[:at]
        return other


def members_of(bundle: bytes) -> dict[str, bytes]:
    """Unpack with a zip reader that is not ours."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: dict[str, bytes]) -> bytes:
    """Pack members as the canonical layout has them, whatever they hold."""
    out = io.BytesIO()
    archive = ArchiveWriter(out)
    for name in sorted(members):
        archive.add(name, members[name])
    archive.close()
    return out.getvalue()


def numbers(count: int) -> list[bytes]:
    """Return `count` distinct leaf hashes."""
    return [leaf_hash(b"leaf %d" % n) for n in range(count)]
