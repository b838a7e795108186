"""Keys: what opens where, how long a key lives, and what refusal and outage do."""

import os
import pickle
from pathlib import Path

import pytest

from ringfence.crypto.envelope import Binding, dek_id_of, open_sealed
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Dark, NotSealed
from ringfence.kernel.ids import uuid7
from ringfence.kernel.models import cell_of
from ringfence.kernel.permissions import Purpose, Role
from tenants.keys import keyring as keyring_module
from tenants.keys.keyring import TenantKeyring
from tenants.keys.service import key_service
from tenants.keys.vault import LIFE_SECONDS, Vault
from tenants.models import DataKey, KeyState, Member, Profile, TenantKey
from tests.stack import Stack
from tests.world import Workspace, new_workspace


class Clock:
    """Time that a test moves, and the vault that lives by it."""

    now = 1000.0

    def __init__(self) -> None:
        self.vault = Vault(lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A fresh vault whose time the test moves; its background prober never runs."""
    clock = Clock()
    monkeypatch.setattr(clock.vault, "_watch", lambda: None)
    monkeypatch.setattr(keyring_module, "vault", clock.vault)
    return clock


@pytest.fixture
def acme() -> Workspace:
    return new_workspace("Acme")


def key_ref(workspace: Workspace) -> str:
    with acting(workspace.service(Purpose.JOB)):
        return TenantKey.objects.values_list("key_ref", flat=True)[0]


def read_name(workspace: Workspace) -> bytes:
    context = workspace.service(Purpose.JOB)
    with acting(context):
        profile = Profile.objects.get()
        return context.keyring.open(profile.name, field=Profile.name, row=profile.id)


def test_a_cell_opens_in_its_own_place_only(acme: Workspace) -> None:
    context = acme.service(Purpose.JOB)
    row = uuid7()
    with acting(context):
        sealed = context.keyring.seal(b"secret", field=Profile.name, row=row)
        assert context.keyring.open(sealed, field=Profile.name, row=row) == b"secret"
        for wrong in (
            {"field": Profile.name, "row": uuid7()},
            {"field": Profile.code_name, "row": row},
            {"field": Member.name, "row": row},
            {"field": Profile.name, "row": row, "version": 2},
        ):
            with pytest.raises(CannotOpen):
                context.keyring.open(sealed, **wrong)


def test_the_right_key_with_the_wrong_tenant_in_the_binding_does_not_open(acme: Workspace) -> None:
    """One key on purpose: a key for each tenant would hide a binding that forgets the tenant."""
    rival = new_workspace("Rival")
    context, row = acme.service(Purpose.JOB), uuid7()
    purpose, table, column = cell_of(Profile.name)
    with acting(context):
        sealed = context.keyring.seal(b"secret", field=Profile.name, row=row)
        key = TenantKeyring(acme.tenant_id)._read_key(dek_id_of(sealed), purpose)
    ours, theirs = (Binding(of, purpose, table, column, row, 1) for of in (acme.tenant_id, rival.tenant_id))
    assert open_sealed(key, ours, sealed) == b"secret"
    with pytest.raises(CannotOpen):
        open_sealed(key, theirs, sealed)


def test_the_rival_s_keyring_opens_nothing_of_ours_even_with_the_row_in_hand(acme: Workspace) -> None:
    rival = new_workspace("Rival")
    row = uuid7()
    ours, theirs = acme.service(Purpose.JOB), rival.service(Purpose.JOB)
    with acting(ours):
        sealed = ours.keyring.seal(b"secret", field=Profile.name, row=row)
    with acting(theirs), pytest.raises(CannotOpen):
        theirs.keyring.open(sealed, field=Profile.name, row=row)


def test_a_sealed_column_takes_no_clear_bytes(acme: Workspace) -> None:
    with acting(acme.service(Purpose.JOB)), pytest.raises(NotSealed):
        Profile.objects.update(name=b"clear")


def test_a_disabled_key_goes_dark_at_the_next_probe_and_comes_back(acme: Workspace, clock: Clock) -> None:
    ref = key_ref(acme)
    before = read_name(acme)
    key_service().inner.disable(ref)  # type: ignore[attr-defined]
    assert read_name(acme) == before, "an opened key lives until a probe says otherwise"
    clock.vault.probe_all()
    with pytest.raises(Dark, match="refuses"):
        read_name(acme)
    key_service().inner.enable(ref)  # type: ignore[attr-defined]
    assert read_name(acme) == before


def test_an_outage_is_survived_for_thirty_seconds_and_no_longer(
    acme: Workspace, clock: Clock, stack: Stack
) -> None:
    before = read_name(acme)
    outage = stack.directory / "keys" / "outage"
    outage.touch()
    try:
        clock.now += LIFE_SECONDS - 1
        clock.vault.probe_all()
        assert read_name(acme) == before
        clock.now += 2
        with pytest.raises(Dark, match="does not answer"):
            read_name(acme)
        clock.vault.probe_all()
        left = [c for c in clock.vault._customers.values() if c.tenant_keys or c.data_keys]
        assert left == [], "emptied, not only refused"
    finally:
        outage.unlink()
    assert read_name(acme) == before


def test_a_dark_tenant_does_not_darken_its_neighbour(acme: Workspace, clock: Clock) -> None:
    rival = new_workspace("Rival")
    read_name(rival)
    key_service().inner.disable(key_ref(acme))  # type: ignore[attr-defined]
    clock.vault.probe_all()
    with pytest.raises(Dark):
        read_name(acme)
    assert read_name(rival)


def test_a_shredded_data_key_opens_nothing(acme: Workspace, clock: Clock) -> None:
    member = acme.someone(Role.LABELER)
    context = acme.service(Purpose.JOB)
    with acting(context):
        row = Member.objects.get(id=member.member_id)
        assert context.keyring.open(row.name, field=Member.name, row=row.id)
        DataKey.objects.filter(unit_id=member.member_id).update(wrapped=None, state=KeyState.DESTROYED)
    clock.vault.forget_data_key(acme.tenant_id, keyring_module.envelope.dek_id_of(row.name))
    with acting(context), pytest.raises(CannotOpen):
        context.keyring.open(row.name, field=Member.name, row=row.id)


def test_one_data_key_for_each_unit_and_blind_indexes_differ_between_tenants(acme: Workspace) -> None:
    rival = new_workspace("Rival")
    seen = []
    for workspace in (acme, rival):
        context = workspace.service(Purpose.JOB)
        with acting(context):
            one = context.keyring.seal(b"x", field=Profile.name, row=uuid7(), unit=uuid7())
            two = context.keyring.seal(b"x", field=Profile.name, row=uuid7(), unit=uuid7())
            assert keyring_module.envelope.dek_id_of(one) != keyring_module.envelope.dek_id_of(two)
            seen.append(context.keyring.blind("ext-1", field=Profile.name))
            assert context.keyring.blind("ext-1", field=Profile.code_name) != seen[-1]
            assert context.keyring.blind("ext-1", field=Profile.name) == seen[-1]
    assert seen[0] != seen[1]


def test_no_secret_in_reprs_and_no_keyring_leaves_its_process(acme: Workspace) -> None:
    context = acme.service(Purpose.JOB)
    assert "keyring" not in repr(context)
    assert "token" not in repr(context)
    with pytest.raises(TypeError):
        pickle.dumps(context.keyring)


def test_two_processes_making_the_first_data_key_agree(acme: Workspace, stack: Stack) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    context, unit, row = acme.service(Purpose.JOB), uuid7(), uuid7()

    def seal(n: int) -> bytes:
        try:
            with acting(context):
                return context.keyring.seal(str(n).encode(), field=Profile.name, row=row, unit=unit)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        sealed = list(pool.map(seal, range(4)))
    with acting(context):
        assert {context.keyring.open(s, field=Profile.name, row=row) for s in sealed} == {
            b"0",
            b"1",
            b"2",
            b"3",
        }
        assert DataKey.objects.filter(unit_id=unit).count() == 1


def test_key_files_are_private(stack: Stack) -> None:
    keys = Path(stack.directory / "keys")
    assert keys.stat().st_mode & 0o777 == 0o700
    assert {f.stat().st_mode & 0o077 for f in keys.iterdir()} == {0}
    assert os.access(keys, os.R_OK)
