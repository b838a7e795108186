"""A succession in a browser: judged as the command judges it, and the next pin is the same file."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from audit.single_page import BUILT
from audit.verify.judge import Verdict
from audit.verify.succession import (
    GOOD,
    UNANCHORED,
    SuccessionReport,
    judge_succession,
    succession_in_words,
)
from tests.ui import succession_cases
from tests.ui.axe_core import axe_findings
from tests.ui.verifying import Reader, answers_of_page, succession_of_python
from tests.ui.verifying_cases import MADE
from tests.unit.audit.test_succession import OLD, file

pytestmark = [pytest.mark.ui, pytest.mark.skipif(not BUILT.exists(), reason="the page is not built: make ui")]


@pytest.fixture
def reader(open_page: Callable[..., Page]) -> Reader:
    return Reader(open_page(BUILT.as_uri()))


def said_by_python(report: SuccessionReport) -> tuple[list[str], list[str]]:
    """Return what is shown and what is not, as the command writes it."""
    lines = succession_in_words(report, None)
    first = next(at for at, line in enumerate(lines) if line.startswith("Stated by"))
    last = lines.index("Not shown:")
    shown = [line.strip() for line in lines[first + 1 : last] if line and not line.startswith("From now on")]
    return shown, [line.strip() for line in lines[last + 1 :]]


KEEP = """() => {
  const made = URL.createObjectURL;
  let kept = null;
  URL.createObjectURL = (blob) => { kept = blob; return made.call(URL, blob); };
  HTMLAnchorElement.prototype.click = function () { window.saved = [this.download, kept]; };
}"""
"""Keeps what would be saved: a browser lets a page save a few files one after the other, and no more."""
SAVED = """async () => {
  const [name, blob] = window.saved;
  window.saved = null;
  return [name, [...new Uint8Array(await blob.arrayBuffer())]];
}"""


def test_both_verifiers_answer_alike_about_successions(open_page: Callable[..., Page]) -> None:
    asked = list(succession_cases.corpus())
    found: Counter[int] = Counter()
    differing = []
    answers: list[Any] = answers_of_page(open_page(BUILT.as_uri()), asked)
    for case, (got, shown, limits, words) in zip(asked, answers, strict=True):
        expected, report, why = succession_of_python(case)
        found[expected] += 1
        if got != expected:
            differing.append(f"{case.what}: {got}, and in Python {expected} ({why}); {words!r}")
        elif report is not None and (shown, limits) != said_by_python(report):
            differing.append(f"{case.what}: {shown}, and in Python {said_by_python(report)}")
        elif report is not None and why not in words:
            differing.append(f"{case.what}: {words!r}, and in Python {why}")
    assert differing == [], f"{len(differing)} of {found.total()}"
    assert all(found[each] >= 8 for each in Verdict if each is not Verdict.EQUIVOCATION), found
    print(f"{found.total()} successions judged alike: {dict(sorted(found.items()))}")


def test_it_offers_the_next_pin_byte_for_byte_as_the_command_writes_it(reader: Reader) -> None:
    told = [case for case in succession_cases.corpus() if "flip" not in case.what]
    good = [(case, report) for case in told if (report := succession_of_python(case)[1]) and report.next_pin]
    assert len(good) >= 8
    reader.page.evaluate(KEEP)
    for case, report in good:
        assert reader.ask(case.bundle, case.pin) == Verdict.GOOD
        reader.page.get_by_role("button", name="Save the next pin").click()
        name, content = reader.page.evaluate(SAVED)
        assert (name, bytes(content)) == ("next.pin", report.next_pin), case.what


def test_what_was_given_up_is_said_and_no_pin_is_offered(reader: Reader) -> None:
    assert reader.ask(file(), OLD.pin(5)) == Verdict.GOOD
    assert GOOD.partition(": ")[2][1:] in reader.verdict
    expect(reader.page.locator("#next")).to_be_visible()
    assert reader.page.inner_text("#shown-title") == "Stated by the logs themselves"
    assert reader.ask(file(7), OLD.pin(7)) == Verdict.NOT_ANCHORED
    assert UNANCHORED.partition(": ")[2][1:] in reader.verdict
    assert "1 of the 7 events in your pin were given up" in reader.verdict
    expect(reader.page.locator("#next")).to_be_hidden()
    bad = file()[:-20] + b"A" + file()[-19:]
    assert reader.ask(bad, OLD.pin(5)) in (Verdict.PROOF_WRONG, Verdict.MALFORMED)
    assert "succession" in reader.verdict
    assert "bundle" not in reader.verdict
    expect(reader.page.locator("#findings")).to_be_hidden()
    # And a bundle after it is a bundle again.
    assert reader.ask(MADE.whole(), MADE.pin(3)) == Verdict.GOOD
    expect(reader.page.locator("#trial")).to_be_visible()
    expect(reader.page.locator("#next")).to_be_hidden()


def test_it_can_be_read_and_used_by_everybody(reader: Reader, pytestconfig: pytest.Config) -> None:
    page, data = reader.page, file()
    assert reader.ask(data, OLD.pin(5)) == Verdict.GOOD
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#bundle").focus()
    reached = []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached == ["pin", "tsa", "save-next"]
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    report = judge_succession(data, OLD.pin(5))
    assert Path(download.value.path()).read_bytes() == report.next_pin
    assert axe_findings(pytestconfig, page) == []
