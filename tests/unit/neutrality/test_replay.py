"""The whole log under what was known then and what is known now: violations apart from exposures."""

from datetime import timedelta
from uuid import UUID

import pytest

from tenants.neutrality.replay import Access, Epoch, Failing, OutOfOrder, replay
from tests.unit.neutrality.making import TODAY, at

ANN, BEN, SHOP = UUID(int=1), UUID(int=2), UUID(int=3)
NOON = at(TODAY)
NOBODY: frozenset[UUID] = frozenset()


def access(number: int, hours: int, person: UUID | None = ANN, destination: UUID | None = None) -> Access:
    return Access(number, NOON + timedelta(hours=hours), person, destination)


def test_what_was_denied_then_is_a_violation_and_what_only_now_is_an_exposure() -> None:
    then = [Epoch(NOON, NOBODY, NOBODY), Epoch(NOON + timedelta(hours=5), frozenset({ANN}), NOBODY)]
    now = [Epoch(NOON, NOBODY, NOBODY), Epoch(NOON + timedelta(hours=2), frozenset({ANN}), frozenset({SHOP}))]
    log = [
        access(0, 0),
        access(1, 1, BEN),
        access(2, 2),
        access(3, 4, None, SHOP),
        access(4, 5),
        access(5, 6, BEN),
    ]
    found = [(each.access.number, each.failing) for each in replay(log, then=then, now=now)]
    assert found == [
        (2, Failing.EXPOSURE),
        (3, Failing.EXPOSURE),
        (4, Failing.VIOLATION),
    ]


def test_an_epoch_begins_at_its_instant() -> None:
    then = [Epoch(NOON, NOBODY, NOBODY), Epoch(NOON + timedelta(hours=1), frozenset({ANN}), NOBODY)]
    just_before = Access(0, NOON + timedelta(hours=1) - timedelta(microseconds=1), ANN, None)
    found = list(replay([just_before, access(1, 1)], then=then, now=then))
    assert [(each.access.number, each.failing) for each in found] == [(1, Failing.VIOLATION)]


def test_nobody_is_neither_a_person_nor_a_place() -> None:
    epochs = [Epoch(NOON, frozenset({ANN}), frozenset({SHOP}))]
    assert list(replay([access(0, 0, None, None)], then=epochs, now=epochs)) == []


def test_nothing_is_said_of_what_is_out_of_order() -> None:
    good = [Epoch(NOON, NOBODY, NOBODY)]
    for log, epochs in (
        ([access(0, 3), access(1, 2)], good),
        ([access(0, -1)], good),
        ([access(0, 0)], []),
        ([access(0, 2)], [Epoch(NOON + timedelta(hours=1), NOBODY, NOBODY), *good]),
    ):
        with pytest.raises(OutOfOrder):
            list(replay(log, then=epochs, now=good))
