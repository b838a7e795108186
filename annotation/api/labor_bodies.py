"""Bodies of the API of a labeler's work beside taking and submitting. They check shapes; services check meaning."""

from typing import Any

from rest_framework import serializers

from annotation.api.bodies import ShownQuestion
from annotation.services.set_priority import MOST_TASKS
from annotation.services.skip_task import MOST_NOTE
from annotation.values import MOST_TAKEN_AT_ONCE, Priority, SkipReason

_PRIORITIES = [priority.name.lower() for priority in Priority]


class SaveDraftBody(serializers.Serializer[Any]):
    """A draft and the version that it goes on from; 0 for the first."""

    version = serializers.IntegerField(min_value=0, default=0)
    body = serializers.DictField()


class SavedDraftAnswer(serializers.Serializer[Any]):
    """The version that was saved."""

    version = serializers.IntegerField()


class ConflictAnswer(serializers.Serializer[Any]):
    """The server's draft is another one: its version and body."""

    code = serializers.ChoiceField(choices=["draft_conflict"])
    message = serializers.CharField()
    version = serializers.IntegerField()
    body = serializers.DictField()


class SkipBody(serializers.Serializer[Any]):
    """Why somebody passes on an item; `note` is sealed."""

    reason = serializers.ChoiceField(choices=SkipReason.values, default="", allow_blank=True)
    note = serializers.CharField(
        max_length=MOST_NOTE, default="", allow_blank=True, trim_whitespace=False, allow_null=False
    )


class SkippedAnswer(serializers.Serializer[Any]):
    """The item that was skipped."""

    task = serializers.UUIDField()


class BeatBody(serializers.Serializer[Any]):
    """Items that a workspace has."""

    tasks = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_TAKEN_AT_ONCE, default=list)


class HeldAnswer(serializers.Serializer[Any]):
    """One item that is still held."""

    id = serializers.UUIDField()
    lease_ends = serializers.DateTimeField()


class BeatAnswer(serializers.Serializer[Any]):
    """What is held, what is lost, and the versions by now."""

    held = HeldAnswer(many=True)
    lost = serializers.ListField(child=serializers.UUIDField())
    schema_version = serializers.IntegerField()
    guidelines_version = serializers.IntegerField()
    epoch = serializers.IntegerField(help_text="when it moves, access changed and all leases are void")


class OwnAnswerAnswer(serializers.Serializer[Any]):
    """One answer of the caller."""

    task = serializers.UUIDField(source="task_id")
    submission = serializers.UUIDField(source="submission_id")
    submitted_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=["accepted", "withdrawn", "returned"])
    can_reopen = serializers.BooleanField()


class OwnAnswersAnswer(serializers.Serializer[Any]):
    """The caller's newest answers."""

    answers = OwnAnswerAnswer(many=True)


class BrowserKeyBody(serializers.Serializer[Any]):
    """Which key; without `id` the one for new work."""

    id = serializers.UUIDField(required=False, allow_null=True)


class BrowserKeyAnswer(serializers.Serializer[Any]):
    """A key for this browser's memory, and nowhere else."""

    key = serializers.CharField(help_text="32 bytes, base64")
    id = serializers.UUIDField()


class PriorityBody(serializers.Serializer[Any]):
    """Which items, and how soon they are served."""

    tasks = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_TASKS, required=False)
    all = serializers.BooleanField(default=False)
    priority = serializers.ChoiceField(choices=_PRIORITIES)


class MovedAnswer(serializers.Serializer[Any]):
    """How many wanted answers were moved."""

    moved = serializers.IntegerField()


class ReservationBody(serializers.Serializer[Any]):
    """A member who labels in the project, and items to keep for them; null: for nobody any more."""

    member = serializers.UUIDField(allow_null=True)
    tasks = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_TASKS)


class ReservedAnswer(serializers.Serializer[Any]):
    """The items that are kept for them now; the others had no open answer, or one of this person."""

    reserved = serializers.ListField(child=serializers.UUIDField())
    freed = serializers.IntegerField(help_text="answers that were kept and are open to everybody now")


class NewSkillBody(serializers.Serializer[Any]):
    """A skill to name."""

    name = serializers.CharField(max_length=120)


class NewSkillAnswer(serializers.Serializer[Any]):
    """The id of the skill that was made."""

    id = serializers.UUIDField()


class SkillAnswer(serializers.Serializer[Any]):
    """One skill, who has it and which projects need it."""

    id = serializers.UUIDField(source="skill_id")
    name = serializers.CharField()
    members = serializers.ListField(child=serializers.UUIDField())
    projects = serializers.ListField(child=serializers.UUIDField())


class SkillsAnswer(serializers.Serializer[Any]):
    """All skills of the workspace."""

    skills = SkillAnswer(many=True)


class SkillsBody(serializers.Serializer[Any]):
    """The whole list of skills, by id."""

    skills = serializers.ListField(child=serializers.UUIDField(), max_length=100)


class DeskProject(serializers.Serializer[Any]):
    """The project by its name."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.CharField()


class DeskMe(serializers.Serializer[Any]):
    """Who labels, and what the workspace is called towards them."""

    member = serializers.UUIDField()
    code_name = serializers.CharField()


class DeskGuidelines(serializers.Serializer[Any]):
    """The guidelines, and the version that the caller acknowledged last."""

    version = serializers.IntegerField()
    markdown = serializers.CharField(allow_blank=True)
    acknowledged = serializers.IntegerField(allow_null=True)
    required = serializers.BooleanField(  # type: ignore[assignment]  # the field's name, not the base's setting
        help_text="no item comes before the newest version is acknowledged"
    )
    quiz = ShownQuestion(many=True, help_text="to be answered before they are acknowledged")


class DeskProgress(serializers.Serializer[Any]):
    """The caller's own counts."""

    today = serializers.IntegerField()
    mine = serializers.IntegerField()
    left_for_me = serializers.IntegerField(allow_null=True, help_text="null: many")
    active_ms_today = serializers.IntegerField()


class DeskSkip(serializers.Serializer[Any]):
    """Whether and how items can be skipped."""

    allowed = serializers.BooleanField()
    needs_reason = serializers.BooleanField()


class DeskAnswer(serializers.Serializer[Any]):
    """What the workspace shows around the items."""

    project = DeskProject()
    me = DeskMe()
    schema = serializers.JSONField(allow_null=True)
    schema_version = serializers.IntegerField()
    guidelines = DeskGuidelines()
    purpose = serializers.JSONField(allow_null=True)
    agreement = serializers.JSONField(allow_null=True)
    progress = DeskProgress()
    skip = DeskSkip()
    lease_minutes = serializers.IntegerField()
    reopen_minutes = serializers.IntegerField()
