"""The workspace's words: every list that its sources write is in the catalog that pages carry."""

import ast
from pathlib import Path

PAGES = Path(__file__).parents[2] / "annotation" / "pages"


def test_every_list_of_words_is_in_the_catalog() -> None:
    listed = {path.stem for path in (PAGES / "workspace_words").glob("*.py")} - {"__init__"}
    assert len(listed) > 5
    rooms = [
        statement.value
        for statement in ast.parse((PAGES / "words.py").read_text(encoding="utf-8")).body
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "ROOMS"
    ]
    assert {name.strip() for name in ast.unparse(rooms[0]).strip("()").split(",")} == listed
