"""A workspace, parties with hosts, a receiver's authority that this process trusts, and names that tests make up."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.egress.receiving import Authority, Names


@pytest.fixture(scope="session", autouse=True)
def operator(stack: Any) -> Any:
    """The operator's workspace, whose log is the platform log."""
    from tests.tenants.operator import operator_workspace

    return operator_workspace(stack)


@pytest.fixture
def acme() -> Any:
    """One workspace."""
    from tests.world import new_workspace

    return new_workspace("Acme")


@pytest.fixture
def rival() -> Any:
    """Its rival."""
    from tests.world import new_workspace

    return new_workspace("Rival")


@pytest.fixture(autouse=True)
def mails_in_memory() -> Iterator[None]:
    """Keep mails where tests can read them."""
    from django.core import mail
    from django.test import override_settings

    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        yield


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """The resolver of this process: it knows what a test tells it."""
    from tenants.egress import resolving

    known = Names()
    monkeypatch.setattr(resolving, "look_up", known)
    return known


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The authority, trusted as an install trusts a private one."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    return authority


@pytest.fixture
def log(stack: Any) -> Iterator[Any]:
    """The log's two processes, run by hand: events get their index when a test says so."""
    from tests.audit.logkeeping import Keeper

    with Keeper(stack, shared=True) as keeper:
        yield keeper
