"""Addresses of the API of the isolation check, below `api/v1/<tenant>/`."""

from django.urls import path

from tenants.api import isolation

app_name = "isolation-api"
urlpatterns = [
    path("isolation/reports", isolation.ReportsView.as_view(), name="reports"),
    path("isolation/reports/<uuid:report_id>", isolation.ReportView.as_view(), name="report"),
]
