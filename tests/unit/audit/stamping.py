"""Time-stamps of a log in memory, as bundles bring them: by an authority and over a meta-log of the tests'."""

import hashlib
import io
import json
from typing import Any

from audit.bundle import write_selection, write_whole_log
from audit.checkpoints import Checkpoint
from audit.manifest import NOTHING, Brought
from audit.merkle import consistency_path, inclusion_path, leaf_hash, tree_head
from audit.notes import sign_note
from audit.proofs import ConsistencyProof, TlogProof
from audit.stamped import Stamped
from audit.timestamps.tokens import request_for
from tests.audit.authority import Authority
from tests.unit.audit.making import MadeLog, Signer, members_of, packed

META = Signer("audit.example.com/meta", b"\x05" * 32)
TSA = Authority.new("Time of <tests>")


def token_over(content: bytes, authority: Authority = TSA) -> bytes:
    return authority.answer(request_for(content).as_bytes())


def below(leaf: bytes, before: int, signer: Signer = META, origin: str = "") -> TlogProof:
    """Return the proof that `leaf` stands below a meta-log's checkpoint, after so many others."""
    hashes = [*(leaf_hash(b"another log's checkpoint %d" % n) for n in range(before)), leaf_hash(leaf)]
    note = sign_note(Checkpoint(origin or signer.name, len(hashes), tree_head(hashes)).text, [signer])
    return TlogProof(before, tuple(inclusion_path(hashes, before)), note, extra=leaf)


def growth_of(log: MadeLog, size: int) -> bytes:
    path = consistency_path(log.hashes, size) if size < len(log.leaves) else []
    return ConsistencyProof(size, tuple(path), log.checkpoint()).to_bytes()


def stamped(
    log: MadeLog,
    size: int,
    *,
    before: int = 6,
    authority: Authority = TSA,
    told: MadeLog | None = None,
    signer: Signer = META,
) -> Stamped:
    """Return the time-stamp of the log's first `size` events; `told` is the log of which the meta-log knows."""
    proof = below((told or log).checkpoint(size), before, signer)
    return Stamped(proof.to_bytes(), growth_of(log, size), token_over(proof.checkpoint, authority))


def whole(
    log: MadeLog, *stamps: Stamped, policy: str | None = None, brought: Brought = NOTHING, **more: Any
) -> bytes:
    out = io.BytesIO()
    write_whole_log(
        out,
        policy=policy or log.policy,
        checkpoint=log.checkpoint(),
        entries=(log.entry(n, disclosed=n % 3 != 2) for n in range(len(log.leaves))),
        brought=brought,
        stamped=stamps,
        **more,
    )
    return out.getvalue()


def selection(log: MadeLog, *stamps: Stamped, since: int | None = None) -> bytes:
    out = io.BytesIO()
    write_selection(
        out,
        policy=log.policy,
        checkpoint=log.checkpoint(),
        entries=[log.entry(n, path=inclusion_path(log.hashes, n)) for n in (2, 5)],
        since=None if since is None else log.checkpoint(since),
        consistency=() if since is None else consistency_path(log.hashes, since),
        stamped=stamps,
    )
    return out.getvalue()


def exchanged(log: MadeLog, bad: Stamped, size: int = 7) -> bytes:
    """Return a bundle whose one time-stamp is `bad`, which no platform would put there, and a manifest that says so."""
    members = members_of(whole(log, stamped(log, size)))
    told = json.loads(members["manifest.json"])
    told["timestamps"][0]["token_sha256"] = hashlib.sha256(bad.token).hexdigest()
    written = (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()
    return packed(members | bad.members() | {"manifest.json": written})
