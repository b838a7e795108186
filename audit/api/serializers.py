"""What the log's API takes and gives."""

from typing import Any

from rest_framework import serializers

from audit.services.timeline import MOST_LINES, Filters
from audit.verbs import Verb


class BundleBody(serializers.Serializer[Any]):
    """Which bundle."""

    from_size = serializers.IntegerField(
        min_value=0,
        default=0,
        help_text="0 for the whole log; or the size in your pin: events since, and proof of growth",
    )


class EntriesQuery(serializers.Serializer[Any]):
    """Which events, newest first."""

    before = serializers.IntegerField(min_value=0, required=False, help_text="index; events below it")
    limit = serializers.IntegerField(min_value=1, max_value=MOST_LINES, default=50)
    verb = serializers.ChoiceField(choices=[verb.value for verb in Verb], required=False)
    actor = serializers.UUIDField(required=False)
    object = serializers.UUIDField(required=False)
    since = serializers.DateTimeField(required=False, help_text="at or after, ISO 8601 with zone")
    until = serializers.DateTimeField(required=False, help_text="before, ISO 8601 with zone")

    def filters(self) -> Filters:
        """Return the validated query as a value."""
        asked = self.validated_data
        return Filters(
            verb=Verb(asked["verb"]) if "verb" in asked else None,
            actor_id=asked.get("actor"),
            object_id=asked.get("object"),
            since=asked.get("since"),
            until=asked.get("until"),
            before=asked.get("before"),
        )


class EntryBody(serializers.Serializer[Any]):
    """One event. `core` (what) and `pii` (who, from where) are null once erased."""

    index = serializers.IntegerField()
    event_id = serializers.UUIDField()
    at = serializers.DateTimeField()
    verb = serializers.CharField()
    actor_id = serializers.UUIDField()
    object_kind = serializers.CharField()
    object_id = serializers.UUIDField(allow_null=True)
    core = serializers.DictField(allow_null=True)
    pii = serializers.DictField(allow_null=True)


class EntriesPage(serializers.Serializer[Any]):
    """A page of events; `next_before` is null at the end of the log."""

    lines = EntryBody(many=True)
    next_before = serializers.IntegerField(allow_null=True)
