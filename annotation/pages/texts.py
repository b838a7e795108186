"""Pages of a project's texts: the label schema and the guidelines."""

import json
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse

from annotation.labels.choice import Choice
from annotation.labels.schema import LabelSchema
from annotation.pages.forms import OPTION_ROWS, GuidelinesForm, QuestionForm, SchemaTextForm, show_refusal
from annotation.pages.projects import SAID, project_values, to_project
from annotation.pages.safe import guidelines_html
from annotation.services.read_project import read_project
from annotation.services.set_guidelines import set_guidelines
from annotation.services.set_schema import set_schema
from annotation.values import ProjectTexts
from ringfence.kernel.context import acting
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage

EXAMPLE = {
    "version": 1,
    "item": {"text": "text"},
    "questions": [
        {
            "id": "sentiment",
            "type": "choice",
            "text": "What is the overall sentiment?",
            "required": True,
            "options": [
                {"id": "positive", "text": "Positive", "key": "1"},
                {"id": "neutral", "text": "Neutral", "key": "2"},
                {"id": "negative", "text": "Negative", "key": "3"},
            ],
        }
    ],
}
"""Shown as the starting point of a schema written as JSON."""


class SchemaPage(TenantPage):
    """The question that labelers answer: a plain form for one, JSON for several."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}
    unit = "own"
    template = "annotation/schema.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show the newest version in its form."""
        return self._show(project_id)

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Publish a new version."""
        plain = "question" in request.POST
        form: forms.Form = QuestionForm(request.POST) if plain else SchemaTextForm(request.POST)
        if not form.is_valid():
            return self._show(project_id, form, 400)
        try:
            with acting(self.context):
                schema = self._described(project_id, form)
                set_schema(self.context, project_id=project_id, schema=schema)
        except RingfenceError as refusal:
            show_refusal(form, refusal)
            return self._show(project_id, form, refusal.status)
        return to_project(self.context.public_id, project_id, said="published", route="schema")

    def _described(self, project_id: UUID, form: forms.Form) -> Any:
        if not isinstance(form, QuestionForm):
            return form.cleaned_data["schema"]
        # The question keeps its id: answers of every version stand under one name in exports.
        before = read_project(self.context, project_id=project_id).schema
        return form.to_schema(before.questions[0].id if before else "answer")

    def _show(self, project_id: UUID, form: forms.Form | None = None, status: int = 200) -> HttpResponse:
        with acting(self.context):
            texts = read_project(self.context, project_id=project_id)
            as_text = self.request.GET.get("as") == "json" or not _is_plain(texts)
            shown = form or (SchemaTextForm(initial={"schema": _text(texts)}) if as_text else _plain(texts))
            return self.page(
                status=status,
                **project_values(texts),
                form=shown,
                plain=isinstance(shown, QuestionForm),
                can_be_plain=_is_plain(texts),
                said=SAID.get(self.request.GET.get("said", "")),
            )


class GuidelinesPage(TenantPage):
    """The guidelines, with a preview."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}
    unit = "own"
    template = "annotation/guidelines.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show the newest version and how labelers see it."""
        return self._show(project_id)

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show a preview, or publish."""
        form = GuidelinesForm(request.POST)
        if not form.is_valid():
            return self._show(project_id, form, 400)
        if request.POST.get("do") == "preview":
            return self._show(project_id, form)
        try:
            with acting(self.context):
                set_guidelines(self.context, project_id=project_id, markdown=form.cleaned_data["markdown"])
        except RingfenceError as refusal:
            show_refusal(form, refusal)
            return self._show(project_id, form, refusal.status)
        return to_project(self.context.public_id, project_id, said="published", route="guidelines")

    def _show(self, project_id: UUID, form: GuidelinesForm | None = None, status: int = 200) -> HttpResponse:
        with acting(self.context):
            texts = read_project(self.context, project_id=project_id)
            markdown = form.cleaned_data.get("markdown", "") if form else texts.guidelines
            return self.page(
                status=status,
                **project_values(texts),
                form=form or GuidelinesForm(initial={"markdown": texts.guidelines}),
                preview=guidelines_html(markdown),
                unpublished=form is not None,
                said=SAID.get(self.request.GET.get("said", "")),
            )


def _is_plain(texts: ProjectTexts) -> bool:
    return texts.schema is None or _plain_question(texts.schema) is not None


def _plain_question(schema: LabelSchema) -> Choice | None:
    """Return the schema's question if the plain form can write all of the schema again."""
    question = schema.questions[0]
    if not isinstance(question, Choice) or len(question.options) > OPTION_ROWS:
        return None
    again = Choice(id=question.id, text=question.text, options=question.options)
    whole = LabelSchema(tuple((name, "text") for name, _ in schema.item), (again,), seed=schema.seed)
    return question if whole == schema else None


def _plain(texts: ProjectTexts) -> QuestionForm:
    question = _plain_question(texts.schema) if texts.schema else None
    return QuestionForm(
        shown=[name for name, _ in texts.schema.item] if texts.schema else [], question=question
    )


def _text(texts: ProjectTexts) -> str:
    body = texts.schema.to_json() if texts.schema else EXAMPLE
    return json.dumps(body, ensure_ascii=False, indent=2)
