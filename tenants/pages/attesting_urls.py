"""Addresses of attestations and exposure reports, below `w/<tenant>/`."""

from django.urls import path

from tenants.pages import attestations, exposure

app_name = "attesting"
urlpatterns = [
    path("neutrality/attestations", attestations.AttestationsPage.as_view(), name="attestations"),
    path(
        "neutrality/attestations/<uuid:attestation_id>",
        attestations.AttestationPage.as_view(),
        name="attestation",
    ),
    path(
        "neutrality/attestations/<uuid:attestation_id>/file",
        attestations.AttestationFile.as_view(),
        name="attestation-file",
    ),
    path(
        "neutrality/attestations/<uuid:attestation_id>/public",
        attestations.PublicationPage.as_view(),
        name="publication",
    ),
    path("neutrality/exposure", exposure.ExposureReportsPage.as_view(), name="exposures"),
    path("neutrality/exposure/<uuid:report_id>", exposure.ExposureReportPage.as_view(), name="exposure"),
    path(
        "neutrality/exposure/<uuid:report_id>/progress",
        exposure.ExposureProgressPage.as_view(),
        name="exposure-progress",
    ),
    path("neutrality/exposure/<uuid:report_id>/file", exposure.ExposureFile.as_view(), name="exposure-file"),
]
