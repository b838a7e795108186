"""Policies and keys through the services: who signs, what a signature is good for, and who it is refused to."""

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connections
from django.utils import timezone

from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tenants.gate import policy_signing
from tenants.gate.admin_keys import entitled, keys_of
from tenants.gate.errors import SigningRefused
from tenants.gate.policies import in_force, versions
from tenants.gate.policy_signing import request_of, signatures_of
from tenants.gate.registry import NewParty, append
from tenants.neutrality.facts import Party
from tenants.neutrality.policy import Policy
from tenants.neutrality.signatures import EndorsementRequest, PossessionRequest
from tenants.services.add_admin_key import add_admin_key
from tenants.services.change_role import change_role
from tenants.services.draft_policy import draft_policy
from tenants.services.endorse_admin_key import endorse_admin_key
from tenants.services.propose_policy import propose_policy
from tenants.services.remove_member import remove_member
from tenants.services.sign_policy import sign_policy
from tenants.services.withdraw_policy import withdraw_policy
from tests.neutrality.stating import works_for
from tests.signing import AdminKeyPair, doing, drafted, key_of, proposed, sign_in_force, two_keys
from tests.stack import Stack
from tests.tenants.browser import events_of
from tests.world import Workspace


@pytest.fixture
def excluded() -> Policy:
    """A policy that excludes somebody whom the registry knows."""
    party = Party(uuid7(), "Excluded Co.")
    append([NewParty(party)])
    return Policy(excluded=frozenset({party.id}))


def refused(pair: AdminKeyPair, kept: Any) -> str:
    """Return why the key's signature of a version is refused; nothing is kept."""
    with pytest.raises(SigningRefused) as why:
        pair.sign_version(kept)
    return str(why.value)


def test_a_policy_rules_once_two_admins_have_signed_it(
    acme: Workspace, excluded: Policy, stack: Stack
) -> None:
    first, second = two_keys(acme)
    kept = proposed(acme, excluded)
    assert not in_force(acme.tenant_id).signed
    once = first.sign_version(kept)
    assert once.signed_at is None
    assert not in_force(acme.tenant_id).signed

    twice = second.sign_version(kept)

    assert twice.signed_at is not None
    rules = in_force(acme.tenant_id)
    assert (rules.signed, rules.version, rules.digest) == (True, kept.version, excluded.digest)
    assert len(events_of(stack, acme, Verb.POLICY_SIGNED)) == 2
    assert [each.holds for each in signatures_of(acme.tenant_id, twice, keys_of(acme.tenant_id))] == [
        True,
        True,
    ]


def test_one_member_does_not_sign_for_two(acme: Workspace, excluded: Policy) -> None:
    first, _ = two_keys(acme)
    kept = proposed(acme, excluded)
    first.sign_version(kept)
    assert "already" in refused(first, kept)
    assert not in_force(acme.tenant_id).signed


def test_one_key_alone_puts_nothing_up_for_signature(acme: Workspace, excluded: Policy) -> None:
    AdminKeyPair(acme.someone(Role.OWNER)).register()
    kept, context = drafted(acme, excluded), acme.context()
    with pytest.raises(SigningRefused, match="2 admins need an active key"), acting(context):
        propose_policy(context, version=kept.version, not_before=None)


def test_a_signature_is_replayed_neither_in_another_tenant_nor_for_another_version(
    acme: Workspace, rival: Workspace, excluded: Policy
) -> None:
    (first, second), theirs = two_keys(acme), two_keys(rival)
    when = timezone.now() + timedelta(hours=1)
    ours, other = proposed(acme, excluded, not_before=when), proposed(rival, excluded, not_before=when)
    signature = first.sign(request_of(acme.public_id, ours))
    for context, key in ((rival.context(), first.public), (rival.context(), theirs[0].public)):
        with pytest.raises(SigningRefused), acting(context):
            sign_policy(context, version=other.version, public=key, signature=signature)
    again = proposed(acme, excluded, not_before=when)
    context = acme.context()
    with pytest.raises(SigningRefused, match="not this key's"), acting(context):
        sign_policy(context, version=again.version, public=first.public, signature=signature)
    assert second.sign_version(again).signed_at is None


@pytest.mark.parametrize("how", ["removed", "no admin any more"])
def test_a_policy_signed_by_a_removed_admin_is_refused(acme: Workspace, excluded: Policy, how: str) -> None:
    first, second = two_keys(acme)
    kept = proposed(acme, excluded)
    second.sign_version(kept)
    boss = acme.context()
    with acting(boss):
        if how == "removed":
            remove_member(boss, member_id=second.whose.member_id)
        else:
            change_role(boss, member_id=second.whose.member_id, role=Role.MANAGER)
    assert key_of(acme, second.whose.member_id)[0].ended_because == "removed"

    # The first's own signature is good, and the one that was there before no longer counts.
    assert first.sign_version(kept).signed_at is None
    assert not in_force(acme.tenant_id).signed

    signature = second.sign(request_of(acme.public_id, kept))
    with doing(acme) as context, pytest.raises(SigningRefused, match="no longer an owner or admin"):
        sign_policy(context, version=kept.version, public=second.public, signature=signature)


def test_a_key_that_outlived_its_holders_role_signs_nothing(
    acme: Workspace, excluded: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wall behind the one above: whoever changed the role forgot the keys."""
    first, second = two_keys(acme)
    kept, boss = proposed(acme, excluded), acme.context()
    second.sign_version(kept)
    monkeypatch.setattr("tenants.services.change_role.end_keys_of_member", lambda *_: None)
    with acting(boss):
        change_role(boss, member_id=second.whose.member_id, role=Role.MANAGER)
    assert key_of(acme, second.whose.member_id)[0].active
    assert second.whose.member_id not in entitled(acme.tenant_id)
    assert first.sign_version(kept).signed_at is None


def test_whom_the_policy_keeps_away_signs_no_further_policy(acme: Workspace, excluded: Policy) -> None:
    """An admin who goes to the excluded party cannot vote the exclusion down."""
    first, second = two_keys(acme)
    sign_in_force(acme, excluded, (first, second))
    kept = proposed(acme, Policy())
    works_for(second.whose, next(iter(excluded.excluded)))
    assert first.sign_version(kept).signed_at is None
    signature = second.sign(request_of(acme.public_id, kept))
    with doing(acme) as context, pytest.raises(SigningRefused):
        sign_policy(context, version=kept.version, public=second.public, signature=signature)
    assert second.whose.member_id not in entitled(acme.tenant_id)


def test_what_a_removed_admin_signed_while_they_were_one_stands(acme: Workspace, excluded: Policy) -> None:
    first, second = two_keys(acme)
    sign_in_force(acme, excluded, (first, second))
    boss = acme.context()
    with acting(boss):
        remove_member(boss, member_id=second.whose.member_id)
    assert in_force(acme.tenant_id).signed


def test_a_party_that_nobody_registered_refuses_the_signing(acme: Workspace) -> None:
    two_keys(acme)
    kept, context = drafted(acme, Policy(excluded=frozenset({uuid4()}))), acme.context()
    with pytest.raises(SigningRefused, match="registry does not know"), acting(context):
        propose_policy(context, version=kept.version, not_before=None)


def test_a_policy_begins_neither_in_the_past_nor_before_its_last_signature(
    acme: Workspace, excluded: Policy
) -> None:
    keys = two_keys(acme)
    kept, context = drafted(acme, excluded), acme.context()
    with pytest.raises(SigningRefused, match="in the past"), acting(context):
        propose_policy(context, version=kept.version, not_before=timezone.now() - timedelta(minutes=1))
    signed = sign_in_force(acme, excluded, keys)
    assert signed.not_before is not None
    assert signed.signed_at == signed.effective_from >= signed.not_before


def test_a_policy_that_is_announced_rules_from_its_time_on(acme: Workspace, excluded: Policy) -> None:
    keys = two_keys(acme)
    kept = proposed(acme, excluded, not_before=timezone.now() + timedelta(days=2))
    for pair in keys:
        kept = pair.sign_version(kept)
    assert kept.signed_at is not None
    assert not in_force(acme.tenant_id).signed
    assert in_force(acme.tenant_id, at=timezone.now() + timedelta(days=3)).version == kept.version


def test_of_two_policies_that_land_at_once_one_rules_and_the_other_is_kept(
    acme: Workspace, excluded: Policy
) -> None:
    """Both have one signature; the two last ones arrive in the same instant, on connections of their own."""
    first, second = two_keys(acme)
    ours, theirs = proposed(acme, excluded), proposed(acme, Policy(excluded=excluded.excluded, grace_days=0))
    for kept in (ours, theirs):
        first.sign_version(kept)
    ready, said = threading.Barrier(2), {}

    def sign(version: int) -> None:
        kept = next(each for each in versions(acme.tenant_id) if each.version == version)
        try:
            ready.wait(20)
            said[version] = second.sign_version(kept).signed_at is not None
        except SigningRefused as why:
            said[version] = str(why)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=sign, args=(kept.version,)) for kept in (ours, theirs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(map(str, said.values())) != ["True", "True"]
    winner = next(version for version, answer in said.items() if answer is True)
    loser = next(answer for version, answer in said.items() if version != winner)
    assert "signed in the meantime" in loser or "signed since" in loser
    assert in_force(acme.tenant_id).version == winner
    assert {kept.version for kept in versions(acme.tenant_id)} >= {ours.version, theirs.version}


def test_an_older_draft_is_not_put_up_once_a_newer_version_rules(acme: Workspace, excluded: Policy) -> None:
    """A signed policy never goes back to an earlier number: what was thought out before is drafted again."""
    keys = two_keys(acme)
    older = drafted(acme, Policy(excluded=excluded.excluded, grace_days=0))
    newer, context = sign_in_force(acme, excluded, keys), acme.context()
    with pytest.raises(SigningRefused, match="is newer"), acting(context):
        propose_policy(context, version=older.version, not_before=None)
    assert in_force(acme.tenant_id).version == newer.version


def test_a_version_is_not_signed_long_after_it_was_put_up(
    acme: Workspace, excluded: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever finds an old request for a signature gets no policy in force with it."""
    first, second = two_keys(acme)
    kept = proposed(acme, excluded)
    first.sign_version(kept)
    monkeypatch.setattr(policy_signing, "SIGN_WITHIN", timedelta(0))
    assert "for too long" in refused(second, kept)
    assert not in_force(acme.tenant_id).signed


def test_two_drafts_that_land_at_once_have_two_numbers(acme: Workspace, excluded: Policy) -> None:
    contexts = [acme.someone(role).context for role in (Role.OWNER, Role.ADMIN)]
    ready, made = threading.Barrier(2), []

    def draft(context: Any) -> None:
        try:
            ready.wait(20)
            with acting(context):
                made.append(draft_policy(context, excluded).version)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=draft, args=(context,)) for context in contexts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(made) == [1, 2]


def test_a_withdrawn_draft_is_signed_by_nobody_and_a_signed_one_is_not_withdrawn(
    acme: Workspace, excluded: Policy
) -> None:
    keys = two_keys(acme)
    kept, context = proposed(acme, excluded), acme.context()
    with acting(context):
        withdraw_policy(context, version=kept.version)
    assert "withdrawn" in refused(keys[0], kept)
    signed = sign_in_force(acme, excluded, keys)
    with pytest.raises(SigningRefused, match="signed already"), acting(context):
        withdraw_policy(context, version=signed.version)


def test_the_gate_believes_signatures_and_no_column(acme: Workspace, excluded: Policy, stack: Stack) -> None:
    """Somebody with the control database in hand calls a draft signed: nothing rules."""
    first, _ = two_keys(acme)
    kept = proposed(acme, excluded)
    first.sign_version(kept)
    with psycopg.connect(stack.cluster.superuser_url("control")) as connection:
        connection.execute(
            "update people_policyversion set signed_at = now(), effective_from = now() where id = %s",
            [kept.id],
        )
    assert not in_force(acme.tenant_id).signed


class TestKeys:
    """Who gets a key, and how it becomes active."""

    def test_the_first_is_an_owners(self, acme: Workspace) -> None:
        with pytest.raises(SigningRefused, match="first key of a workspace is an owner's"):
            AdminKeyPair(acme.someone(Role.ADMIN)).register()
        assert AdminKeyPair(acme.someone(Role.OWNER)).register().active

    def test_a_later_one_waits_for_another_members_key(self, acme: Workspace) -> None:
        first = AdminKeyPair(acme.someone(Role.OWNER))
        first.register()
        second = AdminKeyPair(acme.someone(Role.ADMIN))
        waiting = second.register()
        assert waiting.waiting
        assert second.whose.member_id not in entitled(acme.tenant_id)
        with pytest.raises(SigningRefused, match="waits for the endorsement"):
            second.endorse(waiting)
        assert first.endorse(waiting).active
        own = AdminKeyPair(acme.someone(Role.OWNER)).register()
        with pytest.raises(SigningRefused, match="another member"):
            first.endorse(own)

    def test_a_new_one_takes_the_place_of_the_old(self, acme: Workspace, excluded: Policy) -> None:
        first, second = two_keys(acme)
        fresh = AdminKeyPair(first.whose)
        second.endorse(fresh.register())
        assert [key.ended_because for key in key_of(acme, first.whose.member_id)] == ["rotated", ""]
        kept = proposed(acme, excluded)
        assert "newer key took its place" in refused(first, kept)
        fresh.sign_version(kept)
        assert second.sign_version(kept).signed_at is not None

    def test_an_endorsement_is_the_endorsers_own_and_of_this_key(
        self, acme: Workspace, rival: Workspace
    ) -> None:
        """Another workspace's name, and another hand than that of the key that is named."""
        first, second = AdminKeyPair(acme.someone(Role.OWNER)), AdminKeyPair(acme.someone(Role.ADMIN))
        first.register()
        waiting, context = second.register(), first.whose.context
        elsewhere = EndorsementRequest(rival.public_id, waiting.member_id, waiting.public, first.public)
        here = EndorsementRequest(context.public_id, waiting.member_id, waiting.public, first.public)
        for signature in (first.sign(elsewhere), second.sign(here)):
            with pytest.raises(SigningRefused, match="not this key's"), acting(context):
                endorse_admin_key(context, key_id=waiting.id, endorser=first.public, signature=signature)
        assert second.whose.member_id not in entitled(acme.tenant_id)

    def test_what_the_old_one_signed_counts_no_longer(self, acme: Workspace, excluded: Policy) -> None:
        """A key is also replaced because somebody else may hold it: what it signed last is not believed."""
        first, second = two_keys(acme)
        kept = proposed(acme, excluded)
        first.sign_version(kept)
        fresh = AdminKeyPair(first.whose)
        second.endorse(fresh.register())
        assert second.sign_version(kept).signed_at is None
        assert fresh.sign_version(kept).signed_at is not None

    def test_nobody_registers_a_key_that_they_do_not_hold(self, acme: Workspace, rival: Workspace) -> None:
        pair, context = AdminKeyPair(acme.someone(Role.OWNER)), acme.context()
        proof = pair.sign(PossessionRequest(rival.public_id, context.actor_id, pair.public))
        with pytest.raises(SigningRefused, match="not this key's"), acting(context):
            add_admin_key(context, public=pair.public, possession=proof)
        with pytest.raises(SigningRefused, match="small order"), acting(context):
            add_admin_key(context, public=bytes([1]) + bytes(31), possession=bytes([1]) + bytes(63))
        assert keys_of(acme.tenant_id) == []

    def test_a_key_stands_once(self, acme: Workspace) -> None:
        pair = AdminKeyPair(acme.someone(Role.OWNER))
        pair.register()
        with pytest.raises(SigningRefused, match="registered here already"):
            AdminKeyPair(acme.someone(Role.ADMIN), pair.private).register()

    def test_who_is_no_owner_or_admin_has_none(self, acme: Workspace) -> None:
        AdminKeyPair(acme.someone(Role.OWNER)).register()
        with pytest.raises(SigningRefused, match="Only owners and admins"):
            AdminKeyPair(acme.someone(Role.MANAGER)).register()
