"""Addresses of a workspace's own pages, below `w/<tenant>/`."""

from django.urls import path

from tenants.pages import closing, members, neutrality, ownership, setup, support, tokens
from tenants.pages.home import AdmissionPage, HomePage
from tenants.pages.keys import KeysPage
from tenants.pages.operator_conflict import AcknowledgeConflictPage, OperatorConflictPage
from tenants.pages.platform import PlatformPage
from tenants.pages.state import StatePage
from tenants.pages.support_asks import LeavePage, SupportAsksPage

app_name = "tenants"
urlpatterns = [
    path("", HomePage.as_view(), name="home"),
    path("admission", AdmissionPage.as_view(), name="admission"),
    path("neutrality/operator", OperatorConflictPage.as_view(), name="operator-conflict"),
    path(
        "neutrality/operator/<uuid:conflict_id>/read",
        AcknowledgeConflictPage.as_view(),
        name="operator-conflict-read",
    ),
    path("neutrality", neutrality.NeutralityPage.as_view(), name="neutrality"),
    path("neutrality/ask", neutrality.AskPage.as_view(), name="verdict"),
    path("neutrality/graph", ownership.GraphPage.as_view(), name="ownership"),
    path("state", StatePage.as_view(), name="state"),
    path("closing", closing.ClosingPage.as_view(), name="closing"),
    path("closing/<uuid:closing_id>/confirm", closing.ConfirmClosingPage.as_view(), name="closing-confirm"),
    path(
        "closing/<uuid:closing_id>/withdraw", closing.WithdrawClosingPage.as_view(), name="closing-withdraw"
    ),
    path("closing/<uuid:closing_id>/begin", closing.BeginClosingPage.as_view(), name="closing-begin"),
    path("keys", KeysPage.as_view(), name="keys"),
    path("platform", PlatformPage.as_view(), name="platform"),
    path("platform/support", SupportAsksPage.as_view(), name="support-asks"),
    path("platform/support/leave", LeavePage.as_view(), name="support-leave"),
    path("support", support.SupportPage.as_view(), name="support"),
    path("support/<uuid:session_id>", support.VisitPage.as_view(), name="support-visit"),
    path("support/<uuid:session_id>/watch", support.WatchPage.as_view(), name="support-watch"),
    path("support/<uuid:session_id>/approve", support.ApprovePage.as_view(), name="support-approve"),
    path("support/<uuid:session_id>/refuse", support.RefusePage.as_view(), name="support-refuse"),
    path("support/<uuid:session_id>/end", support.EndPage.as_view(), name="support-end"),
    path("members", members.MembersPage.as_view(), name="members"),
    path("members/<uuid:member_id>/role", members.MemberRolePage.as_view(), name="member-role"),
    path("members/<uuid:member_id>/remove", members.RemoveMemberPage.as_view(), name="member-remove"),
    path(
        "invitations/<uuid:invitation_id>/again", members.InviteAgainPage.as_view(), name="invitation-again"
    ),
    path(
        "invitations/<uuid:invitation_id>/withdraw",
        members.WithdrawInvitationPage.as_view(),
        name="invitation-withdraw",
    ),
    path("tokens", tokens.TokensPage.as_view(), name="tokens"),
    path("tokens/<uuid:token_id>/revoke", tokens.RevokeTokenPage.as_view(), name="token-revoke"),
    path("setup", setup.SetupPage.as_view(), name="setup"),
    path("setup/keys", setup.ConfirmKeysPage.as_view(), name="setup-keys"),
    path("setup/pin", setup.TakePinPage.as_view(), name="setup-pin"),
    path("setup/activate", setup.ActivatePage.as_view(), name="setup-activate"),
]
