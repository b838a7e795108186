"""What a new version changes, and items made up to fit a schema."""

from typing import Any

import pytest

from annotation.labels.changes import Change, what_changes
from annotation.labels.item import encode_item
from annotation.labels.sample import sample_item
from annotation.labels.schema import read_schema
from annotation.labels.templates.catalogue import templates

QUESTION: dict[str, Any] = {
    "id": "q",
    "type": "choice",
    "text": "?",
    "options": [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}],
}


def schema(*questions: dict[str, Any], **more: Any) -> Any:
    """Return a schema with these questions."""
    return read_schema({"version": 1, "item": {"text": "text"}, "questions": list(questions), **more})


@pytest.mark.parametrize(
    ("question", "changes"),
    [
        (QUESTION, []),
        ({**QUESTION, "text": "Which?"}, [Change.WORDS]),
        ({**QUESTION, "required": False}, [Change.NEEDED]),
        ({**QUESTION, "cannot_assess": True}, [Change.OTHER]),
        ({**QUESTION, "type": "choices"}, [Change.TYPE]),
        ({**QUESTION, "options": [*QUESTION["options"], {"id": "c", "text": "C"}]}, [Change.OPTIONS_ADDED]),
        (
            {**QUESTION, "options": [{"id": "b", "text": "B"}, {"id": "c", "text": "C"}]},
            [Change.OPTIONS_ADDED, Change.OPTIONS_REMOVED, Change.KEYS],
        ),
        ({**QUESTION, "id": "other"}, [Change.ADDED, Change.REMOVED]),
    ],
)
def test_each_difference_is_told(question: dict[str, Any], changes: list[Change]) -> None:
    assert [each.change for each in what_changes(schema(QUESTION), schema(question))] == changes


def test_the_whole_is_compared_too_and_a_first_version_changes_nothing() -> None:
    second = {**QUESTION, "id": "r", "when": {"question": "q", "is": ["a"]}}
    third = {**QUESTION, "id": "s"}
    assert what_changes(None, schema(QUESTION)) == ()
    shown = what_changes(schema(QUESTION), schema(QUESTION, item={"text": "markdown"}))
    assert [each.change for each in shown] == [Change.SHOWN]
    compared = what_changes(schema(QUESTION), schema(QUESTION, candidates={"of": ["a", "b"]}))
    assert [each.change for each in compared] == [Change.COMPARED]
    order = what_changes(schema(QUESTION, third), schema(third, QUESTION))
    assert [each.change for each in order] == [Change.ORDER]
    when = what_changes(schema(QUESTION, {**QUESTION, "id": "r"}), schema(QUESTION, second))
    assert [each.change for each in when] == [Change.WHEN]


@pytest.mark.parametrize("name", [template.name for template in templates()])
def test_a_made_up_item_fits_each_template(name: str) -> None:
    template = next(each for each in templates() if each.name == name)
    read = read_schema(template.schema)
    made = sample_item(read)
    assert set(made) >= {field for field, _ in read.item}
    assert encode_item(made)
    if read.candidates:
        assert read.candidates.problem(made) == ""
