"""The signer and attestations: what it signs, what it refuses, and the file that verifies offline."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.utils import timezone

from audit.attestation import LogState
from audit.errors import ProofRejected
from audit.models import Body
from audit.pins import Pin
from audit.services.attestation_file import answers_of, attestation_file
from audit.services.errors import AttestationRefused, EventPending
from audit.services.pin_file import pin_file
from audit.services.record import record
from audit.signer.attestations import answer_requests
from audit.signer.rounds import Signer
from audit.signer.store import SignedHead, Store
from audit.verbs import Verb
from audit.verify.__main__ import main
from audit.verify.attestation import judge_attestation
from audit.verify.judge import Verdict
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Purpose
from tests.audit.asking import ask, statement
from tests.audit.logkeeping import Keeper, entered, happen, triggers_off
from tests.audit.test_signer import flip
from tests.stack import Stack
from tests.unit.audit.attesting import digest
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


@pytest.fixture
def counted(acme: Workspace, keeper: Keeper) -> Workspace:
    """Acme's log with enough in it to be counted, all of it signed."""
    happen(acme, 300)
    keeper.settle()
    return acme


def pin_of(workspace: Workspace) -> Pin:
    context = workspace.service(Purpose.JOB)
    with acting(context):
        return Pin.parse(pin_file(context).content)


def answer(workspace: Workspace, event_id: Any) -> tuple[bool, str | None] | None:
    """Return (signed, why refused), or None without an answer."""
    with acting(workspace.service(Purpose.JOB)):
        found = answers_of([event_id]).get(event_id)
    return None if found is None else (found.refused is None, found.refused)


def test_an_attestation_is_signed_once_its_entry_is_and_verifies_offline(
    counted: Workspace, keeper: Keeper, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pin = pin_of(counted)
    said = statement(counted)
    receipt = ask(counted, said)
    happen(counted, 5)
    context = counted.service(Purpose.JOB)

    # Recorded, and not in the log yet: the signer waits, and so does whoever wants the file.
    keeper.sign()
    assert answer(counted, receipt.event_id) is None
    with acting(context), pytest.raises(EventPending):
        attestation_file(context, event_id=receipt.event_id, payload=said.to_bytes())

    keeper.settle()
    assert answer(counted, receipt.event_id) == (True, None)
    happen(counted, 40)
    keeper.settle()
    with acting(context):
        data = attestation_file(context, event_id=receipt.event_id, payload=said.to_bytes())

    report = judge_attestation(data, pin, now=timezone.now())
    assert (report.verdict, report.said) == (Verdict.GOOD, said)
    file, kept = tmp_path / "a.attestation", tmp_path / "kept.pin"
    file.write_bytes(data)
    with acting(context):
        kept.write_bytes(pin_file(context).content)
    assert main(["attestation", str(file), "--pin", str(kept)]) == 0
    assert "GOOD" in capsys.readouterr().out
    file.write_bytes(data.replace(b"A", b"B", 1))
    assert main(["attestation", str(file), "--pin", str(kept)]) in (1, 2)


def test_one_tenants_pin_does_not_judge_anothers_attestation(
    counted: Workspace, rival: Workspace, keeper: Keeper
) -> None:
    said = statement(counted)
    receipt = ask(counted, said)
    keeper.settle()
    context = counted.service(Purpose.JOB)
    with acting(context):
        data = attestation_file(context, event_id=receipt.event_id, payload=said.to_bytes())
    with pytest.raises(Exception, match="no known key"):
        judge_attestation(data, pin_of(rival), now=timezone.now())


def test_nothing_of_the_statement_stays_in_clear(
    counted: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    receipt = ask(counted, statement(counted))
    waiting = "SELECT count(*) FROM audit.attestation_request WHERE tenant_id = %s"
    assert superuser.execute(waiting, [counted.tenant_id]).fetchone() == (1,)
    keeper.settle()
    assert superuser.execute(waiting, [counted.tenant_id]).fetchone() == (0,)
    row = superuser.execute("SELECT * FROM audit.attestation WHERE id = %s", [receipt.event_id]).fetchone()
    assert row is not None
    assert b"Excluded Co." not in b"".join(bytes(each) for each in row if isinstance(each, bytes))


def test_a_statement_of_another_log_or_history_is_refused_for_good(
    counted: Workspace, rival: Workspace, keeper: Keeper
) -> None:
    keeper.settle()
    ours, theirs = statement(counted), statement(rival)
    wrong = {
        "another log": LogState(origin=theirs.log.origin, size=ours.log.size, root=ours.log.root),
        "consistency proof": LogState(origin=ours.log.origin, size=ours.log.size, root=digest("x")),
    }
    asked = {why: ask(counted, statement(counted, log=log)) for why, log in wrong.items()}
    keeper.settle()
    for why, receipt in asked.items():
        signed, reason = answer(counted, receipt.event_id) or (None, "")
        assert signed is False
        assert why in str(reason)
    context = counted.service(Purpose.JOB)
    with acting(context), pytest.raises(AttestationRefused, match="another log"):
        attestation_file(context, event_id=asked["another log"].event_id, payload=b"{}")
    # The log itself is sound, and goes on.
    happen(counted)
    keeper.settle()
    assert keeper.state(counted) == ("active", None)


FORGED = """
INSERT INTO audit.attestation_request (tenant_id, id, payload, core, leaf_hash)
SELECT tenant_id, gen_random_uuid(), %s, %s, leaf_hash FROM audit.entry WHERE tenant_id = %s AND seq = %s
"""


@pytest.mark.parametrize("what", ["an entry of another event", "another opening", "no statement"])
def test_whatever_a_service_leaves_for_the_signer_is_signed_only_if_the_log_holds_it(
    counted: Workspace, keeper: Keeper, stack: Stack, superuser: Superuser, what: str
) -> None:
    said = statement(counted)
    context = counted.service(Purpose.JOB)
    with acting(context):
        record(context, Verb.TASK_RELEASED, object_kind="task", detail={"payload_sha256": "00"})
    keeper.settle()
    row = superuser.execute(
        "SELECT seq, id, core FROM audit.body WHERE tenant_id = %s ORDER BY seq DESC LIMIT 1",
        [counted.tenant_id],
    ).fetchone()
    assert row is not None
    with acting(context):
        core = context.keyring.open(bytes(row[2]), field=Body.core, row=row[1])
    payload = b"0 violations" if what == "no statement" else said.to_bytes()
    opening = core[:-1] + b" " if what == "another opening" else core
    # What code running inside a service could do: a context of its own tenant, and its rights.
    with entered(stack, counted.tenant_id) as connection:
        connection.execute(FORGED, [payload, opening, counted.tenant_id, row[0]])
        connection.commit()
    keeper.settle()
    answers = superuser.execute(
        "SELECT signature, refused FROM audit.attestation WHERE tenant_id = %s", [counted.tenant_id]
    ).fetchall()
    assert [signature for signature, _ in answers] == [None]
    assert {"an entry of another event": "another event", "another opening": "not what the leaf commits to",
            "no statement": "not JSON"}[what] in answers[0][1]  # fmt: skip


def test_a_hash_that_no_signed_entry_has_waits_unsigned(
    counted: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    receipt = ask(counted, statement(counted))
    # The entry is there, and the signer has not signed a tree that holds it.
    keeper.sequence()
    with triggers_off(superuser, "entry"):
        superuser.execute(
            f"UPDATE audit.entry SET {flip('leaf')} WHERE tenant_id = %s AND seq = 302", [counted.tenant_id]
        )
    Signer(Store(keeper.folder)).run_round(keeper.as_signer)
    assert keeper.state(counted)[0] == "frozen"
    assert answer(counted, receipt.event_id) is None


def test_the_ledger_decides_and_not_the_database(counted: Workspace, keeper: Keeper) -> None:
    said = statement(counted)
    receipt = ask(counted, said)
    keeper.sequence()
    with Store(keeper.folder).hold(UUID(keeper.log_folder(counted).name)) as held:
        assert held is not None
        last, key = held.last(), held.key(said.log.origin)
        assert last is not None
        assert key is not None
        # The database has the entry already; the ledger's newest tree does not.
        answer_requests(keeper.as_signer, counted.tenant_id, origin=said.log.origin, key=key, signed=last)
        assert answer(counted, receipt.event_id) is None
        # A tree of that size with another root than the tiles give proves nothing.
        answer_requests(
            keeper.as_signer,
            counted.tenant_id,
            origin=said.log.origin,
            key=key,
            signed=SignedHead(last.size + 1, digest("not this tree")),
        )
    assert (answer(counted, receipt.event_id) or (True, ""))[0] is False


def test_the_database_takes_a_signature_for_a_covered_entry_only(counted: Workspace, keeper: Keeper) -> None:
    receipt = ask(counted, statement(counted))
    call = "SELECT audit.answer_attestation(%s, %s, %s, %s, %s)"
    for seq, code in ((302, "RFA11"), (0, "RFA11")):
        with pytest.raises(psycopg.Error) as refused:
            keeper.as_signer.execute(call, [counted.tenant_id, receipt.event_id, seq, bytes(64), None])
        assert refused.value.sqlstate == code
    keeper.sequence()
    with pytest.raises(psycopg.Error) as unsigned:
        keeper.as_signer.execute(call, [counted.tenant_id, receipt.event_id, 302, bytes(64), None])
    assert unsigned.value.sqlstate == "RFA11", "the entry is there, and no checkpoint covers it"
    keeper.settle()
    with pytest.raises(psycopg.Error) as again:
        keeper.as_signer.execute(call, [counted.tenant_id, receipt.event_id, 302, bytes(64), None])
    assert again.value.sqlstate == "RFA10"


def test_the_file_is_not_made_of_another_statement(counted: Workspace, keeper: Keeper) -> None:
    said = statement(counted)
    receipt = ask(counted, said)
    keeper.settle()
    other = statement(counted, excluded=("somebody else",))
    context = counted.service(Purpose.JOB)
    with acting(context), pytest.raises(ProofRejected, match="not the one that was signed"):
        attestation_file(context, event_id=receipt.event_id, payload=other.to_bytes())


def test_a_rival_cannot_tell_our_attestation_from_none(
    counted: Workspace, rival: Workspace, keeper: Keeper
) -> None:
    said = statement(counted)
    receipt = ask(counted, said)
    keeper.settle()
    context = rival.service(Purpose.JOB)
    with acting(context):
        assert answers_of([receipt.event_id]) == {}
        with pytest.raises(NotFound):
            attestation_file(context, event_id=receipt.event_id, payload=said.to_bytes())


def test_an_attestation_expires_offline_too(counted: Workspace, keeper: Keeper) -> None:
    said = statement(counted)
    receipt = ask(counted, said)
    keeper.settle()
    context = counted.service(Purpose.JOB)
    with acting(context):
        data = attestation_file(context, event_id=receipt.event_id, payload=said.to_bytes())
    with pytest.raises(Exception, match="expired"):
        judge_attestation(data, pin_of(counted), now=said.expires + timedelta(seconds=1))
