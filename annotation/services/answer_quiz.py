"""A labeler answers the quiz of a project's guidelines: the server judges, and passing acknowledges them."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from django.db.models import QuerySet

from annotation.access import reach_project
from annotation.errors import QuizInvalid, TermsChanged
from annotation.labels.errors import Malformed
from annotation.labels.quiz import judge
from annotation.models import Acknowledgement, GuidelinesVersion, QuizTries
from annotation.services.acknowledge import keep_word
from annotation.services.quizzes import quiz_of
from annotation.values import ProjectRight, Term
from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from ringfence.kernel.ids import uuid7


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """Whether one answer is right; `explanation` is empty when it is."""

    right: bool
    explanation: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class JudgedQuiz:
    """All answers of one try."""

    tries: int
    answers: tuple[JudgedAnswer, ...]

    @property
    def passed(self) -> bool:
        """Say whether every answer is right: the guidelines are acknowledged with it."""
        return all(answer.right for answer in self.answers)


def answer_quiz(context: TenantContext, *, project_id: UUID, version: int, answers: object) -> JudgedQuiz:
    """Judge one choice for each question, by its place from 0; a wrong one comes back with its explanation.

    Each try counts, sealed. When all are right, the version is acknowledged, and the log holds how many
    tries it took. After that nothing is written any more.

    Raises:
        NotFound: the project is absent or not the actor's to label, or its newest guidelines have no quiz.
        TermsChanged: another version is the newest.
        QuizInvalid: not one choice of each question; no try is counted.
    """
    # As in `acknowledge`: no newer version is published between the look and the row.
    project = reach_project(context, project_id, ProjectRight.LABEL, lock=True)
    if version < 1 or version != project.guidelines_version:
        raise TermsChanged
    guidelines = GuidelinesVersion.objects.filter(project_id=project_id, n=version).first()
    quiz = quiz_of(context, guidelines)
    if guidelines is None or not quiz:
        raise NotFound("quiz")
    try:
        right = judge(quiz, answers)
    except Malformed as wrong:
        raise QuizInvalid(str(wrong), field=wrong.where) from wrong
    judged = tuple(
        JudgedAnswer(is_so, "" if is_so else question.explanation)
        for question, is_so in zip(quiz, right, strict=True)
    )
    told = [answer.explanation.encode() for answer in judged if not answer.right]
    if told:
        digest = sha256(b"\0".join(told)).digest()
        deliver(
            context, Verb.GUIDELINES_DELIVERED, object_kind="guidelines", objects=[(guidelines.id, digest)]
        )
    mine = Acknowledgement.objects.filter(project_id=project_id, member_id=context.actor_id, version=version)
    done = mine.filter(kind=Term.GUIDELINES, accepted=True).exists()
    count = _tries_before if done else _count_try
    tries = count(context, project_id, version)
    result = JudgedQuiz(tries, judged)
    if result.passed and not done:
        keep_word(
            context,
            project_id=project_id,
            kind=Term.GUIDELINES,
            version=version,
            accepted=True,
            more={"tries": tries, "questions": len(quiz)},
        )
    return result


def _tries_before(context: TenantContext, project_id: UUID, version: int) -> int:
    row = _own(context, project_id, version).first()
    if row is None:
        return 0
    kept = json.loads(context.keyring.open(row.body, field=QuizTries.body, row=row.id))
    return int(kept["tries"])


def _count_try(context: TenantContext, project_id: UUID, version: int) -> int:
    """Count one more under the project's lock; the row's id changes, so that no older body fits."""
    tries, row = _tries_before(context, project_id, version) + 1, uuid7()
    _own(context, project_id, version).delete()
    body = json.dumps({"tries": tries}).encode()
    QuizTries.objects.create(
        id=row,
        project_id=project_id,
        member_id=context.actor_id,
        version=version,
        body=context.keyring.seal(body, field=QuizTries.body, row=row, unit=project_id),
    )
    return tries


def _own(context: TenantContext, project_id: UUID, version: int) -> QuerySet[QuizTries]:
    return QuizTries.objects.filter(project_id=project_id, member_id=context.actor_id, version=version)
