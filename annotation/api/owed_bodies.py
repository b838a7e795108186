"""Bodies of the API of terms, comments and one's own work. They check shapes; services check meaning."""

from typing import Any

from rest_framework import serializers

from annotation.api.bodies import ShownQuestion
from annotation.services.comment_words import MOST_CHARACTERS
from annotation.values import CommentKind, CommentState, Term

TERMS = [term.name.lower() for term in Term]
COMMENT_KINDS = [kind.value for kind in CommentKind]
_STATES = [state.value for state in CommentState]
COMMENTS_OF_LABELERS = [CommentKind.QUESTION.value, CommentKind.FLAG.value, CommentKind.DISPUTE.value]


class PurposeBody(serializers.Serializer[Any]):
    """What the answers of a project are for."""

    trains = serializers.CharField(max_length=2_000, help_text="what the data trains or measures")
    sector = serializers.CharField(max_length=120)
    defence = serializers.BooleanField(help_text="is it for defence, weapons or surveillance?")
    disturbing = serializers.BooleanField(help_text="may items disturb whoever reads them?")
    words = serializers.CharField(max_length=5_000, allow_blank=True, default="")


class PurposeAnswer(serializers.Serializer[Any]):
    """The newest purpose; null before the first statement."""

    version = serializers.IntegerField()
    purpose = PurposeBody(allow_null=True)


class AgreementAnswer(serializers.Serializer[Any]):
    """The newest agreement; version 0 and an empty text when none is asked for."""

    version = serializers.IntegerField()
    markdown = serializers.CharField(allow_blank=True)


class AskedTermAnswer(serializers.Serializer[Any]):
    """One thing to accept, in its newest version."""

    kind = serializers.ChoiceField(choices=TERMS)
    version = serializers.IntegerField()
    required = serializers.BooleanField(help_text="no items before it is accepted")  # type: ignore[assignment]
    accepted = serializers.BooleanField(allow_null=True, help_text="null: the caller has said nothing yet")
    markdown = serializers.CharField(allow_blank=True, help_text="empty for the purpose, which has parts")
    quiz = ShownQuestion(many=True, help_text="of guidelines: to be answered before they are accepted")


class TermsAnswer(serializers.Serializer[Any]):
    """All that a project asks of whoever labels in it, and the caller's word to each."""

    purpose = PurposeBody(allow_null=True)
    asked = AskedTermAnswer(many=True)


class AcknowledgementBody(serializers.Serializer[Any]):
    """The caller's word to one version."""

    kind = serializers.ChoiceField(choices=TERMS)
    version = serializers.IntegerField(min_value=1)
    decision = serializers.ChoiceField(choices=["accepted", "declined"])


class QuizAnswersBody(serializers.Serializer[Any]):
    """One choice for each question, by its place from 0."""

    version = serializers.IntegerField(min_value=1, help_text="of the guidelines")
    answers = serializers.ListField(child=serializers.IntegerField(), max_length=10)


class JudgedAnswerAnswer(serializers.Serializer[Any]):
    """Whether one answer is right."""

    right = serializers.BooleanField()
    explanation = serializers.CharField(allow_blank=True, help_text="empty when it is right")


class JudgedQuizAnswer(serializers.Serializer[Any]):
    """One try; when it is passed, the guidelines are acknowledged."""

    passed = serializers.BooleanField()
    tries = serializers.IntegerField()
    answers = JudgedAnswerAnswer(many=True)


class CommentBody(serializers.Serializer[Any]):
    """A thread to open about an item."""

    kind = serializers.ChoiceField(choices=COMMENTS_OF_LABELERS)
    text = serializers.CharField(max_length=MOST_CHARACTERS)


class WordsBody(serializers.Serializer[Any]):
    """Words in a thread, or the reason of a return."""

    text = serializers.CharField(max_length=MOST_CHARACTERS)


class ThreadAnswerAnswer(serializers.Serializer[Any]):
    """One more word in a thread."""

    author = serializers.UUIDField(source="author_id")
    by = serializers.CharField(help_text="the author in words: you, the labeler, a manager")
    at = serializers.DateTimeField()
    text = serializers.CharField()


class ThreadAnswer(serializers.Serializer[Any]):
    """One thread. `member` is the labeler whom it concerns."""

    id = serializers.UUIDField(source="comment_id")
    project = serializers.UUIDField(source="project_id")
    task = serializers.UUIDField(source="task_id")
    submission = serializers.UUIDField(source="submission_id", allow_null=True)
    kind = serializers.ChoiceField(choices=COMMENT_KINDS)
    state = serializers.ChoiceField(choices=_STATES)
    member = serializers.UUIDField(source="member_id")
    author = serializers.UUIDField(source="author_id")
    by = serializers.CharField(help_text="the author in words: you, the labeler, a manager")
    mine = serializers.BooleanField()
    closed = serializers.BooleanField()
    upheld = serializers.BooleanField(help_text="of a dispute: the returned answer counts again")
    at = serializers.DateTimeField()
    text = serializers.CharField()
    answers = ThreadAnswerAnswer(many=True)


class ThreadsAnswer(serializers.Serializer[Any]):
    """Threads; `more` says that another page follows."""

    comments = ThreadAnswer(many=True)
    more = serializers.BooleanField()


class Made(serializers.Serializer[Any]):
    """The id of what was written."""

    id = serializers.UUIDField()


class WorkCountAnswer(serializers.Serializer[Any]):
    """Answers and active time."""

    items = serializers.IntegerField(help_text="submitted and not taken back by their giver")
    accepted = serializers.IntegerField(help_text="of them not returned, or upheld since")
    returned = serializers.IntegerField(help_text="and not upheld since")
    disputed = serializers.IntegerField(help_text="returned, and disputed by their giver")
    active_ms = serializers.IntegerField()


class ProjectWorkAnswer(serializers.Serializer[Any]):
    """The counts of one project."""

    project = serializers.UUIDField(source="project_id")
    code = serializers.CharField(help_text="how statements name it")
    counts = WorkCountAnswer()


class DaysWorkAnswer(serializers.Serializer[Any]):
    """The counts of one day in UTC."""

    day = serializers.DateField()
    items = serializers.IntegerField()
    active_ms = serializers.IntegerField()


class OwnWorkAnswer(serializers.Serializer[Any]):
    """The caller's work in a period."""

    total = WorkCountAnswer()
    projects = ProjectWorkAnswer(many=True)
    days = DaysWorkAnswer(many=True)
