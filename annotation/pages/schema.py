"""The editor of a project's label schema: templates, form and JSON of one value, preview, versions."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from annotation.errors import SchemaMoved
from annotation.labels.changes import Change, Difference, what_changes
from annotation.labels.sample import sample_item
from annotation.labels.schema import LabelSchema
from annotation.labels.templates.catalogue import Template, templates
from annotation.pages.forms import SchemaTextForm, show_refusal
from annotation.pages.projects import SAID, project_values, to_project
from annotation.services.list_schema_versions import list_schema_versions
from annotation.services.read_project import read_project
from annotation.services.set_schema import parse_schema, set_schema
from annotation.values import ProjectTexts
from ringfence.kernel.context import acting
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage


class SchemaPage(TenantPage):
    """What labelers are asked, edited as a form or as JSON. Without script the JSON alone does it all."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}
    unit = "own"
    template = "annotation/schema.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show the newest version, an older one, or a template to begin with."""
        version = request.GET.get("version", "")
        older = int(version) if version.isdecimal() and len(version) < 9 else None
        return self._show(project_id, version=older, chosen=_template(request.GET.get("template", "")))

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Check the schema and say what it changes, or publish it as a new version."""
        form = SchemaTextForm(request.POST)
        if not form.is_valid():
            return self._show(project_id, form=form, status=400)
        schema, base = form.cleaned_data["schema"], form.cleaned_data["base"]
        try:
            if request.POST.get("do") == "check":
                return self._show(project_id, form=form, checked=parse_schema(schema))
            with acting(self.context):
                set_schema(self.context, project_id=project_id, schema=schema, base=base)
        except RingfenceError as refusal:
            if isinstance(refusal, SchemaMoved):
                # Whoever publishes again has read that somebody was faster, and by what.
                form.data = {**request.POST.dict(), "base": refusal.newest}
            show_refusal(form, refusal)
            return self._show(project_id, form=form, status=refusal.status)
        return to_project(self.context.public_id, project_id, said="published", route="schema")

    def _show(
        self,
        project_id: UUID,
        *,
        form: SchemaTextForm | None = None,
        version: int | None = None,
        chosen: Template | None = None,
        checked: LabelSchema | None = None,
        status: int = 200,
    ) -> HttpResponse:
        with acting(self.context):
            versions = list_schema_versions(self.context, project_id=project_id)
            texts = read_project(self.context, project_id=project_id, schema_version=version)
            base = texts.project.schema_version
            return self.page(
                status=status,
                **project_values(texts),
                form=form or SchemaTextForm(initial=_initial(texts, chosen, base)),
                templates=templates(),
                chosen=chosen,
                versions=versions,
                older=version if version and texts.schema and version != base else None,
                unpublished=form is not None or chosen is not None,
                checked=checked is not None,
                changes=[_sentence(each) for each in what_changes(texts.schema, checked)] if checked else [],
                said=SAID.get(self.request.GET.get("said", "")),
            )


def _template(name: str) -> Template | None:
    return next((each for each in templates() if each.name == name), None)


def _initial(texts: ProjectTexts, chosen: Template | None, base: int) -> dict[str, Any]:
    if chosen is None and texts.schema is not None:
        return {
            "schema": _text(texts.schema.to_json()),
            "sample": _text(sample_item(texts.schema)),
            "base": base,
        }
    template = chosen or templates()[0]
    return {"schema": _text(template.schema), "sample": _text(template.items[0]), "base": base}


def _text(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2)


def _sentence(difference: Difference) -> str:
    """Return what a difference means to people who label."""
    sentences = {
        Change.SHOWN: _("Other fields of the item are shown, or in another way: {names}."),
        Change.COMPARED: _("What is compared is another, or shown otherwise."),
        Change.ADDED: _("There is a new question: {question}."),
        Change.REMOVED: _("The question {question} is gone. Answers given to it stay, and are exported."),
        Change.TYPE: _(
            "The question {question} takes another kind of answer now ({names}). A new id keeps"
            " exports easier to read."
        ),
        Change.OPTIONS_ADDED: _("{question} has new options: {names}."),
        Change.OPTIONS_REMOVED: _("{question} lost options: {names}. Answers that gave them stay."),
        Change.KEYS: _("Keys of {question} moved: labelers who know the old ones by heart will mistype."),
        Change.NEEDED: _("Whether {question} must be answered: {names}."),
        Change.WHEN: _("{question} is asked under another condition."),
        Change.ORDER: _("The questions come in another order."),
        Change.WORDS: _("Words of {question} are others."),
        Change.OTHER: _("Limits or settings of {question} are others."),
    }
    return sentences[difference.change].format(
        question=f"“{difference.question}”", names=", ".join(difference.names)
    )
