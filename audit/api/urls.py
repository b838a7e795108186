"""Routes of the log's API, below `/api/v1/<tenant>/`."""

from django.urls import path

from audit.api import privacy, views, watching

app_name = "audit-api"
urlpatterns = [
    path("audit/checkpoint", views.CheckpointView.as_view(), name="checkpoint"),
    path("audit/consistency", views.ConsistencyView.as_view(), name="consistency"),
    path("audit/entries", views.EntriesView.as_view(), name="entries"),
    path("audit/erasures", privacy.ErasuresView.as_view(), name="erasures"),
    path("audit/log/checkpoint", views.CheckpointView.as_view(), name="log-checkpoint"),
    path("audit/log/tile/<path:name>", views.TileView.as_view(), name="tile"),
    path("audit/own-events", privacy.OwnEventsView.as_view(), name="own-events"),
    path("audit/pin", views.PinView.as_view(), name="pin"),
    path("audit/policy", views.PolicyView.as_view(), name="policy"),
    path("audit/proofs/<int:index>", views.ProofView.as_view(), name="proof"),
    path("audit/succession", views.SuccessionView.as_view(), name="succession"),
    path("audit/timestamped", views.TimestampedView.as_view(), name="timestamped"),
    path("audit/witnesses", watching.WitnessesView.as_view(), name="witnesses"),
    path("audit/witnessed", views.WitnessedView.as_view(), name="witnessed"),
    path("audit/receipts", views.RedeemView.as_view(), name="redeem"),
    path("audit/receipts/<uuid:event_id>", views.ReceiptView.as_view(), name="receipt"),
]
