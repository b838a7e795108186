"""Ready templates: each is read, shown and answered, and what an answer may be is what its title says."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.labels.answer import check_answer
from annotation.labels.item import decode_item, encode_item, fitting, show_item
from annotation.labels.order import to_shown, to_source
from annotation.labels.schema import read_schema
from annotation.labels.templates import catalogue
from annotation.labels.templates.catalogue import Template, templates
from tests.unit.labels.making import answers

TASK, ADA = UUID(int=1), UUID(int=2)
EACH = pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)


@EACH
def test_a_template_is_told_apart_read_and_fits_its_items(template: Template) -> None:
    schema = read_schema(template.schema)

    assert template.title.strip()
    assert template.line.endswith(".")
    assert len(template.line) < 120
    assert len(template.items) == 2
    for item in template.items:
        assert fitting(schema)(item) == ""
        assert item["id"].startswith(template.name)
        shown = show_item(
            replace(schema, seed=bytes(32)), decode_item(encode_item(item)), task_id=TASK, labeler_id=ADA
        )
        assert shown.problem is None
        assert all(shown.fields.values())
        assert bool(shown.candidates) == ("candidates" in template.schema)


@EACH
@given(data=st.data())
def test_a_template_is_answered_and_its_answer_comes_back(template: Template, data: st.DataObject) -> None:
    schema = read_schema(template.schema)
    item = data.draw(st.sampled_from(template.items))

    checked = check_answer(schema, item, data.draw(answers(schema, item)))

    assert set(checked) <= {question["id"] for question in template.schema["questions"]}
    if schema.candidates:
        order = tuple(data.draw(st.permutations(schema.candidates.sources(item))))
        assert to_shown(schema, to_source(schema, checked, order), order) == checked


def test_every_file_is_offered_and_every_type_and_way_of_asking_is_shown_somewhere() -> None:
    folder = Path(catalogue.__file__).parent
    assert {path.stem for path in folder.glob("*.json")} == {template.name for template in templates()}
    assert len({template.title for template in templates()}) == len(templates()) >= 8
    questions = [question for template in templates() for question in template.schema["questions"]]
    assert {question["type"] for question in questions} == {
        "choice", "choices", "preference", "ranking", "rating", "spans", "taxonomy", "text",
    }  # fmt: skip
    for name in ("when", "per", "cannot_assess", "starts_from", "help"):
        assert any(name in question for question in questions), name


CASES = {
    "sentiment": {"sentiment": "negative"},
    "topics": {"subjects": ["economy"], "topic": ["business", "work", "strikes"], "news": 3},
    "entities": {
        "entities": [
            {"start": 0, "end": 13, "quote": "Ngozi Adeyemi", "label": "person"},
            {"start": 23, "end": 38, "quote": "Port of Hamburg", "label": "organisation"},
            {"start": 31, "end": 38, "quote": "Hamburg", "label": "place"},
            {"start": 42, "end": 47, "quote": "March", "label": "time"},
            {"start": 56, "end": 72, "quote": "Østfold Shipping", "label": "organisation"},
            {"start": 73, "end": 74, "quote": "🚢", "label": "organisation"},
        ]
    },
    "preference": {"better": {"better": "B", "strength": 3}, "reasons": ["correct"], "why": "1900."},
    "ranking": {"order": [["A"], ["B", "C"]], "helpful": {"A": 5, "B": 2, "C": 2}},
    "chat-rating": {"quality": {"1": 5, "3": 4}, "faults": {"1": [], "3": ["long"]}, "solved": "yes"},
    "demonstration": {"usable": "harmful", "refusal": "I would rather not."},
    "rewrite": {"better": {"better": "A"}, "rewrite": "Open from ten, closed on Mondays, free for children."},
    "safety": {
        "safe": "unsafe",
        "harms": ["illegal", "other"],
        "which": "rude",
        "where": [{"start": 0, "end": 3, "quote": "Ask", "label": "passage"}],
        "severity": 2,
    },
}


@EACH
def test_somebody_answers_it_by_hand(template: Template) -> None:
    assert (
        check_answer(read_schema(template.schema), template.items[0], CASES[template.name])
        == CASES[template.name]
    )
