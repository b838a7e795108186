"""The workspace and the server judge answers alike: the cases that the workspace's own tests run too."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotation.labels.answer import check_answer
from annotation.labels.errors import Malformed
from annotation.labels.schema import read_schema

VECTORS = Path(__file__).resolve().parents[3] / "annotation" / "ui" / "test" / "vectors" / "answers.json"
CASES = [
    pytest.param(group, case, id=f"{group['name']}-{n}")
    for group in json.loads(VECTORS.read_text(encoding="utf-8"))["groups"]
    for n, case in enumerate(group["answers"])
]


@pytest.mark.parametrize(("group", "case"), CASES)
def test_the_server_finds_what_the_workspace_finds(group: dict[str, Any], case: dict[str, Any]) -> None:
    schema = read_schema(group["schema"])
    try:
        check_answer(schema, group["item"], case["answer"])
    except Malformed as refused:
        found: str | None = refused.where
    else:
        found = None
    assert found == case["fault"]
