"""Addresses of the pages outside every tenant."""

from django.urls import path

from tenants.people.pages.account import AccountPage, OtherSessionsPage
from tenants.people.pages.commitment import CommitmentPage
from tenants.people.pages.declaration import DeclarationPage
from tenants.people.pages.invitation import InvitationLink, InvitationPage
from tenants.people.pages.mail import MailPage
from tenants.people.pages.reset import AskResetPage, NewPasswordPage, ResetLink
from tenants.people.pages.second_factor import RecoveryCodesPage, SecondFactorPage
from tenants.people.pages.signing import ChoosePage, LoginPage, LogoutPage, StartPage, SwitchPage

app_name = "people"
urlpatterns = [
    path("", StartPage.as_view(), name="start"),
    path("login", LoginPage.as_view(), name="login"),
    path("logout", LogoutPage.as_view(), name="logout"),
    path("choose", ChoosePage.as_view(), name="choose"),
    path("switch", SwitchPage.as_view(), name="switch"),
    path("commitment", CommitmentPage.as_view(), name="commitment"),
    path("second-factor", SecondFactorPage.as_view(), name="second-factor"),
    path("declaration", DeclarationPage.as_view(), name="declaration"),
    path("account", AccountPage.as_view(), name="account"),
    path("account/recovery-codes", RecoveryCodesPage.as_view(), name="recovery-codes"),
    path("account/other-sessions", OtherSessionsPage.as_view(), name="other-sessions"),
    path("invitation", InvitationPage.as_view(), name="invitation"),
    path("invitation/<path:secret>", InvitationLink.as_view(), name="invitation-link"),
    path("password-reset", AskResetPage.as_view(), name="ask-reset"),
    path("password-reset/new", NewPasswordPage.as_view(), name="new-password"),
    path("password-reset/<path:secret>", ResetLink.as_view(), name="reset-link"),
    path("mail", MailPage.as_view(), name="mail"),
]
