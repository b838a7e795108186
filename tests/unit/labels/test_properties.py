"""What holds for every schema, item and answer: nothing is lost, changed or told too early."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from annotation.labels.answer import StoredAnswer, check_answer, decode_answer, encode_answer
from annotation.labels.candidates import letters
from annotation.labels.encoding import to_bytes
from annotation.labels.errors import Malformed
from annotation.labels.item import decode_item, encode_item, encode_shown, fitting, show_item
from annotation.labels.order import shown_order, to_shown, to_source
from annotation.labels.schema import LabelSchema, decode_schema, encode_schema, read_schema
from tests.unit.labels.making import EXACT, PATIENT, answers, items, schemas

SEED = bytes(range(32))
TASK, ADA, BEN = UUID(int=1), UUID(int=2), UUID(int=3)


def seeded(body: dict[str, Any]) -> LabelSchema:
    return replace(read_schema(body), seed=SEED)


@PATIENT
@given(schemas())
def test_a_schema_survives_its_own_writing(body: dict[str, Any]) -> None:
    schema = seeded(body)

    assert decode_schema(encode_schema(schema)) == schema
    assert read_schema(json.loads(json.dumps(schema.to_json()))) == replace(schema, seed=b"")
    assert SEED.hex() not in json.dumps([schema.to_json(), schema.for_labelers(), repr(schema)])


@PATIENT
@given(st.data())
def test_an_answer_that_fits_comes_back_from_storage_and_from_the_labelers_names(data: st.DataObject) -> None:
    schema = seeded(data.draw(schemas()))
    fields = data.draw(items(schema))
    body = data.draw(answers(schema, fields))
    assume(body)
    assert fitting(schema)(fields) == ""

    checked = check_answer(schema, fields, body)
    sources = schema.candidates.sources(fields) if schema.candidates else ()
    order = shown_order(schema, sources, task_id=TASK, labeler_id=ADA)
    source = to_source(schema, checked, order)

    stored = decode_answer(encode_answer(source, order))
    assert stored == StoredAnswer(source, order)
    assert to_shown(schema, stored.answer, stored.shown) == checked
    assert check_answer(schema, fields, checked) == checked
    assert check_answer(schema, fields, source, names=sources) == source
    if not schema.needs_item:
        assert check_answer(schema, None, body) == checked


@PATIENT
@given(st.data())
def test_what_a_labeler_gets_tells_nothing_of_where_it_comes_from(data: st.DataObject) -> None:
    schema = seeded(data.draw(schemas()))
    fields = data.draw(items(schema))
    item = decode_item(encode_item(fields))
    assert item.fields == fields

    shown = show_item(schema, item, task_id=TASK, labeler_id=ADA)

    left = encode_shown(shown).decode()
    assert not any(secret in left for secret in ("secret", "responses", "gold"))
    assert shown.problem is None
    assert json.loads(encode_shown(shown)) == (
        {"item": shown.fields, "candidates": shown.candidates} if schema.candidates else shown.fields
    )
    for name, shown_as in schema.item:
        if shown_as == "chat":
            assert [m["content"] for m in shown.fields[name]] == [m["content"] for m in fields[name]]
        else:
            assert shown.fields[name] == fields[name]
    if schema.candidates:
        told = schema.candidates.contents(fields)
        assert shown.candidates == {
            letter: told[source]
            for letter, source in zip(letters(len(shown.order)), shown.order, strict=True)
        }
        assert sorted(shown.order) == sorted(told)


@PATIENT
@given(EXACT)
def test_every_text_that_json_can_hold_is_the_same_after_its_bytes(text: str) -> None:
    assert json.loads(to_bytes({"t": text})) == {"t": text}
    assert json.loads(encode_item({text: [text]})) == {text: [text]}


@PATIENT
@given(EXACT, st.data())
def test_a_span_is_accepted_exactly_when_it_quotes_the_code_points_between_its_offsets(
    text: str, data: st.DataObject
) -> None:
    schema = read_schema(
        {
            "version": 1,
            "item": {"text": "text"},
            "questions": [
                {"id": "s", "type": "spans", "of": "text", "text": "?", "options": [{"id": "a", "text": "A"}]}
            ],
        }
    )
    start, end = data.draw(st.integers(-2, len(text) + 2)), data.draw(st.integers(-2, len(text) + 2))
    quote = data.draw(st.just(text[max(start, 0) : max(end, 0)]) | EXACT)
    span = {"start": start, "end": end, "quote": quote, "label": "a"}

    right = 0 <= start < end <= len(text) and list(text)[start:end] == list(quote)

    if right:
        assert check_answer(schema, {"text": text}, {"s": [span]}) == {"s": [span]}
        stored = decode_answer(encode_answer({"s": [span]})).answer
        assert stored["s"][0]["quote"] == text[start:end]
    else:
        with pytest.raises(Malformed) as refused:
            check_answer(schema, {"text": text}, {"s": [span]})
        assert refused.value.where == "s"


def test_orders_differ_between_labelers_and_items_and_are_the_same_for_both_together() -> None:
    schema = seeded(
        {
            "version": 1,
            "item": {"p": "text"},
            "candidates": {"of": ["x", "y", "z"]},
            "questions": [{"id": "r", "type": "ranking", "text": "?"}],
        }
    )
    seen: dict[tuple[str, ...], int] = {}
    for n in range(3_000):
        order = shown_order(schema, ("x", "y", "z"), task_id=UUID(int=n), labeler_id=ADA)
        assert order == shown_order(schema, ("x", "y", "z"), task_id=UUID(int=n), labeler_id=ADA)
        seen[order] = seen.get(order, 0) + 1
    # The seed is fixed, so these are facts and no chances: six orders, each near a sixth.
    assert len(seen) == 6
    assert all(430 < count < 570 for count in seen.values()), seen
    both = [
        (
            shown_order(schema, ("x", "y", "z"), task_id=UUID(int=n), labeler_id=ADA),
            shown_order(schema, ("x", "y", "z"), task_id=UUID(int=n), labeler_id=BEN),
        )
        for n in range(300)
    ]
    assert any(a != b for a, b in both)
    other = replace(schema, seed=bytes(32))
    assert any(
        shown_order(schema, ("x", "y", "z"), task_id=UUID(int=n), labeler_id=ADA)
        != shown_order(other, ("x", "y", "z"), task_id=UUID(int=n), labeler_id=ADA)
        for n in range(20)
    )
