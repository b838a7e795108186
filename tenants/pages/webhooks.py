"""Webhooks: the list and its form, one webhook with its attempts, and what can be done to it."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid, NotFound, RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import Requires, TenantPage
from tenants.pages.webhook_words import ending_of, event_groups
from tenants.services.ask_webhook import send_again, send_test
from tenants.services.change_webhook import choose_events, pause_webhook, resume_webhook
from tenants.services.create_webhook import create_webhook
from tenants.services.delete_webhook import delete_webhook
from tenants.services.list_webhooks import list_deliveries, list_webhooks, read_webhook, webhook_course
from tenants.services.rotate_webhook_secret import rotate_webhook_secret
from tenants.services.webhook_rules import DestinationRefused

ROWS_ON_A_PAGE = 50


class WebhooksPage(TenantPage):
    """All webhooks, and the form that makes one."""

    requires = Permission.WEBHOOK_MANAGE
    unit = "own"
    template = "tenants/webhooks.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them."""
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make one and show its secret, this once; or say why nothing may go there."""
        url, verbs = request.POST.get("url", ""), request.POST.getlist("verbs")
        try:
            made, secret = create_webhook(self.context, url=url, verbs=verbs)
        except DestinationRefused as refused:
            return self._show(refused.status, url=url, chosen=verbs, refused=refused.words)
        except Invalid as invalid:
            return self._show(invalid.status, url=url, chosen=verbs, error=str(invalid), wrong=invalid.field)
        return self._show(201, secret=secret, made=made)

    def _show(self, status: int = 200, *, url: str = "", chosen: Any = (), **values: Any) -> HttpResponse:
        with acting(self.context):
            webhooks = list_webhooks(self.context)
            return self.page(status=status, webhooks=webhooks, url=url, groups=event_groups(chosen), **values)


class ShowsWebhook(TenantPage):
    """Renders one webhook, for every page that answers with it."""

    requires: ClassVar[Requires] = Permission.WEBHOOK_MANAGE
    template = "tenants/webhook.html"

    def show(self, webhook_id: UUID, *, status: int = 200, **values: Any) -> HttpResponse:
        """Render it, with what has just happened; inside the unit of work."""
        webhook = read_webhook(self.context, webhook_id=webhook_id)
        before = self.request.GET.get("before", "")
        deliveries, more = list_deliveries(
            self.context, webhook_id=webhook_id, limit=ROWS_ON_A_PAGE, before=_id(before) if before else None
        )
        return self.page(
            status=status,
            webhook=webhook,
            deliveries=[(each, ending_of(each)) for each in deliveries],
            more=more,
            groups=event_groups(webhook.verbs),
            course=webhook_course(webhook_id),
            **values,
        )


class WebhookPage(ShowsWebhook):
    """One webhook, its events and its attempts."""

    requires = Permission.WEBHOOK_MANAGE

    def get(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        """Show it."""
        return self.show(webhook_id)

    def post(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        """Change which events are sent."""
        try:
            choose_events(self.context, webhook_id=webhook_id, verbs=request.POST.getlist("verbs"))
        except Invalid as invalid:
            return self.show(webhook_id, status=invalid.status, error=str(invalid))
        return back_to(self, webhook_id)


class WebhookProgress(TenantPage):
    """Whether anything changed, for the page that shows it. Nothing that is sealed leaves."""

    requires = Permission.WEBHOOK_MANAGE

    def get(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        """Answer in the words of `polling.js`. Raises `NotFound`."""
        return JsonResponse({"state": webhook_course(webhook_id), "done": False, "values": {}})


class PauseWebhookPage(TenantPage):
    """Stops it."""

    requires = {"POST": Permission.WEBHOOK_MANAGE}

    def post(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        """Pause."""
        pause_webhook(self.context, webhook_id=webhook_id)
        return back_to(self, webhook_id)


class ResumeWebhookPage(ShowsWebhook):
    """Lets it send again, if the policy does."""

    requires = {"POST": Permission.WEBHOOK_MANAGE}
    unit = "own"

    def post(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        """Resume; or show why nothing may go there."""
        try:
            resume_webhook(self.context, webhook_id=webhook_id)
        except NotFound:
            raise
        except RingfenceError as refused:
            words = refused.words if isinstance(refused, DestinationRefused) else (str(refused),)
            with acting(self.context):
                return self.show(webhook_id, status=refused.status, refused=words)
        return back_to(self, webhook_id)


class WebhookSecretPage(ShowsWebhook):
    """Gives it a new secret."""

    requires = {"POST": Permission.WEBHOOK_MANAGE}

    def post(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        """Make the secret and show it, this once."""
        at_once = request.POST.get("at_once") == "yes"
        secret = rotate_webhook_secret(self.context, webhook_id=webhook_id, at_once=at_once)
        return self.show(webhook_id, status=201, secret=secret)


class TryWebhookPage(TenantPage):
    """Lets it send a test."""

    requires = {"POST": Permission.WEBHOOK_MANAGE}

    def post(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        """Ask for it."""
        send_test(self.context, webhook_id=webhook_id)
        return back_to(self, webhook_id)


class DeleteWebhookPage(TenantPage):
    """Ends it."""

    requires = {"POST": Permission.WEBHOOK_MANAGE}

    def post(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        """Delete."""
        delete_webhook(self.context, webhook_id=webhook_id)
        return HttpResponseRedirect(reverse("webhooks:list", args=[self.context.public_id]))


class SendAgainPage(TenantPage):
    """Lets it send an event once more."""

    requires = {"POST": Permission.WEBHOOK_MANAGE}

    def post(self, request: HttpRequest, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
        """Ask for it."""
        send_again(self.context, webhook_id=webhook_id, delivery_id=delivery_id)
        return back_to(self, webhook_id)


def back_to(page: TenantPage, webhook_id: UUID) -> HttpResponse:
    """Return to the webhook's page."""
    return HttpResponseRedirect(reverse("webhooks:one", args=[page.context.public_id, webhook_id]))


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError as malformed:
        raise NotFound("page") from malformed
