"""Bundles made in steps: byte for byte the file that is written at once, wherever a step ends."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from audit.archive import BundleTooLarge, Directory
from audit.bundle import Entry
from audit.bundle_pieces import Pieces, Place, Section, add_events, close_bundle
from audit.bundle_plan import BundlePlan
from audit.errors import Malformed, ProofRejected
from audit.manifest import NOTHING, BundleKind
from audit.merkle import consistency_path, inclusion_path
from tests.unit.audit.making import MadeLog
from tests.unit.audit.stamping import selection, stamped, whole

MADE = MadeLog(1_300)
TILE = 256


def whole_plan(made: MadeLog = MADE) -> BundlePlan:
    size = len(made.leaves)
    return BundlePlan(BundleKind.WHOLE_LOG, made.policy, made.checkpoint(), size, range(size))


def chosen_plan(indexes: Sequence[int], since: int) -> BundlePlan:
    return BundlePlan(
        BundleKind.SELECTION,
        MADE.policy,
        MADE.checkpoint(),
        len(MADE.leaves),
        tuple(indexes),
        since=MADE.checkpoint(since),
        since_size=since,
        consistency=tuple(consistency_path(MADE.hashes, since)),
    )


def entry(plan: BundlePlan, index: int) -> Entry:
    if plan.kind is BundleKind.SELECTION:
        return MADE.entry(index, path=inclusion_path(MADE.hashes, index))
    return MADE.entry(index, disclosed=index % 3 != 2)


def made_in_steps(plan: BundlePlan, cuts: Sequence[int]) -> bytes:
    """Make the file with a step that ends at each cut; all that is kept between two steps goes through bytes."""
    kept: list[tuple[int, int, bytes]] = []

    def keep(step: int, pieces: Pieces) -> None:
        kept.extend((section, step, content) for section, content in pieces.items())

    place = Place().to_bytes()
    encoded = plan.to_bytes()
    edges = [0, *cuts, len(plan.indexes)]
    for step, (start, stop) in enumerate(pairwise(edges)):
        again = BundlePlan.parse(encoded)
        entries = [entry(again, index) for index in again.indexes[start:stop]]
        after, pieces = add_events(again, Place.parse(place), entries)
        keep(step, pieces)
        place = after.to_bytes()
    keep(len(edges), close_bundle(BundlePlan.parse(encoded), Place.parse(place), NOTHING))
    directory, file = Directory(), bytearray()
    for _, _, content in sorted(kept):
        directory.take(content)
        file += content
    return bytes(file) + directory.end()


@pytest.mark.parametrize("cuts", [[], [TILE], [TILE, 2 * TILE, 3 * TILE, 5 * TILE], [4 * TILE]])
def test_a_whole_log_in_steps_is_the_file_that_is_written_at_once(cuts: list[int]) -> None:
    assert made_in_steps(whole_plan(), cuts) == MADE.whole()


@pytest.mark.parametrize("cuts", [[], [2], [2, 3], [3, 5]])
def test_chosen_events_in_steps_are_the_file_that_is_written_at_once(cuts: list[int]) -> None:
    indexes = [0, 7, 256, 600, 1_024, 1_299]
    assert made_in_steps(chosen_plan(indexes, 200), cuts) == MADE.selection(indexes, since=200)


def test_time_stamps_in_steps_are_where_they_are_in_the_file_that_is_written_at_once() -> None:
    stamps = (stamped(MADE, 300, before=5), stamped(MADE, 1_300, before=40))
    plan = replace(whole_plan(), stamped=stamps)
    assert BundlePlan.parse(plan.to_bytes()) == plan
    assert made_in_steps(plan, [TILE, 4 * TILE]) == whole(MADE, *stamps)
    chosen = replace(chosen_plan([2, 5], 200), stamped=stamps)
    assert made_in_steps(chosen, []) == selection(MADE, *stamps, since=200)


def test_an_empty_choice_is_a_bundle_too() -> None:
    assert made_in_steps(chosen_plan([], 200), []) == MADE.selection([], since=200)


def test_a_step_that_leaves_events_out_or_brings_them_twice_is_refused() -> None:
    plan = whole_plan()
    after, _ = add_events(plan, Place(), [MADE.entry(index) for index in range(TILE)])
    for start in (0, TILE - 1, TILE + 1):
        with pytest.raises(ProofRejected, match="gap"):
            add_events(plan, after, [MADE.entry(index) for index in range(start, start + 10)])
    with pytest.raises(ProofRejected, match="all the events"):
        close_bundle(plan, after, NOTHING)


def test_events_of_another_history_never_become_a_bundle() -> None:
    other = MadeLog(300, story="retold")
    plan = whole_plan(MadeLog(300))
    after, _ = add_events(plan, Place(), [other.entry(index) for index in range(300)])
    with pytest.raises(ProofRejected, match="root"):
        close_bundle(plan, after, NOTHING)
    chosen = chosen_plan([3], 200)
    with pytest.raises(ProofRejected):
        add_events(chosen, Place(), [other.entry(3, path=inclusion_path(MADE.hashes, 3))])


def test_a_step_leaves_the_place_before_it_as_it_was() -> None:
    plan, place = whole_plan(), Place()
    before = place.to_bytes()
    add_events(plan, place, [MADE.entry(index) for index in range(TILE)])
    assert place.to_bytes() == before


def test_a_directory_is_made_of_whole_members_in_order_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    _, pieces = add_events(whole_plan(), Place(), [MADE.entry(index) for index in range(2 * TILE)])
    bodies, leaves = pieces[Section.BODIES], pieces[Section.ENTRIES]
    for wrong in (bodies[:-1], bodies[1:], bodies + b"x", bodies[:40] + b"?" + bodies[41:]):
        with pytest.raises(Malformed):
            Directory().take(wrong)
    directory = Directory()
    directory.take(leaves)
    with pytest.raises(Malformed, match="order"):
        directory.take(bodies)
    monkeypatch.setattr("audit.archive.MAX_MEMBERS", 1)
    with pytest.raises(BundleTooLarge):
        Directory().take(bodies)


@pytest.mark.parametrize("wrong", [b"", b"[]", b"{}", b'{"kind": "whole-log"}', b"\xff"])
def test_what_is_no_plan_and_no_place_is_malformed(wrong: bytes) -> None:
    for read in (BundlePlan.parse, Place.parse):
        with pytest.raises(Malformed):
            read(wrong)
