"""The way back from a lost key: owners approve, a time passes, and any active key can stop it."""

from datetime import timedelta

import psycopg
import pytest

from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Role
from tenants.gate import key_recovery
from tenants.gate.errors import SigningRefused
from tenants.neutrality.signatures import StopRequest
from tenants.services.end_admin_key import end_admin_key
from tenants.services.recover_admin_key import (
    approve_recovery,
    ask_recovery,
    finish_recovery,
    stop_recovery,
)
from tests.signing import AdminKeyPair, doing, key_of, two_keys
from tests.stack import Stack
from tests.tenants.browser import events_of
from tests.world import Workspace


class TestRecovery:
    """The way back from a lost key."""

    @pytest.fixture
    def lost(self, acme: Workspace) -> AdminKeyPair:
        """The only owner lost their key, and has made a new one; the admin's key is there."""
        first, _ = two_keys(acme)
        context = acme.context()
        with acting(context):
            end_admin_key(context, key_id=key_of(acme, first.whose.member_id)[0].id)
        fresh = AdminKeyPair(acme.someone(Role.OWNER))
        fresh.register()
        return fresh

    def _ask(self, acme: Workspace, fresh: AdminKeyPair) -> key_recovery.Recovery:
        context = fresh.whose.context
        with acting(context):
            return ask_recovery(context, key_id=key_of(acme, fresh.whose.member_id)[-1].id)

    def _finish(self, acme: Workspace, recovery: key_recovery.Recovery) -> None:
        context = acme.context()
        with acting(context):
            finish_recovery(context, recovery_id=recovery.id)

    def _pass(self, stack: Stack, recovery: key_recovery.Recovery) -> None:
        """Let the waiting time pass, as the database's clock has it."""
        with psycopg.connect(stack.cluster.superuser_url("control")) as connection:
            connection.execute(
                "update people_keyrecovery set opens_at = now() - interval '1 second' where id = %s",
                [recovery.id],
            )

    def test_nobody_asks_for_a_key_that_is_not_theirs(self, acme: Workspace, lost: AdminKeyPair) -> None:
        admin = acme.someone(Role.ADMIN).context
        waiting = key_of(acme, lost.whose.member_id)[-1]
        with pytest.raises(NotFound), acting(admin):
            ask_recovery(admin, key_id=waiting.id)
        assert key_recovery.open_recovery(acme.tenant_id) is None

    def test_one_owner_alone_waits_fourteen_days(
        self, acme: Workspace, lost: AdminKeyPair, stack: Stack
    ) -> None:
        recovery = self._ask(acme, lost)
        assert recovery.needed == 1
        assert recovery.opens_at - recovery.asked_at == timedelta(days=14)
        with doing(acme) as context:
            approve_recovery(context, recovery_id=recovery.id)
        with pytest.raises(SigningRefused, match="waiting time"):
            self._finish(acme, recovery)
        self._pass(stack, recovery)
        self._finish(acme, recovery)
        assert key_of(acme, lost.whose.member_id)[-1].active
        verbs = (Verb.KEY_RECOVERY_ASKED, Verb.KEY_RECOVERY_APPROVED, Verb.KEY_RECOVERY_FINISHED)
        assert [len(events_of(stack, acme, verb)) for verb in verbs] == [1, 1, 1]

    def test_of_several_owners_a_majority_approves(
        self, acme: Workspace, lost: AdminKeyPair, stack: Stack
    ) -> None:
        owners = [acme.someone(Role.OWNER, n) for n in range(3)]
        recovery = self._ask(acme, lost)
        assert recovery.needed == 2
        assert recovery.opens_at - recovery.asked_at == timedelta(days=7)
        self._pass(stack, recovery)
        for n, owner in enumerate(owners[:2]):
            with pytest.raises(SigningRefused, match=f"2 owners must approve; {n} have"):
                self._finish(acme, recovery)
            with doing(owner) as context:
                approve_recovery(context, recovery_id=recovery.id)
            with doing(owner) as context, pytest.raises(SigningRefused, match="already"):
                approve_recovery(context, recovery_id=recovery.id)
        self._finish(acme, recovery)

    def test_an_admin_approves_nothing(self, acme: Workspace, lost: AdminKeyPair) -> None:
        recovery = self._ask(acme, lost)
        with (
            doing(acme.someone(Role.ADMIN)) as context,
            pytest.raises(SigningRefused, match="Owners"),
        ):
            approve_recovery(context, recovery_id=recovery.id)

    def test_any_active_key_stops_it(self, acme: Workspace, lost: AdminKeyPair, stack: Stack) -> None:
        recovery = self._ask(acme, lost)
        admin = acme.someone(Role.ADMIN)
        stranger = AdminKeyPair(admin)
        request = StopRequest(acme.public_id, recovery.id, stranger.public)
        with doing(admin) as context, pytest.raises(SigningRefused, match="not registered"):
            stop_recovery(
                context, recovery_id=recovery.id, public=stranger.public, signature=stranger.sign(request)
            )
        assert key_recovery.open_recovery(acme.tenant_id) is not None

    def test_it_is_stopped_by_signature(self, acme: Workspace, stack: Stack) -> None:
        first, second = two_keys(acme)
        fresh = AdminKeyPair(first.whose)
        fresh.register()
        recovery = self._ask(acme, fresh)
        request = StopRequest(acme.public_id, recovery.id, second.public)
        with doing(second.whose) as context:
            stop_recovery(
                context, recovery_id=recovery.id, public=second.public, signature=second.sign(request)
            )
        assert key_recovery.open_recovery(acme.tenant_id) is None
        assert key_of(acme, first.whose.member_id)[0].active
        assert not key_of(acme, first.whose.member_id)[1].waiting
        assert len(events_of(stack, acme, Verb.KEY_RECOVERY_STOPPED)) == 1
