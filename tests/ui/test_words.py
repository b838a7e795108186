"""An install that speaks another language: templates and workspace alike, plurals with all their forms."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import served
from tests.ui.part_cases import LABELS, NAMES, question, schema
from tests.ui.parts_doing import FILL, press
from tests.ui.translation import translations

pytestmark = pytest.mark.ui


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The parts' site with a few words in Polish."""
    folder: Path = translations(tmp_path_factory.mktemp("words"))
    with served({**os.environ, "RF_TRANSLATIONS": str(folder)}) as address:
        yield address


def test_templates_and_workspace_speak_the_reader_s_language(
    translated: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{translated}/practice", locale="pl-PL")
    expect(page.locator("html")).to_have_attribute("lang", "pl")
    assert page.title() == "Ćwiczenia · Ringfence"
    expect(page.get_by_role("button", name="Wyślij")).to_be_visible()
    expect(page.get_by_role("button", name="Pomiń")).to_be_visible()
    expect(page.get_by_role("tab", name="Wytyczne")).to_be_visible()
    # What nobody has translated stands in English.
    expect(page.get_by_role("button", name="Flag")).to_be_visible()


def test_a_plural_has_every_form_of_its_language(translated: str, open_page: Callable[..., Page]) -> None:
    page = open_page(translated, locale="pl-PL")
    label_schema = schema(question("spans", of="text", options=LABELS))
    page.evaluate(FILL, [json.dumps(label_schema), json.dumps(NAMES)])
    page.locator(".span-text").focus()
    for said in ("0 fragmentów", "1 fragment", "2 fragmenty", "3 fragmenty"):
        expect(page.get_by_role("heading", name=said, exact=True)).to_be_visible()
        press(page, "ArrowRight 1")


def test_others_read_english_and_are_sent_no_catalog(translated: str, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{translated}/practice", locale="en-GB")
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    assert page.title() == "Practice · Ringfence"
    assert page.locator("meta[name=words]").count() == 0
