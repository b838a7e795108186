"""Asks all witnesses of a policy at the same time, and says whether what came back is enough."""

import contextlib
from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from audit.errors import NoteRejected
from audit.notes import SignatureLine
from audit.policy import Policy
from audit.publisher.asking import NotCosigned, Post, Question, ask

BUDGET_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Gathered:
    """The cosignatures of one checkpoint by the policy's name of each witness, and why the others gave none.

    `note` is the checkpoint with its cosignatures when they satisfy the policy, else None: then nobody may see it.
    """

    note: bytes | None
    lines: Mapping[str, SignatureLine]
    troubles: Mapping[str, str]


def gather(
    policy: Policy,
    question: Question,
    post: Post,
    *,
    seen: Mapping[str, int],
    held: Mapping[str, SignatureLine] | None = None,
    spared: Collection[str] = (),
    seconds: float = BUDGET_SECONDS,
) -> Gathered:
    """Ask the witnesses of `policy`, wait for `seconds` at most, and judge what there is.

    A witness that answers later is not waited for; what it cosigned it gives again when it is asked again.

    Args:
        seen: by name, the size that each witness cosigned last.
        held: by name, verified lines for this very checkpoint from an earlier time; those witnesses are not asked.
        spared: names of witnesses that are not asked this time.
    """
    # Not `with`: its end would wait for the slow ones.
    pool = ThreadPoolExecutor(max(1, len(policy.witnesses)), thread_name_prefix="witness")
    try:
        asked: dict[str, Future[SignatureLine]] = {
            name: pool.submit(ask, witness, question, post, old_size=seen.get(name, 0))
            for name, witness in policy.witnesses.items()
            if name not in spared and name not in (held or {})
        }
        wait(asked.values(), timeout=seconds)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    lines: dict[str, SignatureLine] = dict(held or {})
    troubles: dict[str, str] = {}
    for name, answer in asked.items():
        if not answer.done() or answer.cancelled():
            troubles[name] = "it did not answer in time"
            continue
        try:
            lines[name] = answer.result()
        except NotCosigned as reason:
            troubles[name] = str(reason)
    note = question.note + "".join(str(line) for line in lines.values()).encode()
    published = None
    with contextlib.suppress(NoteRejected):
        policy.open_checkpoint(note)
        published = note
    return Gathered(published, lines, troubles)
