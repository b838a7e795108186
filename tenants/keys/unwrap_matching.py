"""Finds, for each unwrap that one side has written down, the other side's line. Pure."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from datetime import datetime

from tenants.keys.unwrap_lines import SKEW, Note, Unwrap


def unmatched(
    record: Sequence[Unwrap], notes: Sequence[Note], since: datetime, until: datetime
) -> tuple[list[Unwrap], list[Note]]:
    """Return what stands in `record` alone, and what stands in `notes` alone, from `since` to `until`.

    Lines belong together with one key, one context and times at most `SKEW` apart; with one process too where the
    record knows it. Of several that could belong together the counts are certain, and which is which is not.
    Refusals are left out: they open nothing, and a cloud's record does not say for what they asked.
    """
    knows_process = all(each.pid is not None for each in record)
    ours: dict[Hashable, list[Unwrap]] = defaultdict(list)
    theirs: dict[Hashable, list[Note]] = defaultdict(list)
    for unwrap in record:
        if unwrap.ok and unwrap.of:
            ours[_mark(unwrap, knows_process)].append(unwrap)
    for note in notes:
        if note.ok and note.of:
            theirs[_mark(note, knows_process)].append(note)
    alone: list[Unwrap] = []
    untold: list[Note] = []
    for mark in ours.keys() | theirs.keys():
        left, right = sorted(ours[mark], key=_at), sorted(theirs[mark], key=_at)
        i = j = 0
        while i < len(left) and j < len(right):
            if abs(left[i].at - right[j].at) <= SKEW:
                i, j = i + 1, j + 1
            elif left[i].at < right[j].at:
                alone.append(left[i])
                i += 1
            else:
                untold.append(right[j])
                j += 1
        alone += left[i:]
        untold += right[j:]
    return (
        sorted((each for each in alone if since <= each.at < until), key=_at),
        sorted((each for each in untold if since <= each.at < until), key=_at),
    )


def _at(unwrap: Unwrap) -> datetime:
    return unwrap.at


def _mark(unwrap: Unwrap, knows_process: bool) -> Hashable:
    return unwrap.key_ref, unwrap.context, unwrap.pid if knows_process else None
