"""What the log's API takes and gives."""

from typing import Any

from rest_framework import serializers

from audit.encoding import LARGEST_NUMBER
from audit.errors import Malformed
from audit.services.select_events import Selection
from audit.services.timeline import MOST_LINES, Filters
from audit.values import Receipt
from audit.verbs import Verb


class BundleBody(serializers.Serializer[Any]):
    """Which bundle."""

    from_size = serializers.IntegerField(
        min_value=0,
        default=0,
        help_text="0 for the whole log; or the size in your pin: events since, and proof of growth",
    )
    item_id = serializers.UUIDField(
        required=False,
        help_text="events about this object alone; `from_size` then brings the proof of growth",
    )
    member_id = serializers.UUIDField(required=False, help_text="what this member did, or was done to them")
    project_id = serializers.UUIDField(
        required=False, help_text="events about this project, and about tasks that events tie to it"
    )
    since = serializers.DateTimeField(required=False, help_text="at or after, ISO 8601 with zone")
    until = serializers.DateTimeField(required=False, help_text="before, ISO 8601 with zone")

    def selection(self) -> Selection | None:
        """Return the conditions, or None for all events."""
        given = {name: value for name, value in self.validated_data.items() if name in Selection.__slots__}
        return Selection(**given) if given else None


class ConsistencyQuery(serializers.Serializer[Any]):
    """Since which size."""

    old = serializers.IntegerField(
        min_value=0, max_value=LARGEST_NUMBER, default=0, help_text="the size in your pin, or any smaller one"
    )


class ReceiptBody(serializers.Serializer[Any]):
    """A receipt, as the answer's header had it."""

    receipt = serializers.CharField(
        max_length=100, help_text="the value of `Audit-Receipt`: `<event id>;<base64 leaf hash>`"
    )

    def validate_receipt(self, written: str) -> Receipt:
        """Return the receipt as a value."""
        try:
            return Receipt.parse(written)
        except Malformed as reason:
            raise serializers.ValidationError(str(reason)) from reason


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


class ErasedByBody(serializers.Serializer[Any]):
    """The event that erased who did it; `index` is null until it has its place."""

    event_id = serializers.UUIDField()
    index = serializers.IntegerField(allow_null=True)


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
    erased_by = ErasedByBody(allow_null=True)


class EntriesPage(serializers.Serializer[Any]):
    """A page of events; `next_before` is null at the end of the log."""

    lines = EntryBody(many=True)
    next_before = serializers.IntegerField(allow_null=True)
