"""A project of one's own in the demo's first lab, and what its people have been promised."""

import json
import secrets
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.journeys.api import Api
from tests.journeys.demo_install import DemoInstall
from tests.journeys.events import events_of

SCHEMA: dict[str, Any] = {
    "version": 1,
    "item": {"text": "text"},
    "questions": [
        {
            "id": "tone",
            "type": "choice",
            "text": "Which tone has it?",
            "options": [{"id": "warm", "text": "Warm"}, {"id": "cold", "text": "Cold"}],
        }
    ],
}
WRITTEN = SCHEMA | {
    "questions": [*SCHEMA["questions"], {"id": "why", "type": "text", "text": "Why?", "required": False}]
}


def rows(count: int, mark: str = "") -> bytes:
    """Return a JSONL file of `count` items."""
    lines = ({"id": f"{mark}{n}", "text": f"remark {mark} number {n}"} for n in range(count))
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


class Desk:
    """A project in Northwind with callers in three roles, and every receipt that was acknowledged to somebody."""

    def __init__(
        self, demo: DemoInstall, *, overlap: int = 1, schema: dict[str, Any] = SCHEMA, name: str = "Desk"
    ) -> None:
        self.demo = demo
        self.tenant = demo.person("Lena").tenant
        self.owner, self.manager, self.labeler = (
            Api(demo, self.tenant, demo.token(self.tenant, role)) for role in ("owner", "manager", "labeler")
        )
        self.mark = secrets.token_hex(4)
        self.name = f"{name} {self.mark}"
        self.pin = self.owner.pin()
        self.project = str(self.manager.post("projects", {"name": self.name, "overlap": overlap})["id"])
        self.manager.put(f"projects/{self.project}/schema", {"schema": schema})
        self.acknowledged: list[str] = []

    def admit(self, *names: str) -> None:
        """Let people label here."""
        members = {member["name"]: member["id"] for member in self.owner.get("members")["members"]}
        for name in names:
            self.manager.post(f"projects/{self.project}/assignments", {"member": members[name]})

    def fill(self, count: int) -> None:
        """Import items and wait for them."""
        job = self.manager.import_rows(self.project, rows(count, self.mark))
        assert self.manager.until_ended(f"imports/{job}")["rows_added"] == count

    def label(self, count: int = 1) -> None:
        """Answer items; remember the receipts."""
        for _ in range(count):
            (task,) = self.labeler.post(f"projects/{self.project}/tasks/next")["tasks"]
            done = self.labeler.post(f"tasks/{task['id']}/submission", {"answer": {"tone": "warm"}})
            self.acknowledged.append(done["receipt"])

    def nothing_is_lost(self) -> list[dict[str, Any]]:
        """Hold every acknowledged receipt against the export: each is there exactly once. Returns the lines."""
        lines = self.manager.export(self.project)
        exported = Counter(answer["receipt"] for line in lines for answer in line["answers"])
        assert _twice(exported) == [], "answers that are in the export twice"
        assert [receipt for receipt in self.acknowledged if receipt not in exported] == [], "lost answers"
        assert _twice(Counter(self.acknowledged)) == [], "two people hold the same receipt"
        assert _twice(Counter(line["task_id"] for line in lines)) == [], "items that are there twice"
        for line in lines:
            members = [answer["member_id"] for answer in line["answers"]]
            assert len(members) == len(set(members)), "one person answered an item twice"
        return lines

    def all_is_in_the_log(self, lines: Iterable[dict[str, Any]]) -> int:
        """Hold every exported answer against the log: its event is there exactly once. Returns how many."""
        events = [answer["receipt"].partition(";")[0] for line in lines for answer in line["answers"]]
        if events:
            self.demo.until(
                lambda: self.owner.ask("GET", f"audit/receipts/{max(events)}").status_code == 200,
                "a checkpoint covers the newest answer",
            )
        logged = Counter(
            event["event"]
            for event in events_of(self.owner.bundle(), self.pin)
            if event["verb"] == "submission.accepted"
        )
        assert _twice(logged) == []
        assert [event for event in events if event not in logged] == [], "answers without an entry in the log"
        return len(events)


def _twice(counts: Counter[str]) -> list[str]:
    return [name for name, count in counts.items() if count > 1]
