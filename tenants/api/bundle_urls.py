"""Routes of proof bundles, below `/api/v1/<tenant>/`."""

from django.urls import path

from tenants.api import bundles

app_name = "bundles-api"
urlpatterns = [
    path("audit/bundles", bundles.BundlesView.as_view(), name="bundles"),
    path("audit/bundles/<uuid:bundle_id>", bundles.BundleView.as_view(), name="bundle"),
    path("audit/bundles/<uuid:bundle_id>/file", bundles.BundleFileView.as_view(), name="file"),
]
