"""Addresses of proof bundles that a worker makes, below `w/<tenant>/`."""

from django.urls import path

from tenants.pages import bundles

app_name = "bundles"
urlpatterns = [
    path("audit/bundles", bundles.BundlesPage.as_view(), name="list"),
    path("audit/bundles/<uuid:bundle_id>", bundles.OneBundlePage.as_view(), name="one"),
    path("audit/bundles/<uuid:bundle_id>/progress", bundles.BundleProgressPage.as_view(), name="progress"),
    path("audit/bundles/<uuid:bundle_id>/file", bundles.BundleFilePage.as_view(), name="file"),
    path("audit/bundles/<uuid:bundle_id>/remove", bundles.RemoveBundlePage.as_view(), name="remove"),
]
