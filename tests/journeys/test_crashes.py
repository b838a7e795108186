"""Kill -9 anywhere while an import runs and three people label: what was acknowledged is there, once."""

import json
import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.journeys.browsers import browser, need_chromium, sign_in
from tests.journeys.crowd import BrowserLabeler, wait_for_progress
from tests.journeys.demo_install import DemoInstall
from tests.journeys.desk import Desk

pytestmark = pytest.mark.ui
SENTIMENT = Path(__file__).parents[3] / "shared/data/sentiment.jsonl"
SENTIMENT_ITEMS = 3_707
PEOPLE = ("Lena Brandt", "Luca Moretti", "Li Wen")
PATIENCE_SECONDS = 120.0
TARGETS = (
    "web", "web child", "worker", "worker child", "postgres", "postgres backend", "browser",
    "sequencer", "signer", "valkey",
)  # fmt: skip


def items_to_import(folder: Path) -> tuple[Path, int]:
    """Return the file to import and how many items it has: the large one, or a generated one where that is absent."""
    if SENTIMENT.exists():
        return SENTIMENT, SENTIMENT_ITEMS
    print(f"\n{SENTIMENT.name} is not beside the repository: generated items take its place")
    made = folder / "generated.jsonl"
    lines = (json.dumps({"id": f"g-{n}", "text": f"Generated remark number {n}."}) for n in range(2_000))
    made.write_text("\n".join(lines) + "\n")
    return made, 2_000


def import_by_page(demo: DemoInstall, desk: Desk, file: Path, profile: Path) -> str:
    """Choose the file on the page of imports, as the manager; return the job's id."""
    with browser(profile) as context:
        page = context.new_page()
        path = f"/w/{desk.tenant}/projects/{desk.project}/imports"
        sign_in(page, demo, demo.person("Mina"), path)
        page.goto(demo.base_url + path)
        page.get_by_label("File", exact=True).set_input_files(file)
        page.get_by_role("button", name="Import").click()
        page.wait_for_url("**/imports/*-*")
        return page.url.rpartition("/")[2]


def kill(target: str, demo: DemoInstall, people: list[BrowserLabeler], dice: random.Random) -> bool:
    """Kill -9 one thing by its process id; tell whether there was something to kill."""
    if target == "browser":
        return dice.choice(people).kill_browser()
    if target == "postgres backend":
        return demo.kill_backend() is not None
    name, _, child = target.partition(" ")
    return demo.kill_child(name) is not None if child else demo.kill(name) > 0


def crash_run(demo: DemoInstall, folder: Path, plan: list[str], *, seed: int) -> str:
    """Import, label and kill after `plan`; hold everything against what was acknowledged. Returns a summary."""
    need_chromium()
    dice = random.Random(seed)
    file, count = items_to_import(folder)
    desk = Desk(demo)
    desk.admit(*PEOPLE)
    job = import_by_page(demo, desk, file, folder / "manager")
    people = [
        BrowserLabeler(demo, demo.person(name.split()[0]), desk.project, folder / name) for name in PEOPLE
    ]
    for person in people:
        person.start()
    killed: Counter[str] = Counter()
    try:
        for target in plan:
            wait_for_progress(people, seconds=PATIENCE_SECONDS)
            demo.until(
                lambda target=target: kill(target, demo, people, dice), f"{target} is there to be killed"
            )
            killed[target] += 1
        demo.settle()
        wait_for_progress(people, seconds=PATIENCE_SECONDS)
    finally:
        for person in people:
            person.stop()
        for person in people:
            person.join(PATIENCE_SECONDS)
    assert [person.name for person in people if person.is_alive()] == []
    desk.acknowledged = [receipt for person in people for receipt in person.receipts]

    done = desk.manager.until_ended(f"imports/{job}", seconds=300)
    assert (done["state"], done["rows_added"], done["rows_refused"]) == ("done", count, 0)
    lines = desk.nothing_is_lost()
    assert Counter(line["item"]["id"] for line in lines) == Counter(
        json.loads(row)["id"] for row in file.read_text(encoding="utf-8").splitlines()
    )
    logged = desk.all_is_in_the_log(lines)
    return (
        f"seed {seed}: {sum(killed.values())} kills ({dict(killed)}), {count} items,"
        f" {len(desk.acknowledged)} receipts acknowledged, {logged} answers exported and logged,"
        f" {sum(person.browsers_opened for person in people)} browsers"
    )


def test_a_few_kills_lose_nothing(demo, tmp_path):
    plan = ["web child", "browser", "postgres backend", "worker", "postgres", "web"]
    print("\n" + crash_run(demo, tmp_path, plan, seed=6))


@pytest.mark.long
def test_two_dozen_kills_in_any_order_lose_nothing(demo, tmp_path):
    seed = int(os.environ.get("SEED", time.time_ns() % 2**32))
    dice = random.Random(seed)
    plan = [*TARGETS, *TARGETS, "web", "worker", "postgres", "browser"]
    dice.shuffle(plan)
    print("\n" + crash_run(demo, tmp_path, plan, seed=seed))
