"""Kill -9 anywhere while an import runs and people label: what was acknowledged is there, once; drafts come back."""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import box
from tests.journeys.api import Visit
from tests.journeys.browsers import browser, need_chromium, sign_in
from tests.journeys.crowd import (
    BrowserLabeler,
    Labeler,
    ProgramLabeler,
    send_home,
    wait_for_drafts,
    wait_for_progress,
)
from tests.journeys.demo_install import DemoInstall
from tests.journeys.desk import WRITTEN, Desk
from tests.journeys.hires import hire

pytestmark = pytest.mark.ui
SENTIMENT = Path(__file__).parents[3] / "shared/data/sentiment.jsonl"
PATIENCE_SECONDS = 120.0
DRAFT = "browser with a draft"
"""Somebody writes; their browser is killed more than a second later; the text is there when they are back."""

KILLS = {
    "web": 4, "web child": 8, "worker": 4, "worker child": 4, "postgres": 4, "postgres backend": 9,
    "browser": 5, DRAFT: 8, "sequencer": 3, "signer": 3, "valkey": 3,
}  # fmt: skip
LEAST_KILLS = 50
BROWSERS, PROGRAMS = 4, 12


def items_to_import(folder: Path, count: int) -> Path:
    """Return a file of so many items: lines of the large one, or generated ones where that is absent."""
    if SENTIMENT.exists():
        lines = SENTIMENT.read_text(encoding="utf-8").splitlines()[:count]
    else:
        print(f"\n{SENTIMENT.name} is not beside the repository: generated items take its place")
        lines = [json.dumps({"id": f"g-{n}", "text": f"Generated remark number {n}."}) for n in range(count)]
    made = folder / "items.jsonl"
    made.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return made


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


class Crashes:
    """People at work on one project, and what is killed under them."""

    def __init__(self, demo: DemoInstall, folder: Path, *, items: int, overlap: int, seed: int) -> None:
        need_chromium()
        self.demo, self.folder, self.seed = demo, folder, seed
        self.dice = random.Random(seed)
        self.desk = Desk(demo, schema=WRITTEN, overlap=overlap)
        self.file, self.items = items_to_import(folder, items), items
        self.job = import_by_page(demo, self.desk, self.file, folder / "manager")
        self.browsers: list[BrowserLabeler] = []
        self.programs: list[ProgramLabeler] = []
        self.killed: Counter[str] = Counter()

    @property
    def people(self) -> Sequence[Labeler]:
        """Everybody who labels."""
        return [*self.browsers, *self.programs]

    def seat(self, browsers: Iterable[Visit], programs: Iterable[Visit], *, think_seconds: float) -> None:
        """Have people label, some in a browser and some by a program that thinks between two answers."""
        project = self.desk.project
        for visit in browsers:
            self.desk.admit(visit.person.name)
            profile = self.folder / visit.person.name
            self.browsers.append(BrowserLabeler(self.demo, visit.person, project, profile))
        for visit in programs:
            self.desk.admit(visit.person.name)
            self.programs.append(ProgramLabeler(visit, project, think_seconds=think_seconds))
        for person in self.people:
            person.start()

    def kill(self, target: str) -> None:
        """Kill -9 one thing by its process id, as soon as it is there."""
        if target == DRAFT:
            writer = self.dice.choice(self.browsers)
            writer.kill_while_writing(seconds=PATIENCE_SECONDS)
        else:
            self.demo.until(lambda: self._kill_process(target), f"{target} is there to be killed")
        self.killed[target] += 1
        print(f"{sum(self.killed.values())} {target}", end=", ", flush=True)

    def _kill_process(self, target: str) -> bool:
        if target == "browser":
            return self.dice.choice(self.browsers).kill_browser()
        if target == "postgres backend":
            return self.demo.kill_backend() is not None
        name, _, child = target.partition(" ")
        return self.demo.kill_child(name) is not None if child else self.demo.kill(name) > 0

    def end(self) -> str:
        """Let everybody finish, then hold everything against what they were told. Returns a summary."""
        self.demo.settle()
        wait_for_progress(self.people, seconds=PATIENCE_SECONDS)
        wait_for_drafts(self.browsers, seconds=PATIENCE_SECONDS)
        send_home(self.people, seconds=PATIENCE_SECONDS)
        assert [lost for person in self.browsers for lost in person.drafts_lost] == []
        assert sum(person.drafts_back for person in self.browsers) == self.killed[DRAFT]

        desk = self.desk
        desk.acknowledged = [receipt for person in self.people for receipt in person.receipts]
        done = desk.manager.until_ended(f"imports/{self.job}", seconds=300)
        assert (done["state"], done["rows_added"], done["rows_refused"]) == ("done", self.items, 0)
        lines = desk.nothing_is_lost()
        assert Counter(line["item"]["id"] for line in lines) == Counter(
            json.loads(row)["id"] for row in self.file.read_text(encoding="utf-8").splitlines()
        )
        self._what_was_given_is_there({line["task_id"]: line["answers"] for line in lines})
        logged = desk.all_is_in_the_log(lines)
        return (
            f"seed {self.seed}: {sum(self.killed.values())} kills ({dict(self.killed)}), {self.items} items,"
            f" {len(self.people)} people, {len(desk.acknowledged)} receipts acknowledged,"
            f" {logged} answers exported and logged,"
            f" {sum(person.browsers_opened for person in self.browsers)} browsers,"
            f" {self.killed[DRAFT]} drafts back"
        )

    def _what_was_given_is_there(self, answers: dict[str, list[dict[str, Any]]]) -> None:
        """What a workspace called safe is in the export too, also where no receipt was heard; texts as written."""
        members = {member["name"]: member["id"] for member in self.desk.owner.get("members")["members"]}
        for person in self.browsers:
            for task, text in person.given.items():
                (given,) = (a["answer"] for a in answers[task] if a["member_id"] == members[person.name])
                assert text is None or given["why"] == text, person.name


@pytest.mark.long
def test_a_few_kills_lose_nothing(demo, tmp_path):
    crashes = Crashes(demo, tmp_path, items=500, overlap=1, seed=6)
    first, *others = (Visit(demo, demo.person(name)) for name in ("Li", "Luca", "Lena"))
    for visit in others:
        visit.sign_in()
    crashes.seat([first], others, think_seconds=0.3)
    for target in ("web child", DRAFT, "postgres backend", "worker", "postgres", "web"):
        wait_for_progress(crashes.people, seconds=PATIENCE_SECONDS)
        crashes.kill(target)
    print("\n" + crashes.end())


@pytest.mark.kills
@pytest.mark.long
def test_sixteen_people_and_fifty_kills_lose_nothing(demo, tmp_path):
    seed = int(os.environ.get("SEED", time.time_ns() % 2**32))
    crashes = Crashes(demo, tmp_path, items=3_707, overlap=3, seed=seed)
    hired = hire(demo, crashes.desk.owner, *(f"Hand-{n}" for n in range(BROWSERS + PROGRAMS)))
    crashes.seat(hired[:BROWSERS], hired[BROWSERS:], think_seconds=1.0)
    wait_for_progress(crashes.people, seconds=PATIENCE_SECONDS)
    plan = [target for target, times in KILLS.items() for _ in range(times)]
    crashes.dice.shuffle(plan)
    for target in plan:
        if box.seconds_left() < PATIENCE_SECONDS:
            break
        # One browser and two programs have gone on since the kill before.
        some = [crashes.dice.choice(crashes.browsers), *crashes.dice.sample(crashes.programs, 2)]
        wait_for_progress(some, seconds=PATIENCE_SECONDS)
        crashes.kill(target)
    print("\n" + crashes.end())
    if sum(crashes.killed.values()) < LEAST_KILLS:
        pytest.skip(f"nothing was lost, but the box had time for {sum(crashes.killed.values())} kills only")
