"""Every route of the platform."""

from django.urls import URLPattern, URLResolver, include, path

import ringfence.celery  # noqa: F401 - the web process sends jobs to this application's broker
from ringfence.demo.story import StoryPage, StyleGuidePage
from ringfence.web.api_docs import ApiPage, SchemaFile
from tenants.pages.health import HealthPage

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tenants.people.urls")),
    path("demo", StoryPage.as_view(), name="demo-story"),
    path("styleguide", StyleGuidePage.as_view(), name="demo-styleguide"),
    path("api/", ApiPage.as_view(), name="api"),
    path("api/schema/", SchemaFile.as_view(), name="api-schema"),
    path("healthz", HealthPage.as_view(), name="healthz"),
    path("w/<str:tenant>/", include("tenants.pages.urls")),
    path("w/<str:tenant>/", include("tenants.pages.isolation_urls")),
    path("w/<str:tenant>/", include("audit.pages.urls")),
    path("w/<str:tenant>/", include("annotation.pages.urls")),
    path("api/v1/<str:tenant>/", include("tenants.api.urls")),
    path("api/v1/<str:tenant>/", include("tenants.api.isolation_urls")),
    path("api/v1/<str:tenant>/", include("audit.api.urls")),
    path("api/v1/<str:tenant>/", include("annotation.api.urls")),
]
handler404 = "tenants.pages.refusals.no_such_route"
