"""Every route of the platform."""

from django.urls import URLPattern, URLResolver, include, path

import ringfence.celery  # noqa: F401 - the web process sends jobs to this application's broker
from ringfence.demo.story import StoryPage, StyleGuidePage
from ringfence.web.api_docs import ApiPage, SchemaFile
from tenants.pages.closing import CertificatePage, ClosedPage
from tenants.pages.health import HealthPage
from tenants.pages.public_attestation import PublicAttestationPage

API = (
    "annotation.api.urls",
    "audit.api.urls",
    "tenants.api.urls",
    "tenants.api.isolation_urls",
    "tenants.api.attesting_urls",
    "tenants.api.webhook_urls",
    "tenants.api.bundle_urls",
    "tenants.api.closing_urls",
)
PAGES = (
    "annotation.pages.urls",
    "tenants.pages.urls",
    "audit.pages.urls",
    "tenants.pages.isolation_urls",
    "tenants.pages.registry_urls",
    "tenants.pages.attesting_urls",
    "tenants.pages.policy_urls",
    "tenants.pages.webhook_urls",
    "tenants.pages.bundle_urls",
)

# Looked through in this order, so what labelers ask for all day comes first.
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/<str:tenant>/", include([path("", include(room)) for room in API])),
    path("w/<str:tenant>/", include([path("", include(room)) for room in PAGES])),
    path("", include("tenants.people.urls")),
    path("demo", StoryPage.as_view(), name="demo-story"),
    path("styleguide", StyleGuidePage.as_view(), name="demo-styleguide"),
    path("api/", ApiPage.as_view(), name="api"),
    path("api/schema/", SchemaFile.as_view(), name="api-schema"),
    path("public/attestations/<str:public_id>", PublicAttestationPage.as_view(), name="public-attestation"),
    path("closed", ClosedPage.as_view(), name="closed"),
    path("closed/<str:secret>", CertificatePage.as_view(), name="closing-certificate"),
    path("healthz", HealthPage.as_view(), name="healthz"),
]
handler404 = "tenants.pages.refusals.no_such_route"
