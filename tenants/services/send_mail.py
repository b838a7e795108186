"""Mails in plain text. None names a customer, project or item: mail servers keep what they carry."""

import smtplib
from datetime import datetime
from http import HTTPStatus

from django.conf import settings
from django.core import mail
from django.utils.translation import gettext as _

from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.registry import leaves_by


class MailNotSent(RingfenceError):
    """The mail server did not take the mail. Nothing else is lost."""

    code = "mail_not_sent"
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__(
            "The mail could not be sent: the mail server does not take it. Try to send it again in a minute."
        )


def mail_invitation(email: str, secret: str) -> None:
    """Send an invitation link. Raises `MailNotSent`."""
    _send(
        email,
        _("You are invited to a workspace on Ringfence"),
        _(
            "Somebody invited you to work with them on Ringfence.\n\n"
            "Open this link to see the invitation and to accept it. It works for 7 days and once:\n\n"
            "    {link}\n\n"
            "If you do not know what this is about, do nothing: nobody gets in without this mail.\n"
        ).format(link=f"{settings.BASE_URL}/invitation/{secret}"),
    )


def mail_reset(email: str, secret: str) -> None:
    """Send a link to set a new password. Raises `MailNotSent`."""
    _send(
        email,
        _("Set a new password for Ringfence"),
        _(
            "Somebody, we hope you, asked to set a new password for this address.\n\n"
            "This link works for one hour and once. It ends all your sessions:\n\n"
            "    {link}\n\n"
            "If it was not you, do nothing: your password stays as it is.\n"
        ).format(link=f"{settings.BASE_URL}/password-reset/{secret}"),
    )


def mail_webhook_stopped(email: str, path: str) -> None:
    """Say that a webhook stopped sending. Raises `MailNotSent`."""
    _send(
        email,
        _("A webhook that you made on Ringfence has stopped"),
        _(
            "A webhook that you made sends nothing any more: its receiver failed again and again, or the policy of\n"
            "its workspace lets nothing go there now. Events wait; none is lost.\n\n"
            "Its page says why, and resumes it:\n\n"
            "    {link}\n"
        ).format(link=f"{settings.BASE_URL}{path}"),
    )


def mail_closing_asked(email: str, path: str, opens_at: datetime) -> None:
    """Tell an owner that a workspace of theirs is to be closed for good. Raises `MailNotSent`."""
    _send(
        email,
        _("A workspace of yours on Ringfence is to be closed for good"),
        _(
            "An owner of a workspace in which you are an owner, too, asked to close it for good. Its keys will be\n"
            "destroyed, and nobody can open anything that is stored there then: neither you nor we, from no backup.\n\n"
            "Nothing happens before {when} (UTC). Until then any owner can withdraw it, and take things away:\n\n"
            "    {link}\n\n"
            "If you do not know what this is about, open the page, withdraw it, and look at the log.\n"
        ).format(link=f"{settings.BASE_URL}{path}", when=f"{opens_at:%Y-%m-%d %H:%M}"),
    )


def mail_closing_done(email: str, path: str, days: int) -> None:
    """Send an owner the link to the certificate of destruction. Raises `MailNotSent`."""
    _send(
        email,
        _("A workspace of yours on Ringfence has been closed for good"),
        _(
            "The keys of a workspace in which you were an owner have been destroyed. Nobody can open what was stored\n"
            "there any more.\n\n"
            "The certificate is a proof of the last entry in its log. This link works for {days} days:\n\n"
            "    {link}\n\n"
            "Keep the file with your pin. It verifies without us: python verify.py bundle FILE --pin PIN\n"
        ).format(link=f"{settings.BASE_URL}{path}", days=days),
    )


@leaves_by("mail")
def _send(email: str, subject: str, text: str) -> None:
    try:
        mail.send_mail(subject, text, None, [email])
    except (OSError, smtplib.SMTPException) as failure:
        raise MailNotSent from failure
