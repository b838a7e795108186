"""Closing a workspace for good: whose word it takes, and that nothing of it opens afterwards."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core import mail

from audit.models import Body
from audit.services.pin_file import pin_file
from audit.verbs import Verb
from ringfence.crypto.errors import CannotOpen, KeyRefused
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Dark, Invalid, NotFound, PermissionMissing
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate import closings as gate
from tenants.gate.enter import enter
from tenants.gate.errors import ClosingRefused, NotSignedIn, OfferGone, WorkspaceClosed, WrongCode
from tenants.gate.secrets import SessionSecret
from tenants.gate.service import closed_context, every_tenant, tenant_context
from tenants.gate.sessions import mint_session
from tenants.keys import keyring as keyring_module
from tenants.keys.service import key_service
from tenants.keys.vault import Vault
from tenants.models import DataKey, Profile, TenantKey
from tenants.neutrality.policy import Policy
from tenants.services import carry_out_closing as job
from tenants.services import close_workspace as acts
from tenants.services.change_role import change_role
from tenants.services.send_mail import MailNotSent
from tests.audit.logkeeping import Keeper, happen
from tests.signing import sign_in_force, two_keys
from tests.stack import Stack
from tests.tenants.browser import Visitor, events_of, link_to
from tests.tenants.closing import (
    as_worker,
    ask,
    begin,
    close,
    codes_accepted,
    let_pass,
    name_of,
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
    with Keeper(stack) as keeper:
        keeper.settle()
        yield keeper


def carry_out(workspace: Workspace, owner: Someone | None = None) -> None:
    context = (owner or workspace.someone(Role.OWNER)).context
    acts.begin_closing(context, request(), closing_id=under_way(workspace).id, code="1")


class TestWhoseWord:
    """Two steps, a time between them, and two owners where there are two."""

    def test_nothing_is_carried_out_before_its_time(self, stack: Stack, acme: Workspace) -> None:
        closing = ask(acme)
        assert closing.opens_at - closing.asked_at == timedelta(days=7)
        with pytest.raises(ClosingRefused, match="waiting time"):
            carry_out(acme)
        let_pass(stack, acme, timedelta(days=6, hours=23))
        with pytest.raises(ClosingRefused, match="waiting time"):
            carry_out(acme)
        assert acme.context().permissions
        let_pass(stack, acme, timedelta(hours=2))
        carry_out(acme)
        owner = acme.someone(Role.OWNER)
        with pytest.raises(NotSignedIn):
            enter(SessionSecret(owner.session), acme.public_id)
        fresh = mint_session(owner.person_id, tenant_id=acme.tenant_id, second_factor=True)
        with pytest.raises(WorkspaceClosed):
            enter(SessionSecret(fresh), acme.public_id)
        assert [len(events_of(stack, acme, verb)) for verb in (Verb.CLOSING_ASKED, Verb.CLOSING_BEGUN)] == [
            1,
            1,
        ]

    def test_of_two_owners_one_is_not_enough(self, stack: Stack, acme: Workspace) -> None:
        first, second = acme.someone(Role.OWNER), acme.someone(Role.OWNER, 1)
        closing = ask(acme)
        let_pass(stack, acme, timedelta(days=8))
        with pytest.raises(ClosingRefused, match="2 owners must say so; 1"):
            carry_out(acme)
        with pytest.raises(ClosingRefused, match="yourself"):
            acts.confirm_closing(first.context, request(), closing_id=closing.id, code="1")
        acts.confirm_closing(second.context, request(), closing_id=closing.id, code="1")
        carry_out(acme)
        assert len(events_of(stack, acme, Verb.CLOSING_CONFIRMED)) == 1

    def test_an_owner_who_comes_later_counts_and_one_who_goes_does_not(
        self, stack: Stack, acme: Workspace
    ) -> None:
        closing = ask(acme)
        second = acme.newcomer(Role.OWNER)
        let_pass(stack, acme, timedelta(days=8))
        with pytest.raises(ClosingRefused, match="2 owners"):
            carry_out(acme)
        acts.confirm_closing(second.context, request(), closing_id=closing.id, code="1")
        context = acme.context()
        with acting(context):
            change_role(context, member_id=second.member_id, role=Role.ADMIN)
        third = acme.newcomer(Role.OWNER)
        with pytest.raises(ClosingRefused, match="1 of today's owners"):
            carry_out(acme)
        acts.confirm_closing(third.context, request(), closing_id=closing.id, code="1")
        carry_out(acme)

    def test_any_owner_withdraws_it_and_nothing_has_happened(self, stack: Stack, acme: Workspace) -> None:
        second = acme.someone(Role.OWNER, 1)
        closing = ask(acme)
        with pytest.raises(ClosingRefused, match="already"):
            ask(acme, second)
        acts.withdraw_closing(second.context, closing_id=closing.id)
        let_pass(stack, acme, timedelta(days=8))
        with pytest.raises(NotFound):
            acts.begin_closing(acme.context(), request(), closing_id=closing.id, code="1")
        assert gate.closing_of(acme.tenant_id) is None
        assert acme.context().permissions
        assert len(events_of(stack, acme, Verb.CLOSING_WITHDRAWN)) == 1

    def test_nobody_finds_one_of_long_ago(self, stack: Stack, acme: Workspace) -> None:
        old = ask(acme)
        let_pass(stack, acme, timedelta(days=38))
        with pytest.raises(ClosingRefused, match="in time"):
            carry_out(acme)
        assert ask(acme).id != old.id

    def test_only_owners_and_only_here(self, acme: Workspace, rival: Workspace) -> None:
        closing = ask(acme)
        for role in (Role.ADMIN, Role.LABELER):
            with pytest.raises(PermissionMissing):
                acts.withdraw_closing(acme.context(role), closing_id=closing.id)
        with pytest.raises(NotFound):
            acts.withdraw_closing(rival.context(), closing_id=closing.id)
        assert under_way(acme).id == closing.id

    @pytest.mark.parametrize("act", ["ask", "confirm", "withdraw", "begin"])
    def test_the_gate_asks_for_an_owner_too(self, stack: Stack, acme: Workspace, act: str) -> None:
        closing, admin = ask(acme), acme.someone(Role.ADMIN).member_id
        let_pass(stack, acme, timedelta(days=8))
        here = {"closing_id": closing.id, "member": admin}
        if act == "ask":
            acts.withdraw_closing(acme.context(), closing_id=closing.id)
            here = {"member": admin}
        doors = {
            "ask": gate.asking_to_close,
            "confirm": gate.confirming_closing,
            "withdraw": gate.withdrawing_closing,
            "begin": gate.beginning_closing,
        }
        with pytest.raises(ClosingRefused, match="Owners"), doors[act](acme.tenant_id, **here):
            pass

    def test_the_code_name_is_typed(self, acme: Workspace) -> None:
        with pytest.raises(Invalid, match="code name"):
            acts.ask_closing(acme.context(), request(), code_name="another", code="1")
        assert gate.closing_of(acme.tenant_id) is None

    def test_every_owner_is_told_or_nothing_is_asked(
        self, stack: Stack, acme: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        acme.someone(Role.OWNER, 1)
        acme.someone(Role.ADMIN)

        def fail(*_: Any) -> None:
            raise MailNotSent

        with monkeypatch.context() as patched:
            patched.setattr(acts, "mail_closing_asked", fail)
            with pytest.raises(MailNotSent):
                ask(acme)
        assert gate.closing_of(acme.tenant_id) is None
        assert events_of(stack, acme, Verb.CLOSING_ASKED) == []
        mail.outbox.clear()
        ask(acme)
        assert len(mail.outbox) == 2
        assert all(f"/w/{acme.public_id}/closing" in each.body for each in mail.outbox)

    @pytest.mark.parametrize("act", ["ask", "confirm", "begin"])
    def test_each_step_wants_a_code(
        self, stack: Stack, acme: Workspace, act: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        second = acme.someone(Role.OWNER, 1)
        name, closing = name_of(acme), None if act == "ask" else ask(acme).id
        if act == "begin" and closing is not None:
            acts.confirm_closing(second.context, request(), closing_id=closing, code="1")
            let_pass(stack, acme, timedelta(days=8))

        def wrong(*_: Any, **__: Any) -> None:
            raise WrongCode

        calls: dict[str, Callable[[], object]] = {
            "ask": lambda: acts.ask_closing(acme.context(), request(), code_name=name, code="1"),
            "confirm": lambda: acts.confirm_closing(
                second.context, request(), closing_id=closing or acme.tenant_id, code="1"
            ),
            "begin": lambda: acts.begin_closing(
                acme.context(), request(), closing_id=closing or acme.tenant_id, code="1"
            ),
        }
        monkeypatch.setattr(acts, "show_code_again", wrong)
        with pytest.raises(WrongCode):
            calls[act]()
        now = gate.closing_of(acme.tenant_id)
        assert now is None or (now.begun_at is None and act != "ask")

    def test_the_operators_own_workspace_stays(self, operator: Workspace) -> None:
        with (
            pytest.raises(ClosingRefused, match="platform itself"),
            gate.asking_to_close(operator.tenant_id, member=operator.tenant_id),
        ):
            pass


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
        self, stack: Stack, keeper: Keeper, acme: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begin(stack, acme)

        def denied(_: object, key_ref: str) -> None:
            raise KeyRefused(key_ref)

        with as_worker(stack):
            round_of(acme)
            keeper.settle()
            with monkeypatch.context() as patched:
                patched.setattr(type(key_service()), "destroy", denied)
                assert round_of(acme) == "key"
                assert under_way(acme).keys_destroyed_at is None
            assert round_of(acme) == "done"

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


class Killed(BaseException):
    """The process died here."""


def dying_after(statements: int, workspace: Workspace) -> str:
    """Run a round that dies before its n-th statement, in either database, counting from 0."""
    from django.db import connections

    left = [statements]

    def counting(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return execute(sql, params, many, context)

    with connections["default"].execute_wrapper(counting), connections["control"].execute_wrapper(counting):
        try:
            return round_of(workspace)
        except Killed:
            return "killed"


def logged(stack: Stack, workspace: Workspace, verb: Verb) -> list[tuple[int, Any]]:
    """(index, object) of a verb's events in the log, read past every wall."""
    with psycopg.connect(stack.cluster.superuser_url("cell")) as database:
        return database.execute(
            "select seq, object_id from audit.body where tenant_id = %s and verb = %s order by seq",
            [workspace.tenant_id, verb],
        ).fetchall()


def everything_sealed(stack: Stack, workspace: Workspace) -> list[tuple[Any, Any, bytes]]:
    """Every ciphertext of a tenant, as a copy of the database would hold it: (field, row, bytes)."""
    from django.apps import apps

    from ringfence.kernel.models import TenantModel, sealed_fields

    out = []
    with psycopg.connect(stack.cluster.superuser_url("cell")) as database:
        for model in apps.get_models():
            if not issubclass(model, TenantModel):
                continue
            for field in sealed_fields(model):
                table = model._meta.db_table
                table = table if '"' in table else f'"{table}"'
                rows = database.execute(
                    f"select id, {field.column} from {table}"
                    f" where tenant_id = %s and {field.column} is not null",
                    [workspace.tenant_id],
                ).fetchall()
                out += [(getattr(model, field.name), row, bytes(sealed)) for row, sealed in rows]
    return out


def key_of_customer(workspace: Workspace) -> str:
    with acting(workspace.service(Purpose.JOB)):
        return TenantKey.objects.values_list("key_ref", flat=True)[0]


def key_of_customer_closed(workspace: Workspace) -> str:
    with acting(closed_context(workspace.tenant_id, Purpose.JOB)):
        return TenantKey.objects.values_list("key_ref", flat=True)[0]


def nothing_opens(
    stack: Stack, workspace: Workspace, ciphertexts: list[tuple[Any, Any, bytes]], reference: str
) -> None:
    """Try every ciphertext there ever was through the only door, with a vault that has forgotten all."""
    assert len(ciphertexts) > 8
    context, held = closed_context(workspace.tenant_id, Purpose.JOB), keyring_module.vault
    for vault in (held, Vault()):
        keyring_module.vault = vault
        try:
            for field, row, sealed in ciphertexts:
                with pytest.raises((CannotOpen, Dark)), acting(context):
                    context.keyring.open(sealed, field=field, row=row)
        finally:
            keyring_module.vault = held
    with acting(context):
        assert set(TenantKey.objects.values_list("wrapped", flat=True)) == {None}
        assert set(DataKey.objects.values_list("wrapped", flat=True)) == {None}
        assert not Profile.objects.exists()
        assert Body.objects.exists()
    with pytest.raises(KeyRefused):
        key_service().probe(reference)


def opens(workspace: Workspace) -> bytes:
    context = workspace.service(Purpose.JOB)
    with acting(context):
        profile = Profile.objects.get()
        return context.keyring.open(profile.name, field=Profile.name, row=profile.id)


def count_rows(stack: Stack, workspace: Workspace) -> dict[str, int]:
    """How many rows a tenant has in each table of the cell."""
    with psycopg.connect(stack.cluster.superuser_url("cell")) as database:
        tables = database.execute(
            "select table_schema || '.' || table_name from information_schema.columns"
            " where column_name = 'tenant_id' and table_schema = 'public'"
        ).fetchall()
        counts = {}
        for (table,) in tables:
            row = database.execute(
                f"select count(*) from {table} where tenant_id = %s", [workspace.tenant_id]
            ).fetchone()
            counts[table] = row[0] if row else 0
        return counts


def documents(stack: Stack, workspace: Workspace) -> list[tuple[str, Any]]:
    """What the control database holds of a tenant's own words, or as good as: sealed under the platform's key."""
    wanted = {
        "people_policyversion": ("document", "digest", "replaces"),
        "people_taintset": ("body", "policy_digest"),
        "people_mitigationplan": ("document", "digest", "policy_digest"),
        "people_adminkey": ("label", "public", "possession", "endorsement"),
        "people_invitation": ("email",),
        "people_publication": ("content",),
    }
    with psycopg.connect(stack.cluster.superuser_url("control")) as database:
        return [
            (f"{table}.{column}", bytes(content))
            for table, columns in wanted.items()
            for column in columns
            for (content,) in database.execute(
                f"select {column} from {table} where tenant_id = %s and {column} is not null",
                [workspace.tenant_id],
            )
        ]
