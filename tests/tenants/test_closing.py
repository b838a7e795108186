"""Closing a workspace for good: whose word it takes, and how long it waits."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid, NotFound, PermissionMissing
from ringfence.kernel.permissions import Role
from tenants.gate import closings as gate
from tenants.gate.enter import enter
from tenants.gate.errors import ClosingRefused, NotSignedIn, WorkspaceClosed, WrongCode
from tenants.gate.secrets import SessionSecret
from tenants.gate.sessions import mint_session
from tenants.services import close_workspace as acts
from tenants.services.change_role import change_role
from tenants.services.send_mail import MailNotSent
from tests.stack import Stack
from tests.tenants.browser import Visitor, events_of
from tests.tenants.closing import (
    ask,
    codes_accepted,
    let_pass,
    name_of,
    request,
    under_way,
)
from tests.world import Someone, Workspace


@pytest.fixture(autouse=True)
def codes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with codes_accepted(monkeypatch):
        yield


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

    def test_every_owner_reads_of_it_at_home_and_nobody_else(self, acme: Workspace) -> None:
        closing = ask(acme)
        home, words = f"/w/{acme.public_id}/", b"being closed for good"
        assert words in Visitor(acme.newcomer(Role.OWNER)).get(home).content
        assert words not in Visitor(acme.someone(Role.ADMIN)).get(home).content
        acts.withdraw_closing(acme.context(), closing_id=closing.id)
        assert words not in Visitor(acme.someone(Role.OWNER)).get(home).content

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
        # In a context of its own: undone later than the accepting of codes, it would bring that back for good.
        with monkeypatch.context() as patched:
            patched.setattr(acts, "show_code_again", wrong)
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
