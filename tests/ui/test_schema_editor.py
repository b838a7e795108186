"""The schema editor in a browser, by keyboard: template, edit as form and as JSON, preview, publish."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.stack import Stack
from tests.ui.axe_core import axe_findings
from tests.ui.schema_site import running_site

pytestmark = pytest.mark.ui

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[str]:
    """The running site."""
    with running_site(stack) as address:
        yield address


@pytest.fixture
def edit(site: str, open_page: Opener, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Page, Any]]:
    """Return a function that opens the editor as a project's owner: the page, and the project."""
    # Playwright runs a loop in this thread; what asks the database here is the test, not the loop.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    from ringfence.kernel.permissions import Role
    from tenants.cookies import COOKIE
    from tests.annotation.making import new_work
    from tests.world import new_workspace

    def opened(query: str = "", *, schema: bool = False, **options: Any) -> tuple[Page, Any]:
        workspace = new_workspace("editor")
        owner = workspace.someone(Role.OWNER)
        work = new_work(workspace, schema=schema)
        page = open_page("about:blank", **options)
        page.context.add_cookies([{"name": COOKIE, "value": owner.session, "url": site}])
        page.goto(f"{site}/w/{owner.public_id}/projects/{work.project_id}/schema{query}")
        return page, work

    return opened


def published(work: Any) -> dict[str, Any] | None:
    """Return the newest schema as the server has it."""
    from annotation.services.read_project import read_project
    from ringfence.kernel.context import acting

    context = work.workspace.context()
    with acting(context):
        schema = read_project(context, project_id=work.project_id).schema
    return schema.to_json() if schema else None


def press(page: Page, *keys: str) -> None:
    """Press keys, one after another."""
    for key in keys:
        page.keyboard.press(key)


def in_json(page: Page) -> dict[str, Any]:
    """Return what the JSON holds, seen or not."""
    return dict(json.loads(page.locator("#id_schema").input_value()))


def test_template_edit_preview_and_publish_by_keyboard_alone(edit: Callable[..., tuple[Page, Any]]) -> None:
    page, work = edit()
    page.locator("a.template").first.focus()
    press(page, "Enter")
    expect(page.get_by_text("This is the template")).to_be_visible()
    preview = page.locator("[data-preview]")
    expect(preview.get_by_text("What is the overall sentiment?").first).to_be_visible()
    page.locator("#q0-text").focus()
    press(page, "Control+a")
    page.keyboard.type("How does it sound?")
    expect(preview.get_by_text("How does it sound?").first).to_be_visible()
    page.locator("#q0-o-add").focus()
    press(page, "Enter")
    expect(page.locator("#q0-o3-text")).to_be_focused()
    page.keyboard.type("Mixed feelings")
    expect(preview.get_by_text("Mixed feelings").first).to_be_visible()
    page.locator("#q0-o3-up").focus()
    press(page, "Enter")
    expect(page.locator("#q0-o2-up")).to_be_focused()
    assert [option["text"] for option in in_json(page)["questions"][0]["options"]] == [
        "Positive", "Neutral", "Mixed feelings", "Negative",
    ]  # fmt: skip
    page.locator("#q-type").focus()
    page.keyboard.type("A wr")
    page.locator("#q-add").focus()
    press(page, "Enter")
    expect(page.locator("#q1-text")).to_be_focused()
    page.keyboard.type("Why do you think so?")
    expect(preview.get_by_text("Why do you think so?").first).to_be_visible()
    page.get_by_role("button", name="Publish").focus()
    press(page, "Enter")
    expect(page.get_by_text("Version 1 is published")).to_be_visible()
    questions = (published(work) or {})["questions"]
    assert [question["text"] for question in questions] == ["How does it sound?", "Why do you think so?"]
    assert questions[0]["options"][2]["id"] == "mixed-feelings"
    assert questions[1]["type"] == "text"


ADD_BEFORE_THE_NEXT_FRAME = """async () => {
  const pick = document.getElementById("q-type");
  pick.value = "text";
  pick.dispatchEvent(new Event("change", { bubbles: true }));
  for (let turn = 0; turn < 10; turn++) await null;
  document.getElementById("q-add").click();
}"""


def test_the_focus_goes_to_what_was_added_however_soon_after_another_change(
    edit: Callable[..., tuple[Page, Any]],
) -> None:
    """Between two frames, as on a busy machine: what waits from the change before must not use the focus up."""
    page, _work = edit("?template=preference")
    count = len(in_json(page)["questions"])
    page.evaluate(ADD_BEFORE_THE_NEXT_FRAME)
    expect(page.locator(f"#q{count}-text")).to_be_focused()
    assert in_json(page)["questions"][count]["type"] == "text"


def test_form_and_json_are_one_value_and_undo_brings_back(edit: Callable[..., tuple[Page, Any]]) -> None:
    page, _work = edit("?template=preference")
    page.get_by_role("button", name="JSON").click()
    field = page.locator("#id_schema")
    expect(field).to_be_visible()
    schema = in_json(page)
    schema["questions"][0]["text"] = "Written as JSON"
    field.fill(json.dumps(schema))
    page.get_by_role("button", name="Form", exact=True).click()
    expect(field).to_be_hidden()
    expect(page.locator("#q0-text")).to_have_value("Written as JSON")
    before = in_json(page)
    page.locator("#q0-remove").click()
    assert len(in_json(page)["questions"]) == len(before["questions"]) - 1
    page.get_by_role("button", name="Undo").click()
    assert in_json(page) == before
    page.get_by_role("button", name="JSON").click()
    field.fill('{\n  "version": 1,\n  oops\n}')
    expect(page.get_by_role("alert")).to_contain_text("line 3")
    field.fill(json.dumps(before))
    expect(page.locator("[role=alert]")).to_have_count(0)


def test_a_condition_and_a_renamed_question_stay_together(edit: Callable[..., tuple[Page, Any]]) -> None:
    page, _work = edit("?template=sentiment")
    page.locator("#q-add").click()
    page.locator("#q1-text").fill("Are you sure?")
    second = page.locator(".ed-question").nth(1)
    second.get_by_label("Depends on").select_option("sentiment")
    second.get_by_label("Neutral").check()
    assert in_json(page)["questions"][1]["when"] == {"question": "sentiment", "is": ["positive", "neutral"]}
    page.locator(".ed-question").first.get_by_label("Name in exports").first.fill("mood")
    schema = in_json(page)
    assert schema["questions"][0]["id"] == "mood"
    assert schema["questions"][1]["when"]["question"] == "mood"
    preview = page.locator("[data-preview]")
    # The preview follows a moment after the form; what is chosen before that is forgotten.
    expect(preview.get_by_text("mood", exact=True)).to_be_visible()
    expect(preview.get_by_text("Are you sure?")).to_have_count(0)
    preview.locator("input[value=positive]").check()
    expect(preview.get_by_text("Are you sure?").first).to_be_visible()


def test_leaving_with_changes_asks_first_and_publishing_does_not(
    edit: Callable[..., tuple[Page, Any]],
) -> None:
    page, _work = edit(schema=True)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", stay)
    page.locator("#q0-text").fill("Changed, and not published")
    expect(page.locator("[data-unsaved]")).to_be_visible()
    page.reload()
    assert asked == ["beforeunload"]
    page.locator("#q0-text").fill("Changed, and published")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 2 is published")).to_be_visible()
    assert asked == ["beforeunload"]
    stored = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert "Changed" not in stored


@pytest.mark.parametrize("width", [360, 1440])
def test_the_editor_fits_and_axe_finds_nothing(
    edit: Callable[..., tuple[Page, Any]], width: int, pytestconfig: pytest.Config
) -> None:
    page, _work = edit("?template=safety", viewport={"width": width, "height": 900})
    expect(page.locator("#q0-text")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe_findings(pytestconfig, page) == []
