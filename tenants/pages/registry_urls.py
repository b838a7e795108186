"""Addresses of the operator's registry, below `w/<tenant>/`."""

from django.urls import path

from tenants.pages import registry, registry_attestations, registry_imports, registry_party

app_name = "registry"
urlpatterns = [
    path("registry", registry.PartiesPage.as_view(), name="parties"),
    path("registry/new", registry.PartyFormPage.as_view(), name="new-party"),
    path("registry/attestations", registry_attestations.AttestationsPage.as_view(), name="attestations"),
    path("registry/imports", registry_imports.ImportsPage.as_view(), name="imports"),
    path("registry/imports/<uuid:import_id>", registry_imports.ImportPage.as_view(), name="import"),
    path(
        "registry/imports/<uuid:import_id>/progress",
        registry_imports.ImportProgressPage.as_view(),
        name="import-progress",
    ),
    path(
        "registry/imports/<uuid:import_id>/apply",
        registry_imports.ApplyImportPage.as_view(),
        name="import-apply",
    ),
    path(
        "registry/imports/<uuid:import_id>/drop",
        registry_imports.DropImportPage.as_view(),
        name="import-drop",
    ),
    path("registry/doubts", registry.FindingsPage.as_view(), name="doubts"),
    path("registry/parties/<uuid:party_id>", registry_party.PartyPage.as_view(), name="party"),
    path("registry/parties/<uuid:party_id>/description", registry.PartyFormPage.as_view(), name="describe"),
    path("registry/parties/<uuid:party_id>/interest", registry_party.InterestPage.as_view(), name="interest"),
    path("registry/parties/<uuid:party_id>/tie", registry_party.TiePage.as_view(), name="tie"),
    path(
        "registry/parties/<uuid:party_id>/recognise", registry_party.RecognisePage.as_view(), name="recognise"
    ),
    path(
        "registry/statements/<uuid:statement_id>/withdraw",
        registry_party.WithdrawPage.as_view(),
        name="withdraw",
    ),
]
