"""Bodies of the API of projects and tasks. They check shapes; services check meaning."""

from typing import Any

from rest_framework import serializers

from annotation.services.project_fields import (
    MOST_LEASE_MINUTES,
    MOST_NAME,
    MOST_PER_PERSON,
    MOST_REOPEN_MINUTES,
)
from annotation.values import (
    MOST_TAKEN_AT_ONCE,
    MOST_WANTED_ANSWERS,
    EmptyReason,
    ListedItem,
    ProjectRight,
    ProjectState,
    SkipPolicy,
)

PROJECT_RIGHTS = [right.value for right in ProjectRight]
PROJECT_STATES = [state.value for state in ProjectState]


class NewProjectBody(serializers.Serializer[Any]):
    """A project to make."""

    name = serializers.CharField(max_length=MOST_NAME)
    overlap = serializers.IntegerField(min_value=1, max_value=MOST_WANTED_ANSWERS, default=1)
    lease_minutes = serializers.IntegerField(min_value=1, max_value=MOST_LEASE_MINUTES, default=30)


class ProjectChangeBody(serializers.Serializer[Any]):
    """What to change; what is absent stays."""

    name = serializers.CharField(max_length=MOST_NAME, required=False)
    state = serializers.ChoiceField(choices=PROJECT_STATES, required=False)
    overlap = serializers.IntegerField(min_value=1, max_value=MOST_WANTED_ANSWERS, required=False)
    lease_minutes = serializers.IntegerField(min_value=1, max_value=MOST_LEASE_MINUTES, required=False)
    skip_policy = serializers.ChoiceField(choices=SkipPolicy.values, required=False)
    skip_needs_reason = serializers.BooleanField(required=False)
    reopen_minutes = serializers.IntegerField(
        min_value=0, max_value=MOST_REOPEN_MINUTES, required=False, help_text="0: answers cannot be undone"
    )
    most_per_person = serializers.IntegerField(
        min_value=1, max_value=MOST_PER_PERSON, required=False, allow_null=True, help_text="null: no cap"
    )


class ProjectAnswer(serializers.Serializer[Any]):
    """One project, its name opened."""

    id = serializers.UUIDField(source="project_id")
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=PROJECT_STATES)
    overlap = serializers.IntegerField()
    lease_minutes = serializers.IntegerField()
    schema_version = serializers.IntegerField(help_text="0: no label schema yet")
    guidelines_version = serializers.IntegerField(help_text="0: no guidelines yet")
    created_at = serializers.DateTimeField()
    rights = serializers.ListField(child=serializers.ChoiceField(choices=PROJECT_RIGHTS))
    skip_policy = serializers.ChoiceField(choices=SkipPolicy.values)
    skip_needs_reason = serializers.BooleanField()
    reopen_minutes = serializers.IntegerField()
    most_per_person = serializers.IntegerField(allow_null=True)


class ProjectsAnswer(serializers.Serializer[Any]):
    """One page of projects."""

    projects = ProjectAnswer(many=True)
    more = serializers.BooleanField()


class NewProject(serializers.Serializer[Any]):
    """The id of the project that was made."""

    id = serializers.UUIDField()


class RefusalAnswer(serializers.Serializer[Any]):
    """Why nothing was done: a code for programs and words for people."""

    code = serializers.CharField()
    message = serializers.CharField()


class SchemaBody(serializers.Serializer[Any]):
    """A label schema, as platform/docs/label-schema.md writes it: `version`, `item`, `candidates`, `questions`."""

    schema = serializers.JSONField()
    base = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        help_text="the version that this one was made from, 0 before the first: refused with 409 `schema_moved`"
        " when it is not the newest any more; without it nothing is asked",
    )


class SchemaAnswer(serializers.Serializer[Any]):
    """A label schema and its version."""

    version = serializers.IntegerField()
    schema = serializers.JSONField(
        allow_null=True,
        help_text="defaults filled in; for labelers `candidates` holds only `as`, never where they come from",
    )


class GuidelinesBody(serializers.Serializer[Any]):
    """Guidelines, Markdown."""

    markdown = serializers.CharField(allow_blank=True, trim_whitespace=False)


class ShownQuestion(serializers.Serializer[Any]):
    """One question of a quiz as labelers see it."""

    text = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())


class QuizQuestionBody(ShownQuestion):
    """One question of a quiz with what is right; labelers are shown neither that nor why."""

    right = serializers.IntegerField(required=False, help_text="the place of the right choice, from 0")
    explanation = serializers.CharField(required=False, help_text="shown after a wrong answer")


class QuizzedGuidelinesBody(GuidelinesBody):
    """Guidelines with a quiz; 0 to 10 questions, each with 2 to 6 choices."""

    quiz = QuizQuestionBody(many=True, required=False)

    def to_internal_value(self, data: Any) -> Any:
        """Leave the quiz as it came: the service says what is wrong, and where."""
        plain = GuidelinesBody(data=data)
        plain.is_valid(raise_exception=True)
        quiz = {"quiz": data["quiz"]} if isinstance(data, dict) and "quiz" in data else {}
        return {**plain.validated_data, **quiz}


class GuidelinesAnswer(serializers.Serializer[Any]):
    """Guidelines, their version and their quiz."""

    version = serializers.IntegerField()
    markdown = serializers.CharField(allow_blank=True)
    quiz = QuizQuestionBody(many=True)


class VersionAnswer(serializers.Serializer[Any]):
    """The version that was published, counted from 1."""

    version = serializers.IntegerField()


class AssignmentBody(serializers.Serializer[Any]):
    """A member and a right."""

    member = serializers.UUIDField()
    right = serializers.ChoiceField(choices=PROJECT_RIGHTS, default=ProjectRight.LABEL.value)


class AssignmentAnswer(serializers.Serializer[Any]):
    """One member's rights on the project."""

    member = serializers.UUIDField()
    rights = serializers.ListField(child=serializers.ChoiceField(choices=PROJECT_RIGHTS))


class AssignmentsAnswer(serializers.Serializer[Any]):
    """All assignments of a project."""

    assignments = AssignmentAnswer(many=True)


class PersonsCountAnswer(serializers.Serializer[Any]):
    """How much one member gave and holds."""

    member = serializers.UUIDField(source="member_id")
    assigned = serializers.BooleanField()
    answered = serializers.IntegerField()
    held = serializers.IntegerField()
    active_ms = serializers.IntegerField(help_text="active time of the answers that stand")
    kept = serializers.IntegerField(help_text="items kept for them that they have not begun")


class BoardAnswer(serializers.Serializer[Any]):
    """Where a project stands, in counts."""

    items = serializers.IntegerField()
    needed = serializers.IntegerField(help_text="answers wanted in all")
    answered = serializers.IntegerField()
    leased = serializers.IntegerField()
    open = serializers.IntegerField()
    kept = serializers.IntegerField(help_text="of the open ones, those kept for one person")
    threads = serializers.IntegerField(help_text="questions, flags and disputes that wait for a manager")
    people = PersonsCountAnswer(many=True)


class NextBody(serializers.Serializer[Any]):
    """How many items to take."""

    count = serializers.IntegerField(min_value=1, max_value=MOST_TAKEN_AT_ONCE, default=1)
    resume = serializers.BooleanField(
        default=False, help_text="give items that the caller holds already first"
    )


class CandidateAnswer(serializers.Serializer[Any]):
    """One of the texts that are compared, under the name that this labeler's answer calls it by."""

    name = serializers.RegexField("^[A-J]$", help_text="A, B, …: random for each labeler and item")
    content = serializers.CharField(allow_blank=True, trim_whitespace=False)


class DraftAnswer(serializers.Serializer[Any]):
    """What the caller entered so far."""

    version = serializers.IntegerField(help_text="name it in the next save")
    body = serializers.DictField(help_text='{"answer": …, "schema_version": …} and what the client adds')


class TaskAnswer(serializers.Serializer[Any]):
    """One item that the caller holds until `lease_ends`."""

    id = serializers.UUIDField(source="task_id")
    item = serializers.DictField(
        source="fields",
        help_text="the fields that the label schema shows: texts as they were imported, a chat as a list of"
        " `{role, content}`; null for one that is missing or does not fit",
    )
    candidates = CandidateAnswer(
        source="compared",
        many=True,
        allow_null=True,
        help_text="null where nothing is compared, or where it does not fit",
    )
    problem = serializers.CharField(
        allow_null=True, help_text="what keeps the item from fitting the label schema; null when it fits"
    )
    lease_ends = serializers.DateTimeField()
    schema_version = serializers.IntegerField(help_text="with a draft, the one that it was made under")
    draft = DraftAnswer(allow_null=True)


class EmptyAnswer(serializers.Serializer[Any]):
    """Why there is nothing."""

    code = serializers.ChoiceField(choices=[reason.value for reason in EmptyReason])
    message = serializers.CharField()


class TasksAnswer(serializers.Serializer[Any]):
    """Items, or the reason for none. The header `Audit-Receipt` names the delivery's log entry."""

    tasks = TaskAnswer(many=True)
    reason = EmptyAnswer(allow_null=True)


class SubmissionBody(serializers.Serializer[Any]):
    """An answer: question id to value."""

    answer = serializers.JSONField(
        help_text="an object: question id to a value of the question's type, candidates called A, B, … as they"
        " were shown; platform/docs/label-schema.md has an example of each"
    )
    idempotency_key = serializers.UUIDField(required=False, allow_null=True)
    lead_ms = serializers.IntegerField(
        min_value=0, default=0, help_text="from showing to submitting; cut to how long the item was held"
    )
    active_ms = serializers.IntegerField(
        min_value=0, default=0, help_text="of it without idle time; cut likewise"
    )
    schema_version = serializers.IntegerField(min_value=1, required=False, allow_null=True)


class WorkReceiptAnswer(serializers.Serializer[Any]):
    """What opens the caller's entry in the work log. Keep it: the salts are nowhere else in clear."""

    entry = serializers.UUIDField()
    work = serializers.CharField(help_text="base64: salt and canonical JSON")
    person = serializers.CharField(help_text="base64: salt and canonical JSON")


class SubmissionAnswer(serializers.Serializer[Any]):
    """An accepted answer and its receipt; with `next=1` also the next item."""

    submission = serializers.UUIDField()
    task = serializers.UUIDField()
    receipt = serializers.CharField(help_text="<log entry id>;<leaf hash>")
    again = serializers.BooleanField(help_text="accepted before; nothing was written now")
    work_receipt = WorkReceiptAnswer(allow_null=True)
    next = TasksAnswer(required=False)


class ItemAnswer(serializers.Serializer[Any]):
    """One item."""

    id = serializers.UUIDField(source="task_id")
    place = serializers.IntegerField(source="seq")
    external_id = serializers.CharField(allow_null=True)
    item = serializers.DictField(source="fields")
    answered = serializers.IntegerField()
    needed = serializers.IntegerField()
    priority = serializers.SerializerMethodField()
    reserved_for = serializers.ListField(
        child=serializers.UUIDField(), help_text="members for whom an answer is kept and not begun"
    )

    def get_priority(self, item: ListedItem) -> str | None:
        """Return `high`, `normal` or `low`; null when all is answered, or somebody put it aside."""
        return None if item.priority is None else item.priority.name.lower()


class ItemsAnswer(serializers.Serializer[Any]):
    """Up to 100 items; ask again with `after` for the following ones."""

    items = ItemAnswer(many=True)
    after = serializers.IntegerField(allow_null=True)


class ReceiptAnswer(serializers.Serializer[Any]):
    """One accepted answer of the caller."""

    submitted_at = serializers.DateTimeField()
    task = serializers.UUIDField(source="task_id")
    project = serializers.UUIDField(source="project_id")
    receipt = serializers.CharField()


class ReceiptsAnswer(serializers.Serializer[Any]):
    """The caller's accepted answers, newest first, at most 2,000; `count` counts all."""

    count = serializers.IntegerField()
    receipts = ReceiptAnswer(many=True)
