"""Reading the log: proofs, pins and bundles that verify without us, and a timeline that is itself logged."""

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import psycopg
import pytest

from audit import leaf
from audit.manifest import BundleKind
from audit.models import Body
from audit.pins import Pin
from audit.policy import Policy
from audit.proofs import TlogProof
from audit.services import export_bundle as export_module
from audit.services import plan_bundle as planning
from audit.services.byte_stream import StreamBroken, stream_of
from audit.services.errors import BundleRefused, EventPending, LogNotSigned
from audit.services.export_bundle import export_bundle
from audit.services.log_state import heartbeats, log_status
from audit.services.pin_file import pin_file
from audit.services.proof_of import proof_of
from audit.services.record import record
from audit.services.timeline import Filters, timeline
from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Purpose, Role
from tests.audit.logkeeping import Keeper, happen, triggers_off
from tests.stack import REPO
from tests.world import Workspace


def take_pin(workspace: Workspace) -> bytes:
    context = workspace.context(Role.OWNER)
    with acting(context):
        return pin_file(context).content


def take_bundle(workspace: Workspace, from_size: int = 0) -> bytes:
    return b"".join(export_bundle(workspace.context(Role.OWNER), from_size=from_size).chunks())


def verify(folder: Path, bundle: bytes, pin: bytes | None) -> subprocess.CompletedProcess[str]:
    """Run the verifier as a customer does: another process, no Django, no database."""
    (folder / "b.zip").write_bytes(bundle)
    command = [sys.executable, "-m", "audit.verify", str(folder / "b.zip")]
    if pin is not None:
        (folder / "p.pin").write_bytes(pin)
        command += ["--pin", str(folder / "p.pin")]
    return subprocess.run(
        command, cwd=REPO, env={"PATH": ""}, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_receipt_is_honoured_with_a_proof(acme: Workspace, keeper: Keeper) -> None:
    keeper.settle()
    policy = Pin.parse(take_pin(acme)).policy
    receipts = happen(acme, 300)
    keeper.settle()
    context = acme.context(Role.AUDITOR)
    with acting(context):
        for receipt in (receipts[0], receipts[150], receipts[-1]):
            proof = proof_of(context, event_id=receipt.event_id)
            parsed = TlogProof.parse(proof.content)
            assert parsed.extra == proof.leaf
            assert leaf.leaf_hash(proof.leaf) == receipt.leaf_hash
            assert parsed.check(proof.leaf, policy).checkpoint.size >= 300
            assert len(proof.content) <= 2048


def test_a_proof_is_not_given_before_a_checkpoint_covers_the_event(acme: Workspace, keeper: Keeper) -> None:
    (early,) = happen(acme)
    context = acme.service(Purpose.JOB)
    with acting(context), pytest.raises(EventPending):
        proof_of(context, event_id=early.event_id)
    keeper.sequence()
    with acting(context), pytest.raises(LogNotSigned):
        proof_of(context, event_id=early.event_id)
    keeper.sign()
    (late,) = happen(acme)
    keeper.sequence()
    with acting(context):
        proof_of(context, event_id=early.event_id)
        with pytest.raises(EventPending):
            proof_of(context, event_id=late.event_id)


@pytest.mark.parametrize("whose", ["the rival's", "nobody's"])
def test_a_rivals_event_and_no_event_are_alike(
    acme: Workspace, rival: Workspace, keeper: Keeper, whose: str
) -> None:
    event_id = happen(rival)[0].event_id if whose == "the rival's" else uuid4()
    keeper.settle()
    context = acme.service(Purpose.JOB)
    with acting(context), pytest.raises(NotFound):
        proof_of(context, event_id=event_id)


def test_a_damaged_tile_gives_no_proof(
    acme: Workspace, keeper: Keeper, superuser: psycopg.Connection
) -> None:
    receipts = happen(acme, 300)
    keeper.settle()
    with triggers_off(superuser, "tile"):
        superuser.execute(
            "UPDATE audit.tile SET hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1) WHERE tenant_id = %s",
            [acme.tenant_id],
        )
    context = acme.service(Purpose.JOB)
    with acting(context), pytest.raises(Exception, match="another root"):
        proof_of(context, event_id=receipts[0].event_id)


def test_the_pin_is_the_logs_key_and_newest_checkpoint(acme: Workspace, keeper: Keeper) -> None:
    context = acme.context(Role.OWNER)
    with acting(context), pytest.raises(LogNotSigned):
        pin_file(context)
    keeper.settle()
    pin = Pin.parse(take_pin(acme))
    assert pin.signed.checkpoint.size == max(keeper.checkpoints(acme))
    keeper.settle()
    with acting(context):
        assert Body.objects.latest("seq").verb == Verb.AUDIT_PIN_DELIVERED


def test_a_bundle_verifies_offline_against_an_old_pin(
    acme: Workspace, keeper: Keeper, tmp_path: Path
) -> None:
    keeper.settle()
    pin = take_pin(acme)
    happen(acme, 600)
    keeper.settle()
    bundle = take_bundle(acme)
    assert verify(tmp_path, bundle, pin).returncode == 0
    assert verify(tmp_path, bundle, None).returncode == 4
    out = verify(tmp_path, bundle, pin).stdout
    assert "task.released" in out
    keeper.settle()
    with acting(acme.service(Purpose.JOB)):
        assert Body.objects.latest("seq").verb == Verb.AUDIT_EXPORTED


def test_a_selection_proves_growth_from_its_pin(acme: Workspace, keeper: Keeper, tmp_path: Path) -> None:
    keeper.settle()
    pin = take_pin(acme)
    size = Pin.parse(pin).signed.checkpoint.size
    happen(acme, 300)
    keeper.settle()
    bundle = take_bundle(acme, from_size=size)
    done = verify(tmp_path, bundle, pin)
    assert (done.returncode, done.stderr) == (0, "")
    other = take_pin(acme)
    assert verify(tmp_path, bundle, other).returncode == 0
    keeper.settle()
    assert len(bundle) < len(take_bundle(acme)) * 3


def test_a_tampered_bundle_does_not_verify(acme: Workspace, keeper: Keeper, tmp_path: Path) -> None:
    keeper.settle()
    pin = take_pin(acme)
    keeper.settle()
    bundle = take_bundle(acme)
    assert verify(tmp_path, bundle, pin).returncode == 0
    for at in range(0, len(bundle), len(bundle) // 12):
        spoilt = bytearray(bundle)
        spoilt[at] ^= 1
        assert verify(tmp_path, bytes(spoilt), pin).returncode in (1, 2), at
    assert verify(tmp_path, bundle[: len(bundle) // 2], pin).returncode == 2


def test_a_rivals_pin_accepts_no_bundle_of_ours(
    acme: Workspace, rival: Workspace, keeper: Keeper, tmp_path: Path
) -> None:
    keeper.settle()
    assert verify(tmp_path, take_bundle(acme), take_pin(rival)).returncode == 1


def test_an_erased_half_leaves_the_proof_whole(
    acme: Workspace, keeper: Keeper, superuser: psycopg.Connection, tmp_path: Path
) -> None:
    keeper.settle()
    pin = take_pin(acme)
    keeper.settle()
    with triggers_off(superuser, "body"):
        superuser.execute("UPDATE audit.body SET pii = NULL WHERE tenant_id = %s", [acme.tenant_id])
    done = verify(tmp_path, take_bundle(acme), pin)
    assert done.returncode == 0
    assert "who did it for 0" in done.stdout


@pytest.mark.parametrize(
    ("from_size", "limit", "words"),
    [(1, {}, "no checkpoint over exactly 1"), (0, {"MOST_EVENTS": 1}, "one bundle holds 1"),
     (2, {"MAX_SELECTED": 1}, "such a bundle holds 1"), (10**6, {}, "no checkpoint")],
)  # fmt: skip
def test_a_bundle_that_cannot_be_made_is_refused_before_its_first_byte(
    acme: Workspace,
    keeper: Keeper,
    monkeypatch: pytest.MonkeyPatch,
    from_size: int,
    limit: dict[str, int],
    words: str,
) -> None:
    keeper.settle()
    happen(acme, 5)
    keeper.settle()
    for name, value in limit.items():
        monkeypatch.setattr(planning, name, value)
    with pytest.raises(BundleRefused, match=words):
        export_bundle(acme.service(Purpose.JOB), from_size=from_size)


def test_an_export_whose_reader_was_voided_midway_breaks_off(
    acme: Workspace, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_module, "UNIT_EVENTS", 3)
    happen(acme, 20)
    keeper.settle()
    asked: list[int] = []

    def voided() -> None:
        asked.append(1)
        if len(asked) == 4:
            raise NotFound

    context = replace(acme.service(Purpose.JOB), recheck=voided)
    bundle = export_bundle(context)
    assert bundle.plan.kind is BundleKind.WHOLE_LOG
    with pytest.raises(StreamBroken) as broken:
        list(bundle.chunks())
    assert isinstance(broken.value.__cause__, NotFound)


def test_a_stream_hands_over_all_bytes_and_stops_its_writer_when_nobody_reads() -> None:
    stopped = threading.Event()
    content = bytes(range(256)) * 4096

    def write(out: BinaryIO) -> None:
        for at in range(0, len(content), 1000):
            out.write(content[at : at + 1000])

    assert b"".join(stream_of(write)) == content

    def forever(out: BinaryIO) -> None:
        try:
            while True:
                out.write(b"x" * 70_000)
        finally:
            stopped.set()

    chunks = stream_of(forever)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    assert stopped.is_set()


def test_the_timeline_opens_filters_and_pages_and_says_that_it_was_read(
    acme: Workspace, keeper: Keeper
) -> None:
    context = acme.context(Role.AUDITOR)
    task = uuid4()
    with acting(context):
        record(context, Verb.TASK_RELEASED, object_kind="task", object_id=task, detail={"why": "tired"})
    happen(acme, 12)
    keeper.settle()
    with acting(context):
        (line,) = timeline(context, Filters(object_id=task)).lines
        assert (line.verb, line.actor_id, line.detail) == (
            "task.released",
            context.actor_id,
            {"why": "tired"},
        )
        assert line.pii is not None
        assert line.pii["role"] == "auditor"
        assert [each.index for each in timeline(context, Filters(verb=Verb.LOG_OPENED)).lines] == [0]
        assert len(timeline(context, Filters(actor_id=context.actor_id)).lines) == 1
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        assert timeline(context, Filters(since=tomorrow)).lines == ()
        seen, before = [], None
        while True:
            page = timeline(context, Filters(before=before), limit=5)
            seen += [each.index for each in page.lines]
            before = page.next_before
            if before is None:
                break
        assert seen == sorted(range(len(seen)), reverse=True)
        assert len(seen) == keeper.size(acme)
    keeper.settle()
    with acting(context):
        assert Body.objects.latest("seq").verb == Verb.AUDIT_TIMELINE_DELIVERED


def test_the_state_of_a_log_says_what_waits_and_what_is_signed(acme: Workspace, keeper: Keeper) -> None:
    context = acme.service(Purpose.JOB)
    with acting(context):
        status = log_status(context)
        assert (status.size, status.pending, status.unsigned, status.word) == (0, 2, 0, "opening")
    keeper.sequence()
    with acting(context):
        assert (log_status(context).pending, log_status(context).unsigned) == (0, 2)
    keeper.sign()
    with acting(context):
        status = log_status(context)
        assert (status.size, status.unsigned, status.word) == (2, 0, "sealed")
    keeper.as_signer.execute("SELECT audit.freeze_log(%s, 'for a test')", [acme.tenant_id])
    with acting(context):
        assert log_status(context).word == "frozen"


def test_a_log_that_waits_too_long_is_late(acme: Workspace) -> None:
    context = acme.service(Purpose.JOB)
    with acting(context):
        status = log_status(context)
    assert status.word == "opening"
    assert replace(status, read_at=status.read_at + timedelta(seconds=6)).word == "late"


def test_heartbeats_tell_who_is_silent(keeper: Keeper, superuser: psycopg.Connection) -> None:
    superuser.execute("DELETE FROM audit.heartbeat")
    assert [(beat.process, beat.alive) for beat in heartbeats()] == [
        ("sequencer", False),
        ("signer", False),
        ("publisher", False),
    ]
    keeper.as_signer.execute("INSERT INTO audit.heartbeat (process, at) VALUES ('signer', clock_timestamp())")
    assert [beat.alive for beat in heartbeats()] == [False, True, False]
    superuser.execute("UPDATE audit.heartbeat SET at = at - interval '1 minute'")
    assert [beat.alive for beat in heartbeats()] == [False, False, False]


def test_a_policy_of_the_pin_names_one_log_and_no_witness_yet(acme: Workspace, keeper: Keeper) -> None:
    keeper.settle()
    policy: Policy = Pin.parse(take_pin(acme)).policy
    assert (len(policy.logs), dict(policy.witnesses), policy.quorum) == (1, {}, "none")
