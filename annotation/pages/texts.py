"""The page of a project's guidelines and of the quiz about them."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from annotation.pages.forms import GuidelinesForm, show_refusal
from annotation.pages.projects import SAID, project_values, to_project
from annotation.pages.quiz_forms import QuestionForms, questions_again, questions_given, questions_of
from annotation.pages.safe import guidelines_html
from annotation.services.read_project import read_project
from annotation.services.set_guidelines import set_guidelines
from ringfence.kernel.context import acting
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage


class GuidelinesPage(TenantPage):
    """The guidelines, with a preview."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}
    unit = "own"
    template = "annotation/guidelines.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show the newest version and how labelers see it."""
        return self._show(project_id)

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show a preview or one more question, or publish guidelines and quiz as one version."""
        form, questions = GuidelinesForm(request.POST), questions_given(request.POST)
        if not form.is_valid() or not questions.is_valid():
            return self._show(project_id, form, questions, 400)
        quiz, wanted = questions.to_quiz(), request.POST.get("do")
        if wanted in ("preview", "add"):
            empty = len(questions.forms) - len(quiz) + 1 if wanted == "add" else 1
            return self._show(project_id, form, questions_again(quiz, empty=empty))
        try:
            with acting(self.context):
                set_guidelines(
                    self.context, project_id=project_id, markdown=form.cleaned_data["markdown"], quiz=quiz
                )
        except RingfenceError as refusal:
            show_refusal(form, refusal)
            return self._show(project_id, form, questions_again(quiz), refusal.status)
        return to_project(self.context.public_id, project_id, said="published", route="guidelines")

    def _show(
        self,
        project_id: UUID,
        form: GuidelinesForm | None = None,
        questions: QuestionForms | None = None,
        status: int = 200,
    ) -> HttpResponse:
        with acting(self.context):
            texts = read_project(self.context, project_id=project_id)
            markdown = form.cleaned_data.get("markdown", "") if form else texts.guidelines
            return self.page(
                status=status,
                **project_values(texts),
                form=form or GuidelinesForm(initial={"markdown": texts.guidelines}),
                questions=questions or questions_of(texts.quiz),
                required=texts.guidelines_required,
                preview=guidelines_html(markdown),
                unpublished=form is not None,
                said=SAID.get(self.request.GET.get("said", "")),
            )
