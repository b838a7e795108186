"""Addresses of the API of imports and exports, below `api/v1/<tenant>/`."""

from django.urls import path

from annotation.api import exports, imports

job_urls = [
    path("projects/<uuid:project_id>/imports", imports.ImportsView.as_view(), name="imports"),
    path("imports/<uuid:import_id>", imports.ImportView.as_view(), name="import"),
    path("imports/<uuid:import_id>/cancel", imports.CancelImportView.as_view(), name="import-cancel"),
    path("imports/<uuid:import_id>/errors", imports.RefusedRowsView.as_view(), name="import-errors"),
    path("projects/<uuid:project_id>/exports", exports.ExportsView.as_view(), name="exports"),
    path("exports/<uuid:export_id>", exports.ExportView.as_view(), name="export"),
    path("exports/<uuid:export_id>/cancel", exports.CancelExportView.as_view(), name="export-cancel"),
    path("exports/<uuid:export_id>/file", exports.ExportFileView.as_view(), name="export-file"),
]
