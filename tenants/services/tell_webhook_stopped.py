"""Tell whoever made a webhook that it stopped by itself: a mail without names; the webhook's page says why."""

from contextlib import suppress

from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext, acting
from tenants.models import Member, Webhook
from tenants.services.send_mail import MailNotSent, mail_webhook_stopped


def tell_webhook_stopped(context: TenantContext, webhook: Webhook) -> bool:
    """Return whether a mail went out. Nothing hangs on it: page and log say the same."""
    with acting(context):
        member = Member.objects.filter(id=webhook.created_by_id, is_active=True).first()
        if member is None:
            return False
        try:
            email = context.keyring.open(member.email, field=Member.email, row=member.id).decode()
        except CannotOpen:
            return False
    with suppress(MailNotSent):
        mail_webhook_stopped(email, f"/w/{context.public_id}/webhooks/{webhook.id}")
        return True
    return False
