"""Addresses of the API of webhooks, below `api/v1/<tenant>/`."""

from django.urls import path

from tenants.api import webhooks

ONE = "webhooks/<uuid:webhook_id>"

app_name = "webhooks-api"
urlpatterns = [
    path("webhooks", webhooks.WebhooksView.as_view(), name="list"),
    path(ONE, webhooks.WebhookView.as_view(), name="one"),
    path(f"{ONE}/secret", webhooks.WebhookSecretView.as_view(), name="secret"),
    path(f"{ONE}/test", webhooks.WebhookTestView.as_view(), name="test"),
    path(f"{ONE}/deliveries", webhooks.DeliveriesView.as_view(), name="deliveries"),
    path(f"{ONE}/deliveries/<uuid:delivery_id>/again", webhooks.DeliveryAgainView.as_view(), name="again"),
]
