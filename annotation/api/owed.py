"""The API of what a project tells its labelers, and of what is said about items."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from annotation.api import owed_bodies as bodies
from annotation.api.bodies import GuidelinesBody, VersionAnswer
from annotation.api.projects import TENANT, whole_number
from annotation.services.acknowledge import acknowledge
from annotation.services.add_comment import add_comment
from annotation.services.answer_comment import answer_comment, close_comment
from annotation.services.answer_quiz import answer_quiz
from annotation.services.list_comments import comments_of_task, list_comments
from annotation.services.read_terms import AskedTerm, Terms, read_terms
from annotation.services.return_answer import return_answer
from annotation.services.set_agreement import set_agreement
from annotation.services.set_purpose import set_purpose
from annotation.services.uphold_answer import uphold_answer
from annotation.values import CommentKind, Term
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantAPIView


class PurposeView(TenantAPIView):
    """What the answers of a project are for."""

    requires = {"GET": Permission.PROJECT_LIST, "PUT": Permission.PROJECT_MANAGE}

    @extend_schema(responses=bodies.PurposeAnswer, parameters=[TENANT])
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return the newest version: a delivery, in the log before it leaves."""
        terms = read_terms(self.context, project_id=project_id)
        stated = terms.term(Term.PURPOSE)
        shown = terms.purpose and terms.purpose.to_json()
        return Response({"version": stated.version if stated else 0, "purpose": shown})

    @extend_schema(request=bodies.PurposeBody, responses=VersionAnswer, parameters=[TENANT])
    def put(self, request: Request, project_id: UUID) -> Response:
        """State it anew: nobody gets items who has not accepted this version."""
        stated = _read(bodies.PurposeBody, request)
        return Response({"version": set_purpose(self.context, project_id=project_id, purpose=stated)})


class AgreementView(TenantAPIView):
    """An agreement that labelers of a project accept first."""

    requires = {"GET": Permission.PROJECT_LIST, "PUT": Permission.PROJECT_MANAGE}

    @extend_schema(responses=bodies.AgreementAnswer, parameters=[TENANT])
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return the newest version, Markdown."""
        asked = read_terms(self.context, project_id=project_id).term(Term.AGREEMENT)
        return Response({"version": asked.version if asked else 0, "markdown": asked.text if asked else ""})

    @extend_schema(request=GuidelinesBody, responses=VersionAnswer, parameters=[TENANT])
    def put(self, request: Request, project_id: UUID) -> Response:
        """Publish a new version, which everybody is asked anew."""
        markdown = _read(GuidelinesBody, request)["markdown"]
        return Response({"version": set_agreement(self.context, project_id=project_id, markdown=markdown)})


class TermsView(TenantAPIView):
    """All that a project asks of the caller."""

    requires = Permission.TASK_LABEL

    @extend_schema(responses=bodies.TermsAnswer, parameters=[TENANT])
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return purpose, agreement and guidelines with the caller's word to each: one delivery."""
        return Response(terms_json(read_terms(self.context, project_id=project_id)))


class AcknowledgementsView(TenantAPIView):
    """The caller's word to what a project asks."""

    requires = Permission.TASK_LABEL

    @extend_schema(request=bodies.AcknowledgementBody, responses={204: None}, parameters=[TENANT])
    def post(self, request: Request, project_id: UUID) -> Response:
        """Accept or decline one version. Declining counts nowhere; it can be changed."""
        said = _read(bodies.AcknowledgementBody, request)
        acknowledge(
            self.context,
            project_id=project_id,
            kind=Term[said["kind"].upper()],
            version=said["version"],
            accepted=said["decision"] == "accepted",
        )
        return Response(status=204)


class QuizView(TenantAPIView):
    """The quiz of a project's guidelines."""

    requires = Permission.TASK_LABEL

    @extend_schema(request=bodies.QuizAnswersBody, responses=bodies.JudgedQuizAnswer, parameters=[TENANT])
    def post(self, request: Request, project_id: UUID) -> Response:
        """Answer all questions; wrong answers come back with why. Passing acknowledges the guidelines."""
        given = _read(bodies.QuizAnswersBody, request)
        judged = answer_quiz(
            self.context, project_id=project_id, version=given["version"], answers=given["answers"]
        )
        return Response(bodies.JudgedQuizAnswer(judged).data)


class ProjectCommentsView(TenantAPIView):
    """Threads about items of a project."""

    requires = Permission.PROJECT_LIST

    @extend_schema(
        responses=bodies.ThreadsAnswer,
        parameters=[TENANT, OpenApiParameter("page", int, description="from 0; 50 threads each")],
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return one page, open threads first: all for managers, their own for labelers. A delivery."""
        threads, more = list_comments(self.context, project_id=project_id, page=whole_number(request, "page"))
        return Response(bodies.ThreadsAnswer({"comments": threads, "more": more}).data)


class TaskCommentsView(TenantAPIView):
    """Threads about one item."""

    requires = {"GET": Permission.PROJECT_LIST, "POST": Permission.TASK_LABEL}

    @extend_schema(responses=bodies.ThreadsAnswer, parameters=[TENANT])
    def get(self, request: Request, task_id: UUID) -> Response:
        """Return what the caller may see, oldest first: a delivery."""
        threads = comments_of_task(self.context, task_id=task_id)
        return Response(bodies.ThreadsAnswer({"comments": threads, "more": False}).data)

    @extend_schema(request=bodies.CommentBody, responses={201: bodies.Made}, parameters=[TENANT])
    def post(self, request: Request, task_id: UUID) -> Response:
        """Ask, flag, or dispute a returned answer."""
        body = _read(bodies.CommentBody, request)
        made = add_comment(self.context, task_id=task_id, kind=CommentKind(body["kind"]), text=body["text"])
        return Response({"id": made}, status=201)


class CommentAnswersView(TenantAPIView):
    """Words in a thread."""

    requires = Permission.PROJECT_LIST

    @extend_schema(request=bodies.WordsBody, responses={201: bodies.Made}, parameters=[TENANT])
    def post(self, request: Request, comment_id: UUID) -> Response:
        """Answer; it is then the other side's turn."""
        text = _read(bodies.WordsBody, request)["text"]
        return Response({"id": answer_comment(self.context, comment_id=comment_id, text=text)}, status=201)


class CommentCloseView(TenantAPIView):
    """The end of a thread."""

    requires = Permission.PROJECT_MANAGE

    @extend_schema(request=None, responses={204: None}, parameters=[TENANT])
    def post(self, request: Request, comment_id: UUID) -> Response:
        """Close it; harmless when it is closed."""
        close_comment(self.context, comment_id=comment_id)
        return Response(status=204)


class UpholdView(TenantAPIView):
    """Agreeing with a dispute."""

    requires = Permission.PROJECT_MANAGE

    @extend_schema(request=None, responses={204: None}, parameters=[TENANT])
    def post(self, request: Request, comment_id: UUID) -> Response:
        """Let the returned answer count again and close the dispute; harmless when that is so already."""
        uphold_answer(self.context, comment_id=comment_id)
        return Response(status=204)


class ReturnView(TenantAPIView):
    """Returning an answer to whoever gave it."""

    requires = Permission.PROJECT_MANAGE

    @extend_schema(request=bodies.WordsBody, responses={201: bodies.Made}, parameters=[TENANT])
    def post(self, request: Request, submission_id: UUID) -> Response:
        """Return it with a reason; the item is kept for the same person. The id is the thread's."""
        reason = _read(bodies.WordsBody, request)["text"]
        made = return_answer(self.context, submission_id=submission_id, reason=reason)
        return Response({"id": made}, status=201)


def terms_json(terms: Terms) -> dict[str, Any]:
    """Return what `bodies.TermsAnswer` describes."""
    return {
        "purpose": terms.purpose and terms.purpose.to_json(),
        "asked": [_asked(term) for term in terms.asked],
    }


def desk_terms(terms: Terms) -> dict[str, Any]:
    """Return the same as the workspace's desk carries it: one entry a kind, null for what is not asked."""
    stated, agreed, read = (terms.term(kind) for kind in Term)
    return {
        "purpose": stated
        and terms.purpose
        and {"version": stated.version, "accepted": stated.accepted is True, **terms.purpose.to_json()},
        "agreement": agreed
        and {"version": agreed.version, "accepted": agreed.accepted is True, "markdown": agreed.text},
        "guidelines": {
            "version": read.version if read else 0,
            "markdown": read.text if read else "",
            "acknowledged": read.accepted is True if read else False,
            "required": read.required if read else False,
        },
    }


def _asked(term: AskedTerm) -> dict[str, Any]:
    return {
        "kind": term.kind.name.lower(),
        "version": term.version,
        "required": term.required,
        "accepted": term.accepted,
        "markdown": term.text,
        "quiz": list(term.quiz),
    }


def _read(body: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    read = body(data=request.data)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)
