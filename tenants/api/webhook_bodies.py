"""Bodies of the API of webhooks. They check shapes; services check meaning."""

from typing import Any

from rest_framework import serializers

from tenants.egress.places import LONGEST

VERBS = "verbs of the log, as `submission.accepted`; those that sending itself makes are refused"


class WebhookBody(serializers.Serializer[Any]):
    """A new webhook."""

    url = serializers.CharField(max_length=LONGEST, help_text="https, without name and password")
    verbs = serializers.ListField(child=serializers.CharField(max_length=80), max_length=500, help_text=VERBS)


class WebhookChange(serializers.Serializer[Any]):
    """What is to change."""

    verbs = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=500, required=False, help_text=VERBS
    )
    active = serializers.BooleanField(required=False, help_text="false pauses, true resumes")


class SecretBody(serializers.Serializer[Any]):
    """How the old secret ends."""

    at_once = serializers.BooleanField(default=False, help_text="true ends the old one now: it has leaked")


class NewWebhook(serializers.Serializer[Any]):
    """A webhook that was made; its secret is in no later answer."""

    id = serializers.UUIDField()
    secret = serializers.CharField()


class NewWebhookSecret(serializers.Serializer[Any]):
    """A new secret; it is in no later answer."""

    secret = serializers.CharField()


class AskedDelivery(serializers.Serializer[Any]):
    """An attempt that will be made."""

    id = serializers.UUIDField()


class WebhookAnswer(serializers.Serializer[Any]):
    """One webhook."""

    id = serializers.UUIDField(source="webhook_id")
    url = serializers.CharField()
    verbs = serializers.ListField(child=serializers.CharField())
    state = serializers.CharField(
        help_text="active, paused by an admin, refused by the policy, disabled by failures"
    )
    why = serializers.ListField(child=serializers.CharField(), help_text="why the policy refuses it")
    failures = serializers.IntegerField(help_text="failed attempts in a row")
    resume_at = serializers.DateTimeField(allow_null=True, help_text="after a failure nothing is sent before")
    old_until = serializers.DateTimeField(allow_null=True, help_text="until when the old secret signs too")
    created_at = serializers.DateTimeField()
    waiting = serializers.IntegerField()
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField()


class WebhooksAnswer(serializers.Serializer[Any]):
    """All webhooks."""

    webhooks = WebhookAnswer(many=True)


class DeliveryAnswer(serializers.Serializer[Any]):
    """One attempt."""

    id = serializers.UUIDField(source="delivery_id")
    index = serializers.IntegerField(
        source="event_index", allow_null=True, help_text="in the log; null for a test"
    )
    event = serializers.UUIDField(source="event_id", help_text="what `webhook-id` says")
    verb = serializers.CharField()
    attempt = serializers.IntegerField()
    state = serializers.CharField(help_text="waiting, sending, delivered, failed, given-up or refused")
    trouble = serializers.CharField()
    status_class = serializers.IntegerField(allow_null=True, help_text="2 for 200 to 299, and so on")
    due_at = serializers.DateTimeField()
    began_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class DeliveriesAnswer(serializers.Serializer[Any]):
    """One page of attempts, newest first."""

    deliveries = DeliveryAnswer(many=True)
    next_before = serializers.UUIDField(allow_null=True)


class DeliveriesQuery(serializers.Serializer[Any]):
    """Which page."""

    before = serializers.UUIDField(required=False, help_text="`next_before` of the page before")
    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)
