"""The verifier in a browser: it answers as the one in Python does, turns red for one byte, and opens no connection."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from audit.pins import Pin
from audit.single_page import BUILT
from audit.verify.deliveries import deliveries_in_words, deliveries_of
from audit.verify.judge import Verdict, judge
from tests.stack import Stack
from tests.ui import stamped_cases
from tests.ui import verifying_cases as cases
from tests.ui.axe_core import axe_findings
from tests.ui.verifying import Reader, answer_of_python, answers_of_page, said_by_python
from tests.ui.verifying_cases import Case
from tests.unit.audit.making import members_of

CANNOT = 5
"""The answer of a browser that lacks what is needed: no verdict, and no success."""

pytestmark = [pytest.mark.ui, pytest.mark.skipif(not BUILT.exists(), reason="the page is not built: make ui")]
EVENTS = (
    """() => [...document.querySelectorAll('#events li')].map(row => row.querySelector('span').textContent)"""
)


@pytest.fixture
def reader(open_page: Callable[..., Page]) -> Reader:
    return Reader(open_page(BUILT.as_uri()))


def test_both_verifiers_answer_alike(open_page: Callable[..., Page]) -> None:
    asked = [*cases.corpus(), *stamped_cases.corpus()]
    found: Counter[int] = Counter()
    differing, told = [], 0
    answers = answers_of_page(open_page(BUILT.as_uri()), asked)
    for case, (got, shown, limits, words) in zip(asked, answers, strict=True):
        expected, report, why = answer_of_python(case)
        found[expected] += 1
        if got != expected:
            differing.append(f"{case.what}: {got}, and in Python {expected} ({why}); {words!r}")
        elif report is not None:
            told += 1
            said = said_by_python(report)
            if (shown, limits) != said[:2]:
                differing.append(f"{case.what}: {shown}, and in Python {said}")
    assert differing == [], f"{len(differing)} of {found.total()}"
    # The corpus holds each of the five answers, many times.
    assert all(found[verdict] >= 10 for verdict in Verdict), found
    assert told > 40
    print(f"{found.total()} bundles judged alike, seed {cases.SEED}: {dict(sorted(found.items()))}")


@pytest.fixture(scope="module", autouse=True)
def exported(stack: Stack) -> tuple[bytes, bytes, str, list[str]]:
    """What the application exports: the whole log, a pin, the item that was sent, and to whom; before any browser."""
    from tests.audit.logkeeping import Keeper
    from tests.audit.test_selected_bundles import Story
    from tests.world import new_workspace

    with Keeper(stack, shared=True) as keeper:
        story = Story(new_workspace("Acme"), keeper)
        whole = story.bundle(None)
    return whole, story.pin, str(story.task), [str(each.actor_id) for each in (story.ann, story.bob)]


def test_the_page_in_the_applications_bundle_says_who_was_sent_an_item(
    exported: tuple[bytes, bytes, str, list[str]], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    bundle, pin, item, people = exported
    page_in_bundle = members_of(bundle)["verify.html"]
    assert page_in_bundle == BUILT.read_bytes()
    (tmp_path / "verify.html").write_bytes(page_in_bundle)
    reader = Reader(open_page((tmp_path / "verify.html").as_uri()))
    assert reader.ask(bundle, pin) == Verdict.GOOD
    reader.page.fill("#item", item)
    assert [line.split(" ")[0] for line in reader.lines("deliveries")] == people
    assert "The log holds no other delivery of it." in reader.page.inner_text("#deliveries")
    report = judge(bundle, Pin.parse(pin))
    assert (reader.lines("shown"), reader.lines("not-shown")) == said_by_python(report)[:2]


def test_events_deliveries_and_erasures_are_told_as_python_tells_them(reader: Reader) -> None:
    bundle, pin = cases.with_verifiers(cases.told(), selected=False), cases.told().pin(4)
    assert reader.ask(bundle, pin) == Verdict.GOOD
    report = judge(bundle, Pin.parse(pin))
    _, _, events = said_by_python(report)
    what = [line.partition("Z  ")[2].replace("; by ", " by ") for line in events]
    assert reader.page.evaluate(EVENTS) == what
    assert "by someone erased, proven by entry 4" in what[0]
    assert "bob\\u2028" in what[1]
    assert any("NOT ERASED in this file" in line for line in reader.lines("shown"))
    for asked in (cases.ITEM, cases.ITEM.upper().replace("-", ""), f"{{{cases.ITEM}}}"):
        reader.page.fill("#item", asked)
        head, *rows, limit = (
            line.strip() for line in deliveries_in_words(deliveries_of(report, cases.ITEM)) if line
        )
        assert "3 deliveries, to 2 people" in head
        assert reader.page.locator("#deliveries p").all_inner_texts() == [head, limit]
        assert len(reader.lines("deliveries")) == len(rows) == 3
    reader.page.fill("#item", "nonsense")
    assert "That is no id" in reader.page.inner_text("#deliveries")
    reader.page.fill("#wanted", "released")
    assert len(reader.lines("events")) == 1


@pytest.mark.parametrize("piece", ["line", "leaf", "checkpoint"])
@pytest.mark.parametrize("selected", [False, True], ids=["whole", "selection"])
def test_one_changed_character_turns_it_red_and_undoing_turns_it_green(
    reader: Reader, piece: str, selected: bool
) -> None:
    page = reader.page
    bundle, pin = cases.with_verifiers(cases.told(), selected=selected), cases.told().pin(4)
    assert reader.ask(bundle, pin) == Verdict.GOOD
    page.get_by_role("button", name="Change a byte of event 5").click()
    page.select_option("#piece", piece)
    good = page.input_value("#bytes")
    assert len(good) > 100
    page.locator("#bytes").focus()
    page.keyboard.press("Control+Home")
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    # Another digit or letter for the one that stands there.
    page.keyboard.type("Q" if good[40] != "Q" else "R")
    verdict, trial = page.locator("#verdict"), page.locator("#trial-verdict")
    expect(verdict).to_have_attribute("data-tone", "bad")
    expect(verdict).to_contain_text("You changed 1 character")
    expect(trial).to_have_attribute("data-tone", "bad")
    assert page.title().startswith(("WRONG", "MALFORMED"))
    page.keyboard.press("Backspace")
    page.keyboard.type(good[40])
    expect(verdict).to_have_attribute("data-tone", "good")
    expect(trial).to_contain_text("Unchanged: GOOD")
    assert page.input_value("#bytes") == good
    page.fill("#bytes", good + " ")
    expect(verdict).to_have_attribute("data-tone", "bad")
    page.get_by_role("button", name="Undo").click()
    expect(verdict).to_have_attribute("data-tone", "good")
    assert page.input_value("#bytes") == good


def test_what_needs_a_signature_that_no_browser_has_is_no_success(reader: Reader) -> None:
    quantum = cases.QUANTUM
    keys = f"log {cases.LOG.vkey}\nwitness q {quantum.vkey}\n"
    bundle, pin = cases.cosigned(f"{keys}quorum q\n", cases.LOG, quantum)
    assert answer_of_python(Case("", bundle, pin))[0] == Verdict.GOOD
    assert reader.ask(bundle, pin) == CANNOT
    assert "take the verifier in Python" in reader.verdict
    bundle, pin = cases.cosigned(f"{keys}quorum none\n", cases.LOG, quantum)
    assert reader.ask(bundle, pin) == Verdict.GOOD
    assert any("was not checked: no browser can" in line for line in reader.lines("shown"))


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            "crypto.subtle.importKey = async () => { throw new DOMException('', 'NotSupportedError') }",
            "Ed25519",
        ),
        ("crypto.subtle.verify = async () => true", "accepts a wrong signature"),
        ("crypto.subtle.digest = async () => new ArrayBuffer(32)", "SHA-256"),
    ],
)
def test_a_browser_that_cannot_verify_says_so_and_judges_nothing(
    open_page: Callable[..., Page], script: str, why: str
) -> None:
    page = open_page("about:blank")
    page.add_init_script(script)
    page.goto(BUILT.as_uri())
    page.locator("#verdict[data-tone='unsure']").wait_for()
    assert why in page.inner_text("#verdict")
    reader = Reader(page)
    assert reader.ask(cases.MADE.whole(), cases.MADE.pin(5)) == CANNOT


def test_both_notes_of_a_fork_can_be_kept(reader: Reader) -> None:
    fork = cases.MADE.forked(9, at=0)
    assert reader.ask(fork.whole(), cases.MADE.pin(9)) == Verdict.EQUIVOCATION
    kept = []
    reader.page.on("download", lambda file: kept.append(Path(file.path()).read_bytes()))
    with reader.page.expect_download(), reader.page.expect_download():
        reader.page.get_by_role("button", name="Save both signed notes").click()
    while len(kept) < 2:
        reader.page.wait_for_timeout(10)
    assert sorted(kept) == sorted([cases.MADE.checkpoint(), fork.checkpoint()])


def test_it_asks_for_nothing_from_anywhere_and_its_policy_lets_nothing_in(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(BUILT.as_uri())
    reader = Reader(page)
    assert reader.ask(cases.LONG.whole(), cases.LONG.pin(4)) == Verdict.GOOD
    assert asked == [BUILT.as_uri()]
    text = BUILT.read_text()
    assert "default-src 'none'" in text
    assert not any(mark in text for mark in ("http://", "https://", "'unsafe-", "@import", "url("))


def test_it_can_be_read_and_used_by_everybody(reader: Reader, pytestconfig: pytest.Config) -> None:
    page = reader.page
    assert reader.ask(cases.with_verifiers(cases.told(), selected=False), cases.told().pin(4)) == Verdict.GOOD
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    # By keyboard alone: from the files to the field in which a byte is changed.
    page.locator("#bundle").focus()
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert [each for each in reached if each][:5] == ["pin", "tsa", "item", "piece", "index"]
    assert axe_findings(pytestconfig, page) == []
