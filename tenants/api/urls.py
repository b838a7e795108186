"""Addresses of the API of a workspace's people, below `api/v1/<tenant>/`."""

from django.urls import path

from tenants.api import erasing, neutrality, views

app_name = "tenants-api"
urlpatterns = [
    path("workspace", views.WorkspaceView.as_view(), name="workspace"),
    path("workspace/state", views.StateView.as_view(), name="state"),
    path("members", views.MembersView.as_view(), name="members"),
    path("members/<uuid:member_id>", views.MemberView.as_view(), name="member"),
    path("members/<uuid:member_id>/erasure", erasing.MemberErasureView.as_view(), name="member-erasure"),
    path("invitations", views.InvitationsView.as_view(), name="invitations"),
    path("invitations/<uuid:invitation_id>", views.InvitationView.as_view(), name="invitation"),
    path("invitations/<uuid:invitation_id>/mail", views.InvitationMailView.as_view(), name="invitation-mail"),
    path("neutrality/verdict", neutrality.VerdictView.as_view(), name="verdict"),
    path("tokens", views.TokensView.as_view(), name="tokens"),
    path("tokens/<uuid:token_id>", views.TokenView.as_view(), name="token"),
]
