"""Routes of the log's API, below `/api/v1/<tenant>/`."""

from django.urls import path

from audit.api import views

app_name = "audit-api"
urlpatterns = [
    path("audit/bundles", views.BundlesView.as_view(), name="bundles"),
    path("audit/checkpoint", views.CheckpointView.as_view(), name="checkpoint"),
    path("audit/entries", views.EntriesView.as_view(), name="entries"),
    path("audit/pin", views.PinView.as_view(), name="pin"),
    path("audit/receipts/<uuid:event_id>", views.ReceiptView.as_view(), name="receipt"),
]
