"""Addresses of the pages of projects and labeling, below `w/<tenant>/`."""

from django.urls import path

from annotation.pages import item, items, label, people, projects, schema, texts
from annotation.pages.job_urls import job_urls
from annotation.pages.owed_urls import owed_urls

app_name = "annotation"
urlpatterns = [
    path("projects", projects.ProjectsPage.as_view(), name="projects"),
    path("projects/new", projects.NewProjectPage.as_view(), name="new-project"),
    path("projects/<uuid:project_id>", projects.ProjectPage.as_view(), name="project"),
    path("projects/<uuid:project_id>/progress", projects.ProgressPage.as_view(), name="progress"),
    path("projects/<uuid:project_id>/schema", schema.SchemaPage.as_view(), name="schema"),
    path("projects/<uuid:project_id>/guidelines", texts.GuidelinesPage.as_view(), name="guidelines"),
    path("projects/<uuid:project_id>/people", people.PeoplePage.as_view(), name="people"),
    path("projects/<uuid:project_id>/items", items.ItemsPage.as_view(), name="items"),
    path("projects/<uuid:project_id>/items/<uuid:task_id>", item.ItemPage.as_view(), name="item"),
    path("projects/<uuid:project_id>/label", label.LabelPage.as_view(), name="label"),
    path("practice", label.PracticePage.as_view(), name="practice"),
    path("receipts", label.ReceiptsPage.as_view(), name="receipts"),
    *job_urls,
    *owed_urls,
]
