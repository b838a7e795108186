"""Which items fit a schema, what is said of one that does not, and what a labeler sees of it all the same."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from annotation.labels.item import Item, decode_item, encode_item, fitting, show_item
from annotation.labels.schema import LabelSchema, read_schema

FIRST = {"id": "f", "type": "text", "text": "?"}
SPANS = {"id": "s", "type": "spans", "text": "?", "of": "text", "options": [{"id": "a", "text": "A"}]}
CHAT = [{"role": "user", "content": "hi", "model": "secret"}]
FITS = {"text": "t", "talk": CHAT, "responses": ["a", {"content": "b"}, {"text": "c"}]}


def reading(*questions: dict[str, Any]) -> LabelSchema:
    body = {
        "version": 1,
        "item": {"text": "text", "talk": "chat"},
        "candidates": {"of": "responses"},
        "questions": [FIRST, *questions],
    }
    return replace(read_schema(body), seed=bytes(32))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, ""),
        ({"text": ""}, ""),
        ({"text": 7}, ""),
        ({"text": None}, "The field “text” is missing."),
        ({"talk": None}, "The field “talk” is missing."),
        ({"talk": "hi"}, "The field “talk” is no list of messages."),
        ({"talk": []}, "The field “talk” is no list of messages."),
        ({"talk": ["hi"]}, "The field “talk” is no conversation: message 0 is not an object."),
        (
            {"talk": [*CHAT, {"role": "bot", "content": "x"}]},
            "The field “talk” is no conversation: message 1 has no role out of user, assistant, system, tool.",
        ),
        (
            {"talk": [{"role": "user", "content": None}]},
            "The field “talk” is no conversation: message 0 has no text as `content`.",
        ),
        ({"talk": [{"role": ["user"], "content": ""}]},
         "The field “talk” is no conversation: message 0 has no role out of user, assistant, system, tool."),
        ({"responses": None}, "The field “responses” is missing."),
        ({"responses": "a"}, "The field “responses” is no list of texts."),
        ({"responses": ["a"]}, "The field “responses” holds 1, not 2 to 10 texts."),
        ({"responses": ["a"] * 11}, "The field “responses” holds 11, not 2 to 10 texts."),
        ({"responses": ["a", 7]}, "The field “responses” is no list of texts: number 1 is none."),
        ({"responses": [{"content": None}, "b"]}, "The field “responses” is no list of texts: number 0 is none."),
    ],
)  # fmt: skip
def test_an_item_that_does_not_fit_is_told_by_its_field(change: dict[str, Any], says: str) -> None:
    assert fitting(reading())({**FITS, **change}) == says


def test_a_preference_takes_two_and_spans_take_a_text() -> None:
    preference = {"id": "p", "type": "preference", "text": "?"}
    assert fitting(reading(preference))(FITS) == "The field “responses” holds 3, not 2 texts."
    assert fitting(reading(SPANS))({**FITS, "text": 7}).startswith("The field “text” is no text")
    body = reading(preference).to_json() | {"candidates": {"of": ["x", "y"]}}
    pair = fitting(read_schema(body))
    assert pair({**FITS, "x": "a"}) == "The field “y” is missing."
    assert pair({**FITS, "x": "a", "y": ["b"]}) == "The field “y” is no text."
    assert pair({**FITS, "x": "a", "y": {"text": "b"}}) == ""


def test_what_does_not_fit_is_left_out_and_the_rest_is_shown() -> None:
    item = Item(
        None, {"text": "t", "talk": [{"role": "bot", "content": "x", "model": "secret"}], "responses": ["a"]}
    )

    shown = show_item(reading(), item, task_id=UUID(int=1), labeler_id=UUID(int=2))

    assert shown.fields == {"text": "t", "talk": None}
    assert (shown.candidates, shown.order) == (None, ())
    assert str(shown.problem).startswith("The field “talk”")


def test_a_message_of_five_megabytes_is_shown_whole() -> None:
    long = "🙂" * 1_250_000 + "\ud800"
    item = decode_item(encode_item({**FITS, "talk": [{"role": "user", "content": long}]}))

    shown = show_item(reading(), item, task_id=UUID(int=1), labeler_id=UUID(int=2))

    assert shown.problem is None
    assert shown.fields["talk"] == [{"role": "user", "content": long}]
