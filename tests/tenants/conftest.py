"""Two rival workspaces for each test, the platform log, and mails that stay in memory."""

import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest

_addresses = itertools.count()


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
def mails_in_memory(settings_of_django: Any) -> None:
    """Keep mails where tests can read them."""
    from django.core import mail

    settings_of_django.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []


@pytest.fixture
def settings_of_django() -> Iterator[Any]:
    """Settings that are put back after the test."""
    from django.test import override_settings

    class Changed:
        def __init__(self) -> None:
            self.undo: list[Any] = []

        def __setattr__(self, name: str, value: Any) -> None:
            if name.isupper():
                change = override_settings(**{name: value})
                change.enable()
                self.undo.append(change)
            else:
                object.__setattr__(self, name, value)

    changed = Changed()
    yield changed
    for change in reversed(changed.undo):
        change.disable()


@pytest.fixture
def address() -> str:
    """An e-mail address that nobody else has."""
    return f"person-{os.getpid()}-{next(_addresses)}@people.example"
