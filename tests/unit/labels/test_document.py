"""platform/docs/label-schema.md: each of its examples is what it says, and its numbers are the code's."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from annotation.labels import answer, candidates, options, reading, schema, spans, taxonomy, written
from annotation.labels.chat import ROLES
from annotation.labels.schema import read_schema

TEXT = (Path(__file__).parents[3] / "platform" / "docs" / "label-schema.md").read_text(encoding="utf-8")
BLOCKS = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)]
SCHEMAS = [block for block in BLOCKS if "version" in block]
QUESTIONS = [block for block in BLOCKS if "question" in block]
ITEM = {"text": "t", "talk": [{"role": "assistant", "content": "x"}], "a": "left", "b": "right"}


def around(question: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": 1,
        "item": {"text": "text", "talk": "chat"},
        "candidates": {"of": ["a", "b"]},
        "questions": [question],
    }


@pytest.mark.parametrize("body", SCHEMAS, ids=lambda body: body["questions"][0]["id"])
def test_a_schema_in_the_document_is_one(body: dict[str, Any]) -> None:
    assert read_schema(body).to_json()["item"] == body["item"]


@pytest.mark.parametrize("block", QUESTIONS, ids=lambda block: block["question"]["type"])
def test_an_answer_in_the_document_is_stored_as_it_stands_there(block: dict[str, Any]) -> None:
    read = read_schema(around(block["question"]))
    for value in block["answers"]:
        given = {block["question"]["id"]: value}
        assert answer.check_answer(read, ITEM | block.get("item", {}), given) == given


def test_every_type_has_a_section_with_an_example() -> None:
    headings = set(re.findall(r"^### (\w+)$", TEXT, re.MULTILINE))
    assert headings == set(schema._TYPES) == {block["question"]["type"] for block in QUESTIONS}
    assert len(SCHEMAS) + len(QUESTIONS) == len(BLOCKS)


@pytest.mark.parametrize(
    "says",
    [
        f"1 to {schema.MOST_FIELDS} fields",
        f"1 to {schema.MOST_QUESTIONS}; ids differ",
        f"at most {schema.MOST_BYTES // 1024} KiB",
        f"{candidates.FEWEST} to {candidates.MOST_CANDIDATES} fields",
        f"1 to {reading.MOST_TEXT} characters",
        f"up to {reading.MOST_HELP:,} characters",
        f"2 to {options.MOST_OPTIONS} options",
        f"up to {taxonomy.DEEPEST} deep and {taxonomy.MOST_NODES} in all",
        f"up to {spans.MOST_SPANS:,}",
        f"{written.USUAL_LENGTH:,} unless said, at most {written.LONGEST:,}",
        f"roles are {', '.join(ROLES)}",
    ],
)
def test_a_limit_is_the_codes(says: str) -> None:
    assert says in " ".join(TEXT.split())


def test_reserved_keys_are_all_named() -> None:
    (line,) = re.findall(r"keeps for itself: (.*?), Enter", TEXT)
    assert set(re.findall(r"`(.)`", line)) == options.RESERVED_KEYS
