"""Questions, guidelines and looks that the tests of the whole workspace share."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from annotation.services.set_guidelines import set_guidelines
from ringfence.kernel.context import acting
from tests.annotation.making import SCHEMA, Work, new_work
from tests.annotation.windows import ask
from tests.world import Workspace

MOODS = {
    "id": "mood",
    "type": "choice",
    "text": "How does it sound?",
    "cannot_assess": True,
    "options": [{"id": "glad", "text": "Glad"}, {"id": "sad", "text": "Sad"}],
}
TOPICS = {
    "id": "topics",
    "type": "choices",
    "text": "What is it about?",
    "cannot_assess": True,
    "options": [
        {"id": "food", "text": "Food"},
        {"id": "sport", "text": "Sport"},
        {"id": "art", "text": "Art"},
    ],
}
NAMES = {
    "id": "names",
    "type": "spans",
    "of": "text",
    "text": "Mark names.",
    "options": [{"id": "person", "text": "Person"}, {"id": "place", "text": "Place"}],
}
GUIDELINES = """# Listen

Take **care**: a tone of voice is not a word. Read it **all** before you say how it sounds.

## Glad

For example: *what a day!*

## Notes

A tone
of voice may change. Care takes time.

## Person: who counts

For example: Ada, Tomás.
"""


def asking(*questions: dict[str, Any]) -> dict[str, Any]:
    """Return a schema over one text."""
    return SCHEMA | {"questions": list(questions)}


def work_with(workspace: Workspace, *questions: dict[str, Any], guidelines: str = GUIDELINES) -> Work:
    """Make a project that asks these questions."""
    work = new_work(workspace, schema=False)
    ask(work, asking(*questions))
    owner = workspace.context()
    with acting(owner):
        set_guidelines(owner, project_id=work.project_id, markdown=guidelines)
    return work


def opened_sheet(page: Page) -> Locator:
    """Press the question mark and return the sheet."""
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Shortcuts and display")
    expect(sheet).to_be_visible()
    return sheet


def key_of(sheet: Locator, what: str) -> Locator:
    """Return the button that changes a key."""
    return sheet.get_by_role("button", name=re.compile(f"^Key of “{what}”"))


def checked(page: Page) -> Locator:
    """Return the chosen answer."""
    return page.locator("input:checked")
