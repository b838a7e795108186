"""Addresses of the API of a labeler's workspace, and of a queue's order, below `api/v1/<tenant>/`."""

from django.urls import path

from annotation.api import desk, labor, order

labor_urls = [
    path("projects/<uuid:project_id>/desk", desk.DeskView.as_view(), name="desk"),
    path("projects/<uuid:project_id>/heartbeat", labor.HeartbeatView.as_view(), name="heartbeat"),
    path("projects/<uuid:project_id>/mine", labor.MineView.as_view(), name="mine"),
    path("projects/<uuid:project_id>/priority", order.PriorityView.as_view(), name="priority"),
    path("projects/<uuid:project_id>/reservations", order.ReservationsView.as_view(), name="reservations"),
    path("projects/<uuid:project_id>/skills", order.ProjectSkillsView.as_view(), name="project-skills"),
    path("tasks/<uuid:task_id>/draft", labor.DraftView.as_view(), name="draft"),
    path("tasks/<uuid:task_id>/reopen", labor.ReopenView.as_view(), name="reopen"),
    path("tasks/<uuid:task_id>/skip", labor.SkipView.as_view(), name="skip"),
    path("browser-key", desk.BrowserKeyView.as_view(), name="browser-key"),
    path("skills", order.SkillsView.as_view(), name="skills"),
    path("members/<uuid:member_id>/skills", order.MemberSkillsView.as_view(), name="member-skills"),
]
