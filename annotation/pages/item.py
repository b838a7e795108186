"""The page of one item: what it holds, where its answers are, what was answered and said, and its order."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from annotation.labels.item import as_text
from annotation.pages.answers import in_words
from annotation.pages.board import duration
from annotation.pages.forms import show_refusal
from annotation.pages.order import Names, done_words, names_in, put_in_order, to_page
from annotation.pages.order_form import OrderForm
from annotation.pages.projects import project_values
from annotation.pages.threads import SAYS, SPOKEN, RefusedWords, speak, thread_rows
from annotation.services.comment_words import Thread
from annotation.services.list_comments import comments_of_task
from annotation.services.read_item import GivenAnswer, ItemDetail, WantedAnswer, read_item
from annotation.services.read_project import read_project
from annotation.services.return_answer import return_answer
from annotation.values import CommentKind, SlotState
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound, RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage


class ItemPage(TenantPage):
    """One item, whole, with its answers: each can be returned with a reason."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}
    unit = "own"
    template = "annotation/item.html"

    def get(self, request: HttpRequest, project_id: UUID, task_id: UUID) -> HttpResponse:
        """Show it; item, answers, comments and names are deliveries."""
        return self._show(project_id, task_id)

    def post(self, request: HttpRequest, project_id: UUID, task_id: UUID) -> HttpResponse:
        """Return an answer, speak in a thread, or change the item's place in the queue."""
        here = [self.context.public_id, project_id, task_id]
        pressed = request.POST.get("do", "")
        if pressed == "return":
            refused = self._return(task_id)
            return (
                self._show(project_id, task_id, refused=refused)
                if refused
                else to_page("item", here, {"said": "returned"})
            )
        if pressed in SPOKEN:
            done = speak(self.context, request.POST)
            if isinstance(done, RefusedWords):
                return self._show(project_id, task_id, refused=done)
            return to_page("item", here, {"said": done})
        form = OrderForm(request.POST, single=True)
        if not form.is_valid():
            return self._show(project_id, task_id, form=form, status=400)
        try:
            done_so = put_in_order(self.context, project_id=project_id, form=form, tasks=[task_id])
        except NotFound:
            raise
        except RingfenceError as refusal:
            show_refusal(form, refusal)
            return self._show(project_id, task_id, form=form, status=refusal.status)
        return to_page("item", here, done_so)

    def _return(self, task_id: UUID) -> RefusedWords | None:
        """Return an answer to this item to its giver."""
        text = self.request.POST.get("text", "")
        try:
            submission_id = UUID(self.request.POST.get("submission", ""))
        except ValueError as malformed:
            raise NotFound("answer") from malformed
        try:
            with acting(self.context):
                return_answer(self.context, submission_id=submission_id, reason=text, task_id=task_id)
        except NotFound:
            raise
        except RingfenceError as refusal:
            return RefusedWords(submission_id, text, refusal)
        return None

    def _show(
        self,
        project_id: UUID,
        task_id: UUID,
        *,
        form: OrderForm | None = None,
        refused: RefusedWords | None = None,
        status: int = 200,
    ) -> HttpResponse:
        form = form or OrderForm(single=True)
        with acting(self.context):
            texts = read_project(self.context, project_id=project_id)
            item = read_item(self.context, project_id=project_id, task_id=task_id)
            threads = comments_of_task(self.context, task_id=task_id)
            names = names_in(self.context, project_id=project_id)
            form.offer(names.labelers)
            said = SAYS.get(self.request.GET.get("said", ""))
            return self.page(
                status=refused.refusal.status if refused else status,
                **project_values(texts),
                item=item,
                fields=[
                    (as_text(name), as_text(value)) for name, value in item.fields.items() if name != "id"
                ],
                wanted=[_wanted(each, names) for each in item.wanted],
                answers=[_answer(each, item, names, threads, refused) for each in item.given],
                threads=thread_rows(threads, names.by_id, {task_id: item.seq}, refused),
                form=form,
                tab="items",
                **({"said": said} if said else done_words(self.request)),
            )


def _wanted(each: WantedAnswer, names: Names) -> dict[str, object]:
    """Return one wanted answer as a row: its state in a word, with whom, and how soon."""
    state, words = {
        SlotState.OPEN: ("waiting", _("Waiting")),
        SlotState.LEASED: ("leased", _("In work")),
        SlotState.ANSWERED: ("submitted", _("Given")),
    }[each.state]
    kept = names.of(each.reserved_for)
    return {
        "n": each.n + 1,
        "state": state,
        "words": words,
        "who": _("kept for {name}").format(name=kept) if kept else names.of(each.member_id),
        "ends": each.lease_ends,
        "priority": each.priority.label if each.priority else "",
        "aside": each.priority is None and each.state is not SlotState.ANSWERED,
    }


def _answer(
    each: GivenAnswer,
    item: ItemDetail,
    names: Names,
    threads: list[Thread],
    refused: RefusedWords | None,
) -> dict[str, object]:
    """Return one answer as a card: in words, with what was typed into its form if that was refused."""
    mine = refused if refused and refused.comment_id == each.submission_id else None
    about = [thread for thread in threads if thread.submission_id == each.submission_id]
    return {
        "given": each,
        "who": names.of(each.member_id),
        "took": duration(each.active_ms),
        "words": in_words(each.schema, each.answer),
        "order": [(chr(ord("A") + n), as_text(name)) for n, name in enumerate(each.shown)],
        "disputed": next((thread for thread in about if thread.kind == CommentKind.DISPUTE), None),
        "text": mine.text if mine else "",
        "refusal": mine.refusal if mine else None,
    }
