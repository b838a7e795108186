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
from tests.unit.labels.making import BY_HAND, PATIENT, answers

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
@PATIENT
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


@EACH
def test_somebody_answers_it_by_hand(template: Template) -> None:
    assert (
        check_answer(read_schema(template.schema), template.items[0], BY_HAND[template.name])
        == BY_HAND[template.name]
    )
