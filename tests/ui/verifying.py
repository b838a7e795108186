"""How two verifiers are asked alike: the page in a browser, and the command's own functions."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from playwright.sync_api import Page

from audit.encoding import to_base64
from audit.errors import Equivocation, EvidenceRefused, Malformed
from audit.pins import Pin
from audit.timestamps.trust import parse_trusted
from audit.verify.judge import Report, Verdict, judge
from audit.verify.succession import SuccessionReport, judge_succession
from audit.verify.words import in_words
from tests.ui.verifying_cases import Case

HOW_PROVEN = "(see --tsa)", "(see “Trusted root”)"
"""What the command calls by an option, the page calls by its field."""

ASK_ALL = """async (asked) => {
  const root = document.documentElement;
  const bytes = (text) => Uint8Array.from(atob(text), (mark) => mark.charCodeAt(0));
  const give = (id, content, name) => {
    const files = new DataTransfer();
    if (content !== null) files.items.add(new File([bytes(content)], name));
    document.getElementById(id).files = files.files;
    document.getElementById(id).dispatchEvent(new Event("change"));
  };
  const lines = (id) => [...document.querySelectorAll(`#${id} li`)].map((each) => each.textContent);
  const answers = [];
  for (const [number, { bundle, ...beside }] of asked.entries()) {
    // Without a bundle nothing is judged yet.
    give("bundle", null);
    for (const [kind, content] of Object.entries(beside)) {
      const held = document.getElementById(`${kind}-name`);
      give(kind, null);
      give(kind, content, `${kind} ${number}`);
      while (content !== null && !held.textContent.startsWith(`${kind} ${number},`))
        await new Promise((resolve) => setTimeout(resolve));
    }
    const answered = new Promise((resolve) => {
      const watch = new MutationObserver(() => { watch.disconnect(); resolve(); });
      watch.observe(root, { attributeFilter: ["data-checked"] });
    });
    give("bundle", bundle, "bundle");
    await answered;
    const words = document.getElementById("verdict").textContent;
    answers.push([Number(root.dataset.verdict), lines("shown"), lines("not-shown"), words]);
  }
  return answers;
}"""
"""Hands files to the page as a reader does, one pair after the other."""
AT_ONCE = 40


class Reader:
    """Somebody with the page, a bundle and a pin."""

    def __init__(self, page: Page) -> None:
        self.page, self.checked, self.pin = page, 0, b""

    def give(self, kind: str, content: bytes | None) -> None:
        file: Any = [] if content is None else {"name": kind, "mimeType": "", "buffer": content}
        self.page.set_input_files(f"#{kind}", file)

    def judged(self) -> int:
        """Wait for the answer that is due."""
        self.checked += 1
        self.page.locator(f"html[data-checked='{self.checked}']").wait_for(state="attached")
        return int(self.page.get_attribute("html", "data-verdict") or "-1")

    def ask(self, bundle: bytes, pin: bytes | None) -> int:
        if self.pin != pin:
            # Without a bundle nothing is judged yet.
            self.give("bundle", None)
            self.give("pin", pin)
            self.pin = pin
        self.give("bundle", bundle)
        return self.judged()

    def lines(self, place: str) -> list[str]:
        return self.page.locator(f"#{place} li").all_inner_texts()

    @property
    def verdict(self) -> str:
        return self.page.inner_text("#verdict")


def answer_of_python(case: Case) -> tuple[int, Report | None, str]:
    """Return what the command-line verifier answers to a bundle."""

    def judged() -> Report:
        pin = None if case.pin is None else Pin.parse(case.pin)
        if not case.bundle:
            raise Malformed("the file is empty")
        return judge(case.bundle, pin, trusted=[] if case.tsa is None else parse_trusted(case.tsa))

    return _asked(judged)


def succession_of_python(case: Case) -> tuple[int, SuccessionReport | None, str]:
    """Return what it answers to a succession."""
    return _asked(lambda: judge_succession(case.bundle, case.pin))


Found = TypeVar("Found", Report, SuccessionReport)


def _asked(judged: Callable[[], Found]) -> tuple[int, Found | None, str]:
    try:
        report = judged()
    except Malformed as refused:
        return Verdict.MALFORMED, None, str(refused)
    except Equivocation as refused:
        return Verdict.EQUIVOCATION, None, str(refused)
    except EvidenceRefused as refused:
        return Verdict.PROOF_WRONG, None, str(refused)
    return report.verdict, report, report.why_not_anchored or ""


def said_by_python(report: Report) -> tuple[list[str], list[str], list[str]]:
    """Return what is shown, what is not, and the events, as the command-line verifier writes them."""
    lines = in_words(report, most_events=10_000)
    first = next(at for at, line in enumerate(lines) if line.startswith("Shown"))
    second = lines.index("Not shown:")
    third = lines.index("Disclosed events:") if "Disclosed events:" in lines else len(lines)
    parts = lines[first + 1 : second], lines[second + 1 : third], lines[third + 1 :]
    shown, limits, events = ([line.strip() for line in part if line] for part in parts)
    shown = [line.replace(*HOW_PROVEN) for line in shown]
    return shown, limits, events


def answers_of_page(page: Page, asked: Sequence[Case]) -> list[Any]:
    """Return (verdict, what is shown, what is not, the verdict in words) for each case."""
    answers: list[Any] = []
    for start in range(0, len(asked), AT_ONCE):
        files = [
            {
                "bundle": to_base64(case.bundle),
                "pin": None if case.pin is None else to_base64(case.pin),
                "tsa": None if case.tsa is None else to_base64(case.tsa),
            }
            for case in asked[start : start + AT_ONCE]
        ]
        answers += page.evaluate(ASK_ALL, files)
    return answers
