"""Addresses of webhooks, below `w/<tenant>/`."""

from django.urls import path

from tenants.pages import webhooks

ONE = "webhooks/<uuid:webhook_id>"

app_name = "webhooks"
urlpatterns = [
    path("webhooks", webhooks.WebhooksPage.as_view(), name="list"),
    path(ONE, webhooks.WebhookPage.as_view(), name="one"),
    path(f"{ONE}/progress", webhooks.WebhookProgress.as_view(), name="progress"),
    path(f"{ONE}/pause", webhooks.PauseWebhookPage.as_view(), name="pause"),
    path(f"{ONE}/resume", webhooks.ResumeWebhookPage.as_view(), name="resume"),
    path(f"{ONE}/secret", webhooks.WebhookSecretPage.as_view(), name="secret"),
    path(f"{ONE}/test", webhooks.TryWebhookPage.as_view(), name="test"),
    path(f"{ONE}/delete", webhooks.DeleteWebhookPage.as_view(), name="delete"),
    path(f"{ONE}/deliveries/<uuid:delivery_id>/again", webhooks.SendAgainPage.as_view(), name="again"),
]
