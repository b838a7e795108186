"""The pipelined unit of work: the same walls, and nothing half-done when a statement fails late."""

import pytest
from django.db import DataError, IntegrityError, connection
from django.utils import timezone

from ringfence.kernel.context import acting, acting_in_pipeline
from ringfence.kernel.errors import ContextAlreadyEntered, NoTenantContext
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Purpose
from tenants.models import DataKey, Profile
from tests.world import Workspace, new_workspace

INSERT = """
insert into tenants_datakey (id, tenant_id, unit_id, purpose, generation, state, created_at)
values (%s, rf.tenant(), %s, 'data', %s, 'active', now())
"""


@pytest.fixture
def acme() -> Workspace:
    return new_workspace("Acme")


def keys_of(acme: Workspace) -> int:
    with acting(acme.service(Purpose.JOB)):
        return DataKey.objects.count()


def test_it_commits_what_was_queued(acme: Workspace) -> None:
    before = keys_of(acme)
    with acting_in_pipeline(acme.service(Purpose.JOB)), connection.cursor() as cursor:
        cursor.execute(INSERT, [uuid7(), uuid7(), 1])
    assert keys_of(acme) == before + 1


def test_it_reads_its_own_tenant_only(acme: Workspace) -> None:
    new_workspace("Rival")
    with acting_in_pipeline(acme.service(Purpose.JOB)):
        assert Profile.objects.count() == 1
        with connection.cursor() as cursor:
            cursor.execute("select tenant_id from tenants_profile")
            assert cursor.fetchall() == [(acme.tenant_id,)]
    with pytest.raises(NoTenantContext):
        Profile.objects.count()


@pytest.mark.parametrize("read_afterwards", [True, False], ids=["seen while inside", "seen at the end"])
def test_an_error_undoes_everything_and_leaves_the_connection_usable(
    acme: Workspace, read_afterwards: bool
) -> None:
    before, unit = keys_of(acme), uuid7()

    def fail() -> None:
        with acting_in_pipeline(acme.service(Purpose.JOB)), connection.cursor() as cursor:
            cursor.execute(INSERT, [uuid7(), unit, 1])
            cursor.execute(INSERT, [uuid7(), unit, 1])
            if read_afterwards:
                cursor.execute("select 1")
                cursor.fetchone()

    with pytest.raises(IntegrityError):
        fail()
    assert keys_of(acme) == before
    assert connection.get_autocommit()


def test_an_exception_of_ours_rolls_back(acme: Workspace) -> None:
    before = keys_of(acme)

    def fail() -> None:
        with acting_in_pipeline(acme.service(Purpose.JOB)), connection.cursor() as cursor:
            cursor.execute(INSERT, [uuid7(), uuid7(), 1])
            raise LookupError(timezone.now())

    with pytest.raises(LookupError):
        fail()
    assert keys_of(acme) == before


def test_a_failed_read_is_told_as_django_s_error(acme: Workspace) -> None:
    def fail() -> None:
        with acting_in_pipeline(acme.service(Purpose.JOB)), connection.cursor() as cursor:
            cursor.execute("select 1 / %s::int", [0])
            cursor.fetchone()

    with pytest.raises(DataError):
        fail()
    assert keys_of(acme) >= 0


def test_it_does_not_nest(acme: Workspace) -> None:
    context = acme.service(Purpose.JOB)
    with acting(context), pytest.raises(ContextAlreadyEntered), acting_in_pipeline(context):
        pass
    with acting_in_pipeline(context), pytest.raises(ContextAlreadyEntered), acting(context):
        pass
