"""The ledger that the crash journeys are judged by finds a lost, a doubled and an unlogged answer."""

import pytest

from tests.journeys.desk import Desk


def line(task, *receipts):
    answers = [{"receipt": receipt, "member_id": f"member-{n}"} for n, receipt in enumerate(receipts)]
    return {"task_id": task, "item": {"id": task}, "answers": answers}


class Exporter:
    """Stands in for the API of a lab: exports the lines it is given."""

    def __init__(self, lines):
        self.lines = lines

    def export(self, project):
        return self.lines


def desk(lines, *acknowledged):
    made = Desk.__new__(Desk)
    made.manager, made.project, made.acknowledged = Exporter(lines), "project", list(acknowledged)
    return made


def test_what_is_whole_passes_also_with_answers_that_nobody_was_told_of():
    lines = [line("a", "r1"), line("b", "r2", "r3"), line("c")]
    assert desk(lines, "r1", "r3").nothing_is_lost() == lines


@pytest.mark.parametrize(
    ("lines", "acknowledged", "said"),
    [
        ([line("a", "r1")], ["r1", "r2"], "lost answers"),
        ([line("a", "r1"), line("b", "r1")], ["r1"], "in the export twice"),
        ([line("a", "r1")], ["r1", "r1"], "the same receipt"),
        ([line("a", "r1"), line("a")], ["r1"], "items that are there twice"),
    ],
    ids=["lost", "doubled", "two people, one receipt", "an item twice"],
)
def test_what_is_not_whole_is_named(lines, acknowledged, said):
    with pytest.raises(AssertionError, match=said):
        desk(lines, *acknowledged).nothing_is_lost()


def test_a_person_who_answered_an_item_twice_is_found():
    doubled = line("a", "r1", "r2")
    doubled["answers"][1]["member_id"] = "member-0"
    with pytest.raises(AssertionError, match="answered an item twice"):
        desk([doubled]).nothing_is_lost()
