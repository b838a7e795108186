"""Routes of the log's pages, below `/w/<tenant>/`."""

from django.urls import path

from audit.pages import event, succession, views

app_name = "audit"
urlpatterns = [
    path("audit", views.LogPage.as_view(), name="log"),
    path("audit/bundle", views.BundlePage.as_view(), name="bundle"),
    path("audit/events/<int:index>", event.EventPage.as_view(), name="event"),
    path("audit/events/<int:index>/proof", event.EventProofPage.as_view(), name="event-proof"),
    path("audit/pin", views.PinPage.as_view(), name="pin"),
    path("audit/succession", succession.SuccessionPage.as_view(), name="succession"),
    path("audit/verifier", views.VerifierPage.as_view(), name="verifier"),
    path("audit/verifier-page", views.VerifierInBrowserPage.as_view(), name="verifier-page"),
    path("audit/witnesses", views.WitnessesPage.as_view(), name="witnesses"),
    path("audit/state", views.LogStatePage.as_view(), name="state"),
]
