"""The page of a project's comments: those that wait first, or alone; answered and closed here."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode

from annotation.pages.order import to_page
from annotation.pages.projects import project_values
from annotation.pages.threads import SAYS, RefusedWords, speak, thread_rows
from annotation.services.list_comments import list_comments, open_threads_by_kind, places_of
from annotation.services.read_project import read_project
from annotation.values import CommentState
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.services.list_members import list_members


class CommentsPage(TenantPage):
    """Threads about items of this project."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}
    unit = "own"
    template = "annotation/comments.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show them, or with `?state=open` those that wait; a delivery."""
        return self._show(project_id)

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Answer a thread, uphold its answer, or close it, and stay where one was."""
        done = speak(self.context, request.POST)
        if isinstance(done, RefusedWords):
            return self._show(project_id, done)
        return to_page("comments", [self.context.public_id, project_id], {"said": done} | self._kept())

    def _kept(self, **other: str) -> dict[str, str]:
        """Return which threads are shown, for addresses."""
        given = {name: self.request.GET.get(name, "") for name in ("state", "page")} | other
        return {name: value for name, value in given.items() if value}

    def _show(self, project_id: UUID, refused: RefusedWords | None = None) -> HttpResponse:
        page, wanted = self.request.GET.get("page", "0"), self.request.GET.get("state", "")
        number = int(page) if page.isdecimal() and len(page) < 9 else 0
        state = CommentState(wanted) if wanted in CommentState.values else None
        with acting(self.context):
            texts = read_project(self.context, project_id=project_id)
            waiting = open_threads_by_kind(self.context, project_id=project_id)
            threads, more = list_comments(self.context, project_id=project_id, page=number, state=state)
            members, _more = list_members(self.context)
            names = {member.member_id: member.name for member in members}
            return self.page(
                status=refused.refusal.status if refused else 200,
                **project_values(texts),
                threads=thread_rows(threads, names, places_of(threads), refused),
                waiting=[(kind.label, n) for kind, n in waiting.items()],
                open=sum(waiting.values()),
                state=state.value if state else "",
                here=f"?{urlencode(self._kept())}",
                number=number,
                previous=f"?{urlencode(self._kept(page=str(number - 1)))}" if number else "",
                following=f"?{urlencode(self._kept(page=str(number + 1)))}" if more else "",
                said=SAYS.get(self.request.GET.get("said", "")),
            )
