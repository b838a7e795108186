"""Mails in plain text. None names a customer, project or item: mail servers keep what they carry."""

import smtplib
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


@leaves_by("mail")
def _send(email: str, subject: str, text: str) -> None:
    try:
        mail.send_mail(subject, text, None, [email])
    except (OSError, smtplib.SMTPException) as failure:
        raise MailNotSent from failure
