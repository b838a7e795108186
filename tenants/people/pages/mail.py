"""The demo's mail folder as a page. Outside the demo there is no such page."""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Public
from ringfence.web.pages import PublicPage

SHOWN = 50
BETWEEN = "\n" + "-" * 79 + "\n"
"""What Django's file back end writes after each mail."""


@dataclass(frozen=True, slots=True)
class KeptMail:
    """One mail that the demo did not send."""

    to: str
    subject: str
    sent_at: datetime
    before: str
    link: str
    after: str


class MailPage(PublicPage):
    """Shows the mails that the demo keeps instead of sending."""

    requires = Public("in the demo, mails are for whoever sits before it; elsewhere the page is absent")
    template = "people/mail.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the newest mails."""
        if settings.MODE != "demo":
            raise NotFound
        return self.page(mails=kept_mails(Path(settings.EMAIL_FILE_PATH)))


def kept_mails(folder: Path) -> list[KeptMail]:
    """Return the newest mails of the folder, newest first."""
    mails = []
    for file in sorted(folder.glob("*.log"), reverse=True)[:SHOWN]:
        sent_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        for text in reversed(file.read_text("utf-8").split(BETWEEN)):
            if text.strip():
                mails.append(_read(text, sent_at))
    return sorted(mails, key=lambda m: m.sent_at, reverse=True)[:SHOWN]


def _read(text: str, sent_at: datetime) -> KeptMail:
    message = email.message_from_string(text.lstrip(), _class=EmailMessage, policy=email.policy.default)
    lines = message.get_content().splitlines()
    link = next((line.strip() for line in lines if line.strip().startswith(settings.BASE_URL)), "")
    before, _, after = "\n".join(lines).partition(link) if link else ("\n".join(lines), "", "")
    return KeptMail(str(message["To"]), str(message["Subject"]), sent_at, before.strip(), link, after.strip())
