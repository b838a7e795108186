"""Addresses of the API of projects and labeling, below `api/v1/<tenant>/`."""

from django.urls import path

from annotation.api import projects, tasks
from annotation.api.job_urls import job_urls
from annotation.api.labor_urls import labor_urls
from annotation.api.owed_urls import owed_urls

app_name = "annotation-api"
urlpatterns = [
    # Looked through in this order, and these two are asked all day.
    path("projects/<uuid:project_id>/tasks/next", tasks.NextTasksView.as_view(), name="next-tasks"),
    path("tasks/<uuid:task_id>/submission", tasks.SubmissionView.as_view(), name="submission"),
    path("projects", projects.ProjectsView.as_view(), name="projects"),
    path("projects/<uuid:project_id>", projects.ProjectView.as_view(), name="project"),
    path("projects/<uuid:project_id>/schema", projects.SchemaView.as_view(), name="schema"),
    path("projects/<uuid:project_id>/guidelines", projects.GuidelinesView.as_view(), name="guidelines"),
    path("projects/<uuid:project_id>/assignments", projects.AssignmentsView.as_view(), name="assignments"),
    path(
        "projects/<uuid:project_id>/assignments/<uuid:member_id>/<str:right>",
        projects.AssignmentView.as_view(),
        name="assignment",
    ),
    path("projects/<uuid:project_id>/board", projects.BoardView.as_view(), name="board"),
    path("projects/<uuid:project_id>/items", projects.ItemsView.as_view(), name="items"),
    path("tasks/<uuid:task_id>/release", tasks.ReleaseView.as_view(), name="release"),
    path("receipts", tasks.ReceiptsView.as_view(), name="receipts"),
    *job_urls,
    *owed_urls,
    *labor_urls,
]
