"""Carrying out the closing of a workspace: once, whatever happens, and nothing of it opens afterwards."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core import mail

from audit.services.pin_file import pin_file
from audit.verbs import Verb
from ringfence.crypto.errors import KeyRefused
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.errors import OfferGone
from tenants.gate.service import closed_context, every_tenant, tenant_context
from tenants.gate.sessions import mint_session
from tenants.keys.service import key_service
from tenants.neutrality.policy import Policy
from tenants.services import carry_out_closing as job
from tenants.services import close_workspace as acts
from tenants.tasks import carry_out_everywhere
from tests.audit.logkeeping import Keeper, happen
from tests.hanging import HangingKeys, Neighbour
from tests.signing import sign_in_force, two_keys
from tests.stack import Stack
from tests.tenants.browser import Visitor, link_to
from tests.tenants.closed import (
    Killed,
    count_rows,
    documents,
    dying_after,
    everything_sealed,
    key_of_customer,
    key_of_customer_closed,
    logged,
    nothing_opens,
    opens,
)
from tests.tenants.closing import (
    as_worker,
    ask,
    begin,
    close,
    codes_accepted,
    let_pass,
    request,
    round_of,
    under_way,
    verify,
)
from tests.world import Someone, Workspace


@pytest.fixture(autouse=True)
def codes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with codes_accepted(monkeypatch):
        yield


@pytest.fixture
def keeper(stack: Stack) -> Iterator[Keeper]:
    with Keeper(stack, shared=True) as keeper:
        keeper.settle()
        yield keeper


def carry_out(workspace: Workspace, owner: Someone | None = None) -> None:
    context = (owner or workspace.someone(Role.OWNER)).context
    acts.begin_closing(context, request(), closing_id=under_way(workspace).id, code="1")


def wraps_and_profiles(stack: Stack, workspace: Workspace) -> tuple[int, int]:
    """How many tenant keys could still be opened, and of how many members something is left."""
    with psycopg.connect(stack.cluster.superuser_url("cell")) as database:
        row = database.execute(
            "select (select count(*) from tenants_tenantkey where tenant_id = %(id)s and wrapped is not null),"
            " (select count(*) from tenants_profile where tenant_id = %(id)s)",
            {"id": workspace.tenant_id},
        ).fetchone()
    assert row is not None
    return row


class TestCarryingOut:
    """The job: whatever happens on the way, a workspace is closed once."""

    def test_from_end_to_end(
        self, stack: Stack, keeper: Keeper, acme: Workspace, rival: Workspace, tmp_path: Path
    ) -> None:
        owner = acme.someone(Role.OWNER)
        acme.someone(Role.LABELER)
        happen(acme, 300)
        keeper.settle()
        context = owner.context
        with acting(context):
            pin = pin_file(context)
        happen(acme, 10)
        keeper.settle()
        ciphertexts, reference = everything_sealed(stack, acme), key_of_customer(acme)
        theirs = count_rows(stack, rival)
        mail.outbox.clear()
        closing = begin(stack, acme)
        assert Visitor(owner).get(f"/w/{acme.public_id}/").status_code in {302, 410}
        with as_worker(stack):
            assert round_of(acme) == "signature"
            keeper.settle()
            assert round_of(acme) == "done"
            assert round_of(acme) == "over"

        assert keeper.state(acme)[0] == "retired"
        assert keeper.report(acme).problems == ()
        (ended,) = logged(stack, acme, Verb.TENANT_DESTROYED)
        assert ended == (keeper.size(acme) - 1, closing.id), "the last event of the log"
        assert acme.tenant_id not in {each.tenant_id for each in every_tenant(Purpose.JOB)}
        with pytest.raises(LookupError):
            tenant_context(acme.tenant_id, Purpose.JOB)

        nothing_opens(stack, acme, ciphertexts, reference)
        assert count_rows(stack, rival) == theirs
        assert opens(rival)

        path, pin_path = tmp_path / "certificate.zip", tmp_path / "log.pin"
        link = next(
            each for each in mail.outbox if "closed for good" in each.subject and "have been" in each.body
        )
        answer = Visitor().get(link_to(link.to[0]))
        assert answer.status_code == 200
        path.write_bytes(answer.content)
        pin_path.write_bytes(pin.content)
        code, said = verify("bundle", str(path), "--pin", str(pin_path))
        assert code == 0, said
        assert b"/closed/" not in answer.content
        assert Visitor().get("/closed/nothing").status_code == 410

    def test_the_log_verifies_with_an_older_pin(
        self, stack: Stack, keeper: Keeper, acme: Workspace, tmp_path: Path
    ) -> None:
        """From what the database still has: leaves, and no key."""
        from audit.bundle import Entry, write_whole_log
        from audit.services.stored_log import newest_checkpoint, policy_of, the_log

        keeper.settle()
        context = acme.context()
        with acting(context):
            pin = pin_file(context)
        happen(acme, 5)
        close(stack, keeper, acme)
        context = closed_context(acme.tenant_id, Purpose.JOB)
        with psycopg.connect(stack.cluster.superuser_url("cell")) as database:
            leaves = database.execute(
                "select seq, leaf from audit.entry where tenant_id = %s order by seq", [acme.tenant_id]
            ).fetchall()
        with acting(context), (tmp_path / "log.zip").open("wb") as out:
            write_whole_log(
                out,
                policy=policy_of(the_log()),
                checkpoint=newest_checkpoint().note,
                entries=[Entry(seq, bytes(leaf)) for seq, leaf in leaves],
            )
        (tmp_path / "log.pin").write_bytes(pin.content)
        code, said = verify("bundle", str(tmp_path / "log.zip"), "--pin", str(tmp_path / "log.pin"))
        assert code == 0, said

    def test_it_waits_until_nobody_acts_any_more(self, stack: Stack, acme: Workspace) -> None:
        ask(acme)
        let_pass(stack, acme, timedelta(days=8))
        carry_out(acme)
        assert round_of(acme) == "quiet"
        assert logged(stack, acme, Verb.TENANT_DESTROYED) == []

    def test_killed_at_each_statement_it_ends_once(
        self, stack: Stack, keeper: Keeper, acme: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each run dies one statement later than the last one; between runs the log is signed."""
        happen(acme, 3)
        closing, reference = begin(stack, acme), key_of_customer_closed(acme)
        ciphertexts = everything_sealed(stack, acme)
        deaths = 0
        with as_worker(stack):
            for patience in range(1, 400):
                if dying_after(patience, acme) == "over":
                    break
                deaths += 1
                keeper.settle()
        assert deaths > 40
        assert [each[1] for each in logged(stack, acme, Verb.TENANT_DESTROYED)] == [closing.id]
        assert keeper.state(acme)[0] == "retired"
        assert keeper.report(acme).problems == ()
        nothing_opens(stack, acme, ciphertexts, reference)

    @pytest.mark.parametrize(
        "step", ["destroy_customer_key", "empty_tables", "forget_documents", "note_done"]
    )
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_killed_around_what_is_no_statement(
        self, stack: Stack, keeper: Keeper, acme: Workspace, step: str, when: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        begin(stack, acme)
        real = getattr(job, step)

        def dies(*arguments: Any) -> None:
            if when == "after":
                real(*arguments)
            raise Killed

        with as_worker(stack):
            assert round_of(acme) == "signature"
            keeper.settle()
            with monkeypatch.context() as patched:
                patched.setattr(job, step, dies)
                with pytest.raises(Killed):
                    round_of(acme)
            assert round_of(acme) == ("over" if (step, when) == ("note_done", "after") else "done")
        assert len(logged(stack, acme, Verb.TENANT_DESTROYED)) == 1

    def test_a_key_that_the_service_keeps_is_waited_for(
        self,
        stack: Stack,
        keeper: Keeper,
        acme: Workspace,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        begin(stack, acme)

        def denied(_: object, key_ref: str) -> None:
            raise KeyRefused(key_ref)

        with as_worker(stack):
            round_of(acme)
            keeper.settle()
            with monkeypatch.context() as patched:
                patched.setattr(type(key_service()), "destroy", denied)
                let_pass(stack, acme, timedelta(hours=1))
                caplog.clear()
                carry_out_everywhere()
                assert "waits, for: key" in caplog.text
                assert acme.public_id not in caplog.text
                assert round_of(acme) == "key"
                assert under_way(acme).keys_destroyed_at is None
            assert round_of(acme) == "done"

    def test_a_key_service_that_never_answers_keeps_neither_the_rows_nor_other_closings(
        self,
        stack: Stack,
        keeper: Keeper,
        acme: Workspace,
        rival: Workspace,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        begin(stack, acme)
        begin(stack, rival)
        service = key_service()
        with as_worker(stack), Neighbour() as neighbour:
            carry_out_everywhere()
            keeper.settle()
            with monkeypatch.context() as patched:
                patched.setattr(service, "inner", HangingKeys(neighbour.address))
                patched.setattr(service, "seconds", 0.1)
                caplog.clear()
                carry_out_everywhere()
                assert "no answer within" in caplog.text
                for workspace in (acme, rival):
                    assert round_of(workspace) == "key"
                    assert under_way(workspace).keys_destroyed_at is None
                    assert wraps_and_profiles(stack, workspace) == (0, 0)
            neighbour.answer()
            for workspace in (acme, rival):
                # The calls that hung end one after another.
                while (left := round_of(workspace)) == "key":
                    pass
                assert left == "done"
                assert round_of(workspace) == "over"

    def test_documents_under_the_platforms_key_go_too(
        self, stack: Stack, keeper: Keeper, acme: Workspace, rival: Workspace
    ) -> None:
        for workspace in (acme, rival):
            sign_in_force(workspace, Policy(), two_keys(workspace))
        before = documents(stack, acme)
        assert {place for place, _ in before} >= {"people_policyversion.document", "people_adminkey.public"}
        theirs = documents(stack, rival)
        close(stack, keeper, acme)
        assert set(documents(stack, acme)) & set(before) == set()
        fresh = mint_session(acme.someone(Role.ADMIN).person_id, tenant_id=acme.tenant_id, second_factor=True)
        assert (
            Visitor(Someone(acme.tenant_id, acme.tenant_id, acme.public_id, fresh))
            .get(f"/w/{acme.public_id}/members")
            .status_code
            == 410
        ), "the gate judges by the template, as where nobody has signed"
        assert documents(stack, rival) == theirs

    def test_an_old_link_is_over_and_its_certificate_is_gone(
        self, stack: Stack, keeper: Keeper, acme: Workspace
    ) -> None:
        from tenants.gate.carrying_out import certificate_behind, forget_old_certificates

        mail.outbox.clear()
        close(stack, keeper, acme)
        secret = link_to(mail.outbox[-1].to[0]).rpartition("/")[2]
        certificate_behind(secret)
        with psycopg.connect(stack.cluster.superuser_url("control")) as database:
            database.execute(
                "update people_closing set link_until = now() where tenant_id = %s", [acme.tenant_id]
            )
        with pytest.raises(OfferGone):
            certificate_behind(secret)
        assert forget_old_certificates() == 1


class TestTheLogsEnd:
    """Only the event that says so ends a log, under a checkpoint, by the worker."""

    RETIRE = "select audit.retire_log(%s)"

    def test_the_web_process_cannot(self, stack: Stack, acme: Workspace) -> None:
        from tests.audit.logkeeping import entered

        with entered(stack, acme.tenant_id) as raw, pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw.execute(self.RETIRE, [acme.tenant_id])

    def test_another_event_does_not(self, stack: Stack, keeper: Keeper, acme: Workspace) -> None:
        from tests.audit.logkeeping import entered

        (receipt,) = happen(acme)
        keeper.settle()
        with entered(stack, acme.tenant_id, "rf_worker") as raw, pytest.raises(psycopg.Error) as refused:
            raw.execute(self.RETIRE, [receipt.event_id])
        assert refused.value.sqlstate == "RFA18"

    @pytest.mark.parametrize("missing", ["signature", "something behind it"])
    def test_it_waits_for_signature_and_for_what_waits(
        self, stack: Stack, keeper: Keeper, acme: Workspace, missing: str
    ) -> None:
        from audit.services.record import record
        from tests.audit.logkeeping import entered

        context = acme.service(Purpose.JOB)
        with acting(context):
            receipt = record(context, Verb.TENANT_DESTROYED, object_kind="tenant")
        keeper.sequence()
        if missing != "signature":
            keeper.sign()
            happen(acme)
        with entered(stack, acme.tenant_id, "rf_worker") as raw, pytest.raises(psycopg.Error) as refused:
            raw.execute(self.RETIRE, [receipt.event_id])
        assert refused.value.sqlstate == ("RFA18" if missing == "signature" else "RFA19")

    def test_another_tenants_event_does_not(
        self, stack: Stack, keeper: Keeper, acme: Workspace, rival: Workspace
    ) -> None:
        from audit.services.record import record
        from tests.audit.logkeeping import entered

        context = rival.service(Purpose.JOB)
        with acting(context):
            receipt = record(context, Verb.TENANT_DESTROYED, object_kind="tenant")
        keeper.settle()
        with entered(stack, acme.tenant_id, "rf_worker") as raw, pytest.raises(psycopg.Error) as refused:
            raw.execute(self.RETIRE, [receipt.event_id])
        assert refused.value.sqlstate == "RFA18"

    def test_a_retired_log_takes_nothing(self, stack: Stack, keeper: Keeper, acme: Workspace) -> None:
        from tests.audit.logkeeping import entered

        close(stack, keeper, acme)
        insert = (
            "insert into audit.pending (tenant_id, id, verb, actor_id, object_kind, at, leaf, core, pii)"
            " select tenant_id, gen_random_uuid(), verb, actor_id, object_kind, at, leaf, core, pii from"
            " (select b.*, e.leaf from audit.body b join audit.entry e using (tenant_id, seq) limit 1) b"
        )
        with (
            entered(stack, acme.tenant_id, "rf_worker") as raw,
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="log_takes_events"),
        ):
            raw.execute(insert)
