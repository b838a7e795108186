"""Addresses of the isolation check, below `w/<tenant>/`."""

from django.urls import path

from tenants.pages import isolation

app_name = "isolation"
urlpatterns = [
    path("isolation", isolation.ReportsPage.as_view(), name="reports"),
    path("isolation/break", isolation.SabotagePage.as_view(), name="sabotage"),
    path("isolation/<uuid:report_id>", isolation.ReportPage.as_view(), name="report"),
    path("isolation/<uuid:report_id>/progress", isolation.ProgressPage.as_view(), name="progress"),
    path("isolation/<uuid:report_id>/file/<str:form>", isolation.ReportFile.as_view(), name="file"),
]
