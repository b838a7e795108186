"""The labeling workspace, practice for it, and one's own receipts. The workspace itself is annotation/ui."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone

from annotation.access import reach_project
from annotation.pages.first_visit import remember
from annotation.services.own_receipts import own_receipts
from annotation.values import ProjectRight
from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage

A_DAY = timedelta(hours=24)


class LabelPage(TenantPage):
    """The page that the workspace runs in. It holds no content: the workspace asks the API for that."""

    requires = Permission.TASK_LABEL
    template = "annotation/label.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Open it for a project that the visitor labels in."""
        reach_project(self.context, project_id, ProjectRight.LABEL)
        get_token(request)  # the workspace reads the form token from its cookie
        return self.page(entry="label", practice=False, config=workspace_config(self.context, project_id))


class PracticePage(TenantPage):
    """Five short tasks of our own, answered in the browser; nothing is sent or counted."""

    requires = Permission.TASK_LABEL
    template = "annotation/label.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Open it."""
        shown = self.page(entry="practice", practice=True, config=workspace_config(self.context, None))
        return remember(shown, self.context)


class ReceiptsPage(TenantPage):
    """What the visitor got acknowledged in the last 24 hours."""

    requires = Permission.TASK_LABEL
    template = "annotation/receipts.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show receipts, newest first."""
        receipts, count = own_receipts(self.context, since=timezone.now() - A_DAY)
        return self.page(
            receipts=[replace(r, receipt=r.receipt.split(";")[0]) for r in receipts], count=count
        )


def workspace_config(context: TenantContext, project_id: UUID | None) -> str:
    """Return what the page tells the workspace: ids and addresses, as JSON."""
    here = [context.public_id]
    projects = reverse("annotation-api:projects", args=here)
    return json.dumps(
        {
            "tenant": context.public_id,
            "person": str(context.actor_id),
            "project": str(project_id or ""),
            "api": projects.removesuffix("projects"),
            "pages": {
                "projects": reverse("annotation:projects", args=here),
                "practice": reverse("annotation:practice", args=here),
                "receipts": reverse("annotation:receipts", args=here),
                "signIn": reverse("people:login"),
                "label": reverse("annotation:label", args=[*here, project_id]) if project_id else "",
            },
        }
    )
