"""Routes of closing a workspace, below `/api/v1/<tenant>/`."""

from django.urls import path

from tenants.api import closing

app_name = "closing-api"
urlpatterns = [
    path("workspace/closing", closing.ClosingView.as_view(), name="closing"),
    path("workspace/closing/<uuid:closing_id>", closing.OneClosingView.as_view(), name="one"),
    path(
        "workspace/closing/<uuid:closing_id>/confirmation", closing.ConfirmationView.as_view(), name="confirm"
    ),
    path("workspace/closing/<uuid:closing_id>/beginning", closing.BeginningView.as_view(), name="begin"),
]
