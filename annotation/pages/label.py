"""The labeling page: one item, its questions, the guidelines beside it. A plain form that keys drive."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from annotation.errors import AnswerDiffers, AnswerInvalid, TaskNotHeld
from annotation.labels.choice import Choice
from annotation.labels.item import as_text
from annotation.labels.schema import LabelSchema
from annotation.pages.safe import guidelines_html
from annotation.services.own_receipts import own_receipts
from annotation.services.read_project import read_project
from annotation.services.release_task import release_task
from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from annotation.values import Taken
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound, RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.middleware import RECEIPT_HEADER

A_DAY = timedelta(hours=24)
FIELD = "q."
"""Prefix of a question's name in the form, so that no question id meets a field of ours."""


class LabelPage(TenantPage):
    """Shows the item that the visitor holds, or takes the next one; takes the answer."""

    requires = {"GET": Permission.TASK_LABEL, "POST": Permission.TASK_LABEL}
    unit = "own"
    template = "annotation/label.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show the held item, or the next one, or why there is none."""
        return self._show(project_id, take_tasks(self.context, project_id=project_id, resume=True))

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Submit without script; with script the page submits through the API and keeps itself on a refusal."""
        task_id = _uuid(request.POST.get("task", ""))
        answer = {
            name.removeprefix(FIELD): str(value)
            for name, value in request.POST.items()
            if name.startswith(FIELD) and value
        }
        try:
            submit_task(
                self.context,
                task_id=task_id,
                answer=answer,
                lead_ms=_number(request.POST.get("lead_ms", "")),
                schema_version=_number(request.POST.get("schema_version", "")) or None,
            )
        except AnswerInvalid as refusal:
            taken = take_tasks(self.context, project_id=project_id, resume=True)
            return self._show(project_id, taken, status=refusal.status, refusal=refusal, given=answer)
        except (TaskNotHeld, AnswerDiffers) as refusal:
            # The item is somebody else's by now: its content is not shown again, the answer is.
            return self._show(project_id, None, status=refusal.status, refusal=refusal, given=answer)
        return HttpResponseRedirect(reverse("annotation:label", args=[self.context.public_id, project_id]))

    def _show(
        self,
        project_id: UUID,
        taken: Taken | None,
        *,
        status: int = 200,
        refusal: RingfenceError | None = None,
        given: dict[str, str] | None = None,
    ) -> HttpResponse:
        with acting(self.context):
            task = taken.tasks[0] if taken and taken.tasks else None
            texts = read_project(
                self.context, project_id=project_id, schema_version=task.schema_version if task else None
            )
            receipts, today = own_receipts(self.context, since=timezone.now() - A_DAY, most=1)
            response = self.page(
                status=status,
                project=texts.project,
                guidelines=guidelines_html(texts.guidelines),
                task=task,
                fields=[(name, as_text(value)) for name, value in task.fields.items()] if task else [],
                questions=_questions(texts.schema, given or {}) if texts.schema else [],
                reason=taken.reason if taken else None,
                refusal=refusal,
                given=_in_words(texts.schema, given or {}) if refusal and not task else [],
                today=today,
                last=receipts[0] if receipts else None,
            )
        if taken and taken.receipt:
            response[RECEIPT_HEADER] = taken.receipt
        return response


class ReleasePage(TenantPage):
    """Gives the item on screen back to the queue."""

    requires = {"POST": Permission.TASK_LABEL}
    unit = "own"

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Release it and show the next one; one that is lost already is no reason to stop."""
        try:
            with acting(self.context):
                release_task(self.context, task_id=_uuid(request.POST.get("task", "")))
        except TaskNotHeld:
            pass
        return HttpResponseRedirect(reverse("annotation:label", args=[self.context.public_id, project_id]))


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


def _choices(schema: LabelSchema) -> list[Choice]:
    """Return what a plain form can ask. Every other type needs the workspace."""
    return [question for question in schema.questions if isinstance(question, Choice) and not question.per]


def _questions(schema: LabelSchema, given: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": FIELD + question.id,
            "legend": question.text,
            "required": question.required,
            "chosen": given.get(question.id, ""),
            "options": [{"value": o.id, "label": o.text, "key": o.key.upper()} for o in question.options],
        }
        for question in _choices(schema)
    ]


def _in_words(schema: LabelSchema | None, given: dict[str, str]) -> list[tuple[str, str]]:
    asked = {question.id: question for question in _choices(schema)} if schema else {}
    return [
        (asked[name].text, next((o.text for o in asked[name].options if o.id == value), value))
        for name, value in given.items()
        if name in asked
    ]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as malformed:
        raise NotFound("item") from malformed


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
