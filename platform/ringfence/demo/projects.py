"""The demo's projects: what they ask, and their filling through the services that people use."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from annotation.formats.rows import Format
from annotation.services.acknowledge import acknowledge
from annotation.services.answer_quiz import answer_quiz
from annotation.services.assign_member import assign_member
from annotation.services.create_project import create_project
from annotation.services.receive_upload import Upload
from annotation.services.require_guidelines import require_guidelines
from annotation.services.run_import import run_import
from annotation.services.set_guidelines import set_guidelines
from annotation.services.set_purpose import set_purpose
from annotation.services.set_schema import set_schema
from annotation.services.start_import import start_import
from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from annotation.values import ProjectRight, TaskToLabel, Term
from ringfence.demo.corpus import GUIDELINES, PURPOSE, REMARKS, SCHEMA
from ringfence.demo.corpus_answers import ANSWERS, ANSWERS_GUIDELINES, ANSWERS_PURPOSE, ANSWERS_SCHEMA
from ringfence.demo.corpus_names import MARKED, NAME_ITEMS, NAMES_GUIDELINES, NAMES_PURPOSE, NAMES_SCHEMA
from ringfence.demo.corpus_talks import TALK_ITEMS, TALKS_GUIDELINES, TALKS_PURPOSE, TALKS_QUIZ, TALKS_SCHEMA
from ringfence.kernel.context import TenantContext, acting

FIRST = "Helpful answers"
"""The project that the story begins with."""

Answerer = Callable[[TaskToLabel, random.Random], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class DemoProject:
    """One project to make. `answer` makes up what a colleague says to an item, `beforehand` times each."""

    name: str
    overlap: int
    schema: Mapping[str, Any]
    guidelines: str
    items: Sequence[Mapping[str, Any]]
    answer: Answerer
    beforehand: int
    purpose: Mapping[str, Any] | None = None
    quiz: Sequence[Mapping[str, Any]] = ()
    """Asked before the first item, where there is one."""


def fill_project(manager: TenantContext, wanted: DemoProject, labelers: Sequence[TenantContext]) -> UUID:
    """Make the project with its items; all labelers are assigned, all but the first have answered a little."""
    with acting(manager):
        project_id = create_project(manager, name=wanted.name, overlap=wanted.overlap)
    with acting(manager):
        set_schema(manager, project_id=project_id, schema=wanted.schema)
        set_guidelines(manager, project_id=project_id, markdown=wanted.guidelines, quiz=wanted.quiz)
        require_guidelines(manager, project_id=project_id, required=bool(wanted.quiz))
        if wanted.purpose is not None:
            set_purpose(manager, project_id=project_id, purpose=wanted.purpose)
    _import(manager, project_id, wanted)
    for labeler in labelers:
        with acting(manager):
            assign_member(
                manager, project_id=project_id, member_id=labeler.actor_id, right=ProjectRight.LABEL
            )
    for labeler in labelers[1:]:
        if wanted.purpose is not None:
            with acting(labeler):
                acknowledge(labeler, project_id=project_id, kind=Term.PURPOSE, version=1, accepted=True)
        if wanted.quiz:
            right = [question["right"] for question in wanted.quiz]
            with acting(labeler):
                answer_quiz(labeler, project_id=project_id, version=1, answers=right)
        _label(labeler, project_id, wanted)
    return project_id


def _import(manager: TenantContext, project_id: UUID, wanted: DemoProject) -> None:
    lines = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in wanted.items).encode()
    name = f"{wanted.items[0]['id'].rsplit('-', 1)[0]}s.jsonl"
    job = start_import(manager, project_id=project_id, file_name=name, declared_bytes=len(lines))
    upload = Upload(manager, job_id=job.job_id, project_id=project_id, file_format=Format.JSONL)
    upload.write(lines)
    upload.finish()
    run_import(manager, job_id=job.job_id)


def _label(labeler: TenantContext, project_id: UUID, wanted: DemoProject) -> None:
    dice = random.Random(wanted.beforehand)  # noqa: S311 - answers of the demo, not secrets
    for _ in range(wanted.beforehand):
        for task in take_tasks(labeler, project_id=project_id).tasks:
            spent = dice.randint(2_500, 14_000)
            submit_task(labeler, task_id=task.task_id, answer=wanted.answer(task, dice), lead_ms=spent)


def _feeling(task: TaskToLabel, dice: random.Random) -> dict[str, Any]:
    return {"feeling": dice.choice(["positive", "positive", "negative", "mixed", "neutral"])}


def _better(task: TaskToLabel, dice: random.Random) -> dict[str, Any]:
    if dice.random() < 0.1:
        return {"better": {"better": "tie"}}
    return {"better": {"better": dice.choice("AB"), "strength": dice.randint(1, 3)}}


def _names(task: TaskToLabel, dice: random.Random) -> dict[str, Any]:
    text = task.fields["text"]
    marks = [
        {"start": at, "end": at + len(quote), "quote": quote, "label": label}
        for quote, label in MARKED[text]
        for at in [text.index(quote)]
    ]
    return {"names": sorted(marks, key=lambda mark: (mark["start"], mark["end"], mark["label"]))}


def _talk(task: TaskToLabel, dice: random.Random) -> dict[str, Any]:
    replies = [n for n, turn in enumerate(task.fields["conversation"]) if turn["role"] == "assistant"]
    marks = {str(n): dice.randint(2, 5) for n in replies}
    return {"quality": marks, "solved": "yes" if marks[str(replies[-1])] > 3 else "partly"}


def _remarks(name: str, remarks: Sequence[str]) -> DemoProject:
    items = [{"id": f"remark-{n:03d}", "text": text} for n, text in enumerate(remarks, 1)]
    return DemoProject(name, 2, SCHEMA, GUIDELINES, items, _feeling, 9, PURPOSE)


# By lab. Lists show the newest first, so the story's project comes last.
PROJECTS: tuple[tuple[DemoProject, ...], ...] = (
    (
        _remarks("What do people feel?", REMARKS),
        DemoProject(
            "Names and times",
            3,
            NAMES_SCHEMA,
            NAMES_GUIDELINES,
            NAME_ITEMS,
            _names,
            len(MARKED),
            NAMES_PURPOSE,
        ),
        DemoProject(
            "Where a conversation goes wrong",
            3,
            TALKS_SCHEMA,
            TALKS_GUIDELINES,
            TALK_ITEMS,
            _talk,
            2,
            TALKS_PURPOSE,
            TALKS_QUIZ,
        ),
        DemoProject(FIRST, 3, ANSWERS_SCHEMA, ANSWERS_GUIDELINES, ANSWERS, _better, 6, ANSWERS_PURPOSE),
    ),
    (_remarks("Tone of remarks", REMARKS[::-1][:40]),),
)
