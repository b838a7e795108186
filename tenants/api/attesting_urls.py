"""Addresses of the API of attestations and exposure reports, below `api/v1/<tenant>/`."""

from django.urls import path

from tenants.api import attesting

app_name = "attesting-api"
urlpatterns = [
    path("neutrality/attestations", attesting.AttestationsView.as_view(), name="attestations"),
    path(
        "neutrality/attestations/<uuid:attestation_id>",
        attesting.AttestationView.as_view(),
        name="attestation",
    ),
    path(
        "neutrality/attestations/<uuid:attestation_id>/file",
        attesting.AttestationFileView.as_view(),
        name="attestation-file",
    ),
    path(
        "neutrality/attestations/<uuid:attestation_id>/public",
        attesting.PublicationView.as_view(),
        name="publication",
    ),
    path("neutrality/exposure", attesting.ExposuresView.as_view(), name="exposures"),
    path("neutrality/exposure/<uuid:report_id>", attesting.ExposureView.as_view(), name="exposure"),
    path(
        "neutrality/exposure/<uuid:report_id>/file",
        attesting.ExposureFileView.as_view(),
        name="exposure-file",
    ),
]
