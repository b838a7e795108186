"""Pages of what a project tells its labelers: managers write it, labelers read it and say yes or no."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from annotation.errors import QuizFirst, QuizInvalid, TermsChanged
from annotation.labels.purpose import Purpose, decode_purpose
from annotation.labels.quiz import MOST_QUESTIONS
from annotation.pages.forms import show_refusal
from annotation.pages.projects import SAID, project_values, to_project
from annotation.pages.quiz_forms import answers_given
from annotation.pages.safe import guidelines_html
from annotation.pages.terms_forms import AgreementForm, PurposeForm
from annotation.services.acknowledge import acknowledge
from annotation.services.answer_quiz import JudgedQuiz, answer_quiz
from annotation.services.list_terms import list_terms, takes_part
from annotation.services.read_project import read_project
from annotation.services.read_terms import read_terms
from annotation.services.require_guidelines import require_guidelines
from annotation.services.set_agreement import set_agreement
from annotation.services.set_purpose import set_purpose
from annotation.values import TakesPart, Term
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import NotFound, RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.services.list_members import list_members

SAYS = SAID | {
    "asked": _("The new version is published. Everybody is asked again before their next item."),
    "rule": _("Done. It counts from the next item on."),
}
TONES = {TakesPart.YES: "on", TakesPart.NOT_AVAILABLE: "off", TakesPart.NOT_ASKED: "waiting"}


class PurposePage(TenantPage):
    """What the answers are for: written here, with a preview, its versions, and who takes part."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}
    unit = "own"
    template = "annotation/purpose.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show the newest version in its form."""
        return self._show(project_id)

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show a preview, or publish."""
        form = PurposeForm(request.POST)
        if not form.is_valid():
            return self._show(project_id, form, 400)
        if request.POST.get("do") == "preview":
            return self._show(project_id, form)
        try:
            with acting(self.context):
                set_purpose(self.context, project_id=project_id, purpose=form.to_purpose())
        except RingfenceError as refusal:
            show_refusal(form, refusal)
            return self._show(project_id, form, refusal.status)
        return to_project(self.context.public_id, project_id, said="asked", route="purpose")

    def _show(self, project_id: UUID, form: PurposeForm | None = None, status: int = 200) -> HttpResponse:
        with acting(self.context):
            texts = read_project(self.context, project_id=project_id)
            versions = list_terms(self.context, project_id=project_id, kind=Term.PURPOSE)
            newest = decode_purpose(versions[0].body) if versions else None
            written = Purpose(**form.to_purpose()) if form is not None and form.is_valid() else None
            return self.page(
                status=status,
                **project_values(texts),
                form=form or PurposeForm(initial=_in_form(newest)),
                preview=written or newest,
                unpublished=form is not None,
                versions=[(v.version, v.created_at, decode_purpose(v.body)) for v in versions],
                people=_people(self.context, project_id),
                tab="purpose",
                said=SAYS.get(self.request.GET.get("said", "")),
            )


class AgreementPage(TenantPage):
    """An agreement that labelers accept first, and whether they confirm guidelines."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}
    unit = "own"
    template = "annotation/agreement.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show the newest version in its form."""
        return self._show(project_id)

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show a preview, publish, or change the rule about guidelines."""
        if request.POST.get("do") == "rule":
            with acting(self.context):
                required = request.POST.get("guidelines_required") == "on"
                require_guidelines(self.context, project_id=project_id, required=required)
            return to_project(self.context.public_id, project_id, said="rule", route="agreement")
        form = AgreementForm(request.POST)
        if not form.is_valid():
            return self._show(project_id, form, 400)
        if request.POST.get("do") == "preview":
            return self._show(project_id, form)
        try:
            with acting(self.context):
                set_agreement(self.context, project_id=project_id, markdown=form.cleaned_data["markdown"])
        except RingfenceError as refusal:
            show_refusal(form, refusal)
            return self._show(project_id, form, refusal.status)
        return to_project(self.context.public_id, project_id, said="asked", route="agreement")

    def _show(self, project_id: UUID, form: AgreementForm | None = None, status: int = 200) -> HttpResponse:
        with acting(self.context):
            texts = read_project(self.context, project_id=project_id)
            versions = list_terms(self.context, project_id=project_id, kind=Term.AGREEMENT)
            newest = versions[0].body.decode() if versions else ""
            written = form.cleaned_data.get("markdown", "") if form else newest
            guidelines = read_terms(self.context, project_id=project_id).term(Term.GUIDELINES)
            return self.page(
                status=status,
                **project_values(texts),
                form=form or AgreementForm(initial={"markdown": newest}),
                preview=guidelines_html(written),
                unpublished=form is not None,
                versions=[(v.version, v.created_at, guidelines_html(v.body.decode())) for v in versions],
                guidelines=guidelines,
                tab="purpose",
                said=SAYS.get(self.request.GET.get("said", "")),
            )


class TermsPage(TenantPage):
    """What a labeler reads before the first item: purpose, agreement, guidelines; and the two buttons."""

    requires = {"GET": Permission.TASK_LABEL, "POST": Permission.TASK_LABEL}
    unit = "own"
    template = "annotation/terms.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show them; a delivery."""
        return self._show(project_id)

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Keep the visitor's word; when nothing is left to accept, lead to the first item."""
        try:
            kind, version = Term[request.POST.get("kind", "").upper()], int(request.POST.get("version", ""))
        except (KeyError, ValueError) as malformed:
            raise NotFound("term") from malformed
        if kind is Term.GUIDELINES and request.POST.get("do") == "quiz":
            return self._try_quiz(project_id, version)
        accepted = request.POST.get("do") == "accept"
        try:
            with acting(self.context):
                acknowledge(
                    self.context, project_id=project_id, kind=kind, version=version, accepted=accepted
                )
                ready = not read_terms(self.context, project_id=project_id).open
        except (TermsChanged, QuizFirst) as refusal:
            return self._show(project_id, refusal)
        route = "annotation:label" if accepted and ready else "annotation:terms"
        return HttpResponseRedirect(reverse(route, args=[self.context.public_id, project_id]))

    def _try_quiz(self, project_id: UUID, version: int) -> HttpResponse:
        """Judge the visitor's answers: all right, and the way is open; else say what is not, and why."""
        judged, refusal = None, None
        given = answers_given(self.request.POST, MOST_QUESTIONS)
        try:
            with acting(self.context):
                asked = read_terms(self.context, project_id=project_id).term(Term.GUIDELINES)
                given = given[: len(asked.quiz) if asked else 0]
                judged = answer_quiz(self.context, project_id=project_id, version=version, answers=given)
                ready = not read_terms(self.context, project_id=project_id).open
        except (TermsChanged, QuizInvalid) as wrong:
            refusal = wrong
        if judged is None or not judged.passed:
            return self._show(project_id, refusal, given=given, judged=judged)
        route = "annotation:label" if ready else "annotation:terms"
        return HttpResponseRedirect(reverse(route, args=[self.context.public_id, project_id]))

    def _show(
        self,
        project_id: UUID,
        refusal: RingfenceError | None = None,
        *,
        given: Sequence[int | None] = (),
        judged: JudgedQuiz | None = None,
    ) -> HttpResponse:
        with acting(self.context):
            terms = read_terms(self.context, project_id=project_id)
            guidelines = terms.term(Term.GUIDELINES)
            questions = guidelines.quiz if guidelines else ()
            answers = judged.answers if judged else ()
            return self.page(
                quiz=[
                    (question, n, chosen, answer)
                    for n, (question, chosen, answer) in enumerate(
                        zip_longest(questions, given[: len(questions)], answers)
                    )
                ],
                quiz_said=_("Not all of it is right yet. What is wrong is explained below.")
                if judged
                else "",
                status=refusal.status if refusal else 200,
                project=terms.project,
                purpose=terms.purpose,
                asked=[(term, term.kind.name.lower(), guidelines_html(term.text)) for term in terms.asked],
                ready=not terms.open,
                declined=any(term.accepted is False for term in terms.asked),
                refusal=refusal,
            )


def _people(context: TenantContext, project_id: UUID) -> list[tuple[str, str, str]]:
    """Return each assigned labeler's name with what managers see of their word, and its tone."""
    members, _more = list_members(context)
    names = {member.member_id: member.name for member in members}
    rows = [
        (names.get(member_id, str(_("a former member"))), str(state.label), TONES[state])
        for member_id, state in takes_part(context, project_id=project_id).items()
    ]
    return sorted(rows, key=lambda row: row[0].casefold())


def _in_form(purpose: Purpose | None) -> dict[str, Any]:
    if purpose is None:
        return {}
    said = purpose.to_json()
    return said | {name: "yes" if said[name] else "no" for name in ("defence", "disturbing")}
