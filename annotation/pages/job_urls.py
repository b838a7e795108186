"""Addresses of the pages of imports and exports, below `w/<tenant>/`."""

from django.urls import path

from annotation.pages import exports, imports

job_urls = [
    path("projects/<uuid:project_id>/imports", imports.ImportsPage.as_view(), name="imports"),
    path("imports/<uuid:import_id>", imports.ImportPage.as_view(), name="import"),
    path("imports/<uuid:import_id>/progress", imports.ImportProgressPage.as_view(), name="import-progress"),
    path("imports/<uuid:import_id>/cancel", imports.CancelImportPage.as_view(), name="import-cancel"),
    path("imports/<uuid:import_id>/errors", imports.RefusedRowsFile.as_view(), name="import-errors"),
    path("projects/<uuid:project_id>/exports", exports.ExportsPage.as_view(), name="exports"),
    path("exports/<uuid:export_id>", exports.ExportPage.as_view(), name="export"),
    path("exports/<uuid:export_id>/progress", exports.ExportProgressPage.as_view(), name="export-progress"),
    path("exports/<uuid:export_id>/cancel", exports.CancelExportPage.as_view(), name="export-cancel"),
    path("exports/<uuid:export_id>/file", exports.ExportFilePage.as_view(), name="export-file"),
]
