"""The API of webhooks: make, change, pause, delete, rotate the secret, test, and what was sent."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantAPIView
from tenants.api import webhook_bodies as bodies
from tenants.services.ask_webhook import send_again, send_test
from tenants.services.change_webhook import choose_events, pause_webhook, resume_webhook
from tenants.services.create_webhook import create_webhook
from tenants.services.delete_webhook import delete_webhook
from tenants.services.list_webhooks import list_deliveries, list_webhooks, read_webhook
from tenants.services.rotate_webhook_secret import rotate_webhook_secret

TENANT = OpenApiParameter("tenant", str, OpenApiParameter.PATH, description="public id of the workspace")


class WebhooksView(TenantAPIView):
    """All webhooks of the workspace."""

    requires = Permission.WEBHOOK_MANAGE
    unit = "own"

    @extend_schema(operation_id="v1_webhooks_list", responses=bodies.WebhooksAnswer, parameters=[TENANT])
    def get(self, request: Request) -> Response:
        """Return them, oldest first, without their secrets."""
        with acting(self.context):
            return Response(bodies.WebhooksAnswer({"webhooks": list_webhooks(self.context)}).data)

    @extend_schema(request=bodies.WebhookBody, responses={201: bodies.NewWebhook}, parameters=[TENANT])
    def post(self, request: Request) -> Response:
        """Make one, if the policy lets anything go there. Its secret is in this answer and in no other."""
        body = bodies.WebhookBody(data=request.data)
        body.is_valid(raise_exception=True)
        made, secret = create_webhook(self.context, **body.validated_data)
        return Response({"id": made, "secret": secret}, status=201)


class WebhookView(TenantAPIView):
    """One webhook."""

    requires = Permission.WEBHOOK_MANAGE
    unit = "own"

    @extend_schema(responses=bodies.WebhookAnswer, parameters=[TENANT])
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """Return it."""
        with acting(self.context):
            return Response(bodies.WebhookAnswer(read_webhook(self.context, webhook_id=webhook_id)).data)

    @extend_schema(request=bodies.WebhookChange, responses={204: None}, parameters=[TENANT])
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """Change which events are sent, pause or resume. Its address stays: it was judged with it."""
        body = bodies.WebhookChange(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        with acting(self.context):
            read_webhook(self.context, webhook_id=webhook_id)
            if "verbs" in given:
                choose_events(self.context, webhook_id=webhook_id, verbs=given["verbs"])
            if given.get("active") is False:
                pause_webhook(self.context, webhook_id=webhook_id)
        if given.get("active") is True:
            resume_webhook(self.context, webhook_id=webhook_id)
        return Response(status=204)

    @extend_schema(responses={204: None}, parameters=[TENANT])
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Delete it; what waits is never sent."""
        with acting(self.context):
            delete_webhook(self.context, webhook_id=webhook_id)
        return Response(status=204)


class WebhookSecretView(TenantAPIView):
    """The secret of one webhook."""

    requires = {"POST": Permission.WEBHOOK_MANAGE}

    @extend_schema(request=bodies.SecretBody, responses={201: bodies.NewWebhookSecret}, parameters=[TENANT])
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Make a new one; the old one signs beside it for a day, or ends at once."""
        body = bodies.SecretBody(data=request.data)
        body.is_valid(raise_exception=True)
        secret = rotate_webhook_secret(self.context, webhook_id=webhook_id, **body.validated_data)
        return Response({"secret": secret}, status=201)


class WebhookTestView(TenantAPIView):
    """A test of one webhook."""

    requires = {"POST": Permission.WEBHOOK_MANAGE}

    @extend_schema(request=None, responses={202: bodies.AskedDelivery}, parameters=[TENANT])
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Let a test event be sent."""
        return Response({"id": send_test(self.context, webhook_id=webhook_id)}, status=202)


class DeliveriesView(TenantAPIView):
    """What was sent to one webhook."""

    requires = Permission.WEBHOOK_MANAGE

    @extend_schema(responses=bodies.DeliveriesAnswer, parameters=[TENANT, bodies.DeliveriesQuery])
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """Return attempts, newest first."""
        query = bodies.DeliveriesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        found, more = list_deliveries(self.context, webhook_id=webhook_id, **query.validated_data)
        return Response(bodies.DeliveriesAnswer({"deliveries": found, "next_before": more}).data)


class DeliveryAgainView(TenantAPIView):
    """One attempt, once more."""

    requires = {"POST": Permission.WEBHOOK_MANAGE}

    @extend_schema(request=None, responses={202: bodies.AskedDelivery}, parameters=[TENANT])
    def post(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> Response:
        """Let its event be sent again, under the same id."""
        again = send_again(self.context, webhook_id=webhook_id, delivery_id=delivery_id)
        return Response({"id": again}, status=202)
