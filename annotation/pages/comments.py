"""The page of a project's comments: open ones first, answered and closed here."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.pages.projects import project_values, to_project
from annotation.services.answer_comment import answer_comment, close_comment
from annotation.services.list_comments import list_comments
from annotation.services.read_project import read_project
from annotation.values import CommentKind, CommentState
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound, RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.services.list_members import list_members

SAYS = {
    "answered": gettext_lazy("Your answer is there. The labeler sees it beside the item."),
    "ended": gettext_lazy("The thread is closed."),
}
TONES = {CommentState.OPEN: "warn", CommentState.ANSWERED: "ok", CommentState.CLOSED: "idle"}


class CommentsPage(TenantPage):
    """Threads about items of this project."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}
    unit = "own"
    template = "annotation/comments.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show them; a delivery."""
        return self._show(project_id)

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Answer a thread, or close it."""
        try:
            comment_id = UUID(request.POST.get("comment", ""))
        except ValueError as malformed:
            raise NotFound("comment") from malformed
        try:
            with acting(self.context):
                if request.POST.get("do") == "close":
                    close_comment(self.context, comment_id=comment_id)
                    return to_project(self.context.public_id, project_id, said="ended", route="comments")
                answer_comment(self.context, comment_id=comment_id, text=request.POST.get("text", ""))
        except NotFound:
            raise
        except RingfenceError as refusal:
            return self._show(project_id, comment_id, refusal)
        return to_project(self.context.public_id, project_id, said="answered", route="comments")

    def _show(
        self,
        project_id: UUID,
        refused: UUID | None = None,
        refusal: RingfenceError | None = None,
    ) -> HttpResponse:
        page = self.request.GET.get("page", "0")
        number = int(page) if page.isdecimal() and len(page) < 9 else 0
        with acting(self.context):
            texts = read_project(self.context, project_id=project_id)
            threads, more = list_comments(self.context, project_id=project_id, page=number)
            members, _more = list_members(self.context)
            names = {member.member_id: member.name for member in members}
            former = _("a former member")
            return self.page(
                status=refusal.status if refusal else 200,
                **project_values(texts),
                threads=[
                    {
                        "thread": thread,
                        "kind": CommentKind(thread.kind).label,
                        "state": CommentState(thread.state).label,
                        "tone": TONES[CommentState(thread.state)],
                        "author": names.get(thread.author_id, former),
                        "member": names.get(thread.member_id, former),
                        "answers": [(names.get(a.author_id, former), a) for a in thread.answers],
                        "refusal": refusal if thread.comment_id == refused else None,
                        "given": self.request.POST.get("text", "") if thread.comment_id == refused else "",
                    }
                    for thread in threads
                ],
                open=sum(1 for thread in threads if thread.state == CommentState.OPEN),
                number=number,
                previous=f"?page={number - 1}" if number else "",
                following=f"?page={number + 1}" if more else "",
                said=SAYS.get(self.request.GET.get("said", "")),
            )
