"""The API of projects: make, change, schema, guidelines, people, items, board."""

from uuid import UUID

from django.http import JsonResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api import bodies
from annotation.api.hot import items_json
from annotation.services.assign_member import assign_member
from annotation.services.board import board
from annotation.services.change_project import change_project
from annotation.services.create_project import create_project
from annotation.services.list_assignments import list_assignments
from annotation.services.list_items import list_items
from annotation.services.list_projects import list_projects
from annotation.services.read_project import read_project
from annotation.services.set_guidelines import set_guidelines
from annotation.services.set_schema import set_schema
from annotation.services.unassign_member import unassign_member
from annotation.values import ProjectRight
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantAPIView

TENANT = OpenApiParameter("tenant", str, OpenApiParameter.PATH, description="public id of the workspace")


def whole_number(request: Request, name: str) -> int:
    """Return a query parameter as a number from 0; 0 when it is absent or none."""
    given = request.query_params.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 19 else 0


class ProjectsView(TenantAPIView):
    """The projects that the caller can see."""

    requires = {"GET": Permission.PROJECT_LIST, "POST": Permission.PROJECT_CREATE}

    @extend_schema(
        operation_id="v1_projects_list",
        responses=bodies.ProjectsAnswer,
        parameters=[TENANT, OpenApiParameter("page", int, description="from 0; 1,000 projects each")],
    )
    def get(self, request: Request) -> Response:
        """Return one page with names opened: a delivery, in the log before it leaves."""
        listed, more = list_projects(self.context, page=whole_number(request, "page"))
        return Response(bodies.ProjectsAnswer({"projects": listed, "more": more}).data)

    @extend_schema(request=bodies.NewProjectBody, responses={201: bodies.NewProject}, parameters=[TENANT])
    def post(self, request: Request) -> Response:
        """Make a project; the caller manages and reads it."""
        body = bodies.NewProjectBody(data=request.data)
        body.is_valid(raise_exception=True)
        return Response({"id": create_project(self.context, **body.validated_data)}, status=201)


class ProjectView(TenantAPIView):
    """One project."""

    requires = {"GET": Permission.PROJECT_LIST, "PATCH": Permission.PROJECT_MANAGE}

    @extend_schema(responses=bodies.ProjectAnswer, parameters=[TENANT])
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return the project."""
        texts = read_project(self.context, project_id=project_id)
        return Response(bodies.ProjectAnswer(texts.project).data)

    @extend_schema(request=bodies.ProjectChangeBody, responses={204: None}, parameters=[TENANT])
    def patch(self, request: Request, project_id: UUID) -> Response:
        """Change what is given."""
        body = bodies.ProjectChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        change_project(self.context, project_id=project_id, **body.validated_data)
        return Response(status=204)


class SchemaView(TenantAPIView):
    """A project's label schema."""

    requires = {"GET": Permission.PROJECT_LIST, "PUT": Permission.PROJECT_MANAGE}

    @extend_schema(
        responses=bodies.SchemaAnswer,
        parameters=[
            TENANT,
            OpenApiParameter("version", int, description="an older one; without it the newest"),
        ],
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return one version of the schema, or null before the first; labelers see no source names in it."""
        version = whole_number(request, "version") or None
        texts = read_project(self.context, project_id=project_id, schema_version=version)
        if version is not None and texts.schema is None:
            raise NotFound("version")
        shown = texts.schema_json()
        return Response({"version": version or texts.project.schema_version, "schema": shown})

    @extend_schema(
        request=bodies.SchemaBody,
        responses={200: bodies.VersionAnswer, 409: bodies.RefusalAnswer},
        parameters=[TENANT],
    )
    def put(self, request: Request, project_id: UUID) -> Response:
        """Publish a new version; answers given before keep theirs. With a `base` that is not the newest: 409."""
        body = bodies.SchemaBody(data=request.data)
        body.is_valid(raise_exception=True)
        return Response({"version": set_schema(self.context, project_id=project_id, **body.validated_data)})


class GuidelinesView(TenantAPIView):
    """A project's guidelines."""

    requires = {"GET": Permission.PROJECT_LIST, "PUT": Permission.PROJECT_MANAGE}

    @extend_schema(responses=bodies.GuidelinesAnswer, parameters=[TENANT])
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return the newest version, Markdown, with its quiz; right answers are for managers and readers only."""
        texts = read_project(self.context, project_id=project_id)
        return Response(
            {
                "version": texts.project.guidelines_version,
                "markdown": texts.guidelines,
                "quiz": [q.to_json() if texts.sees_all else q.for_labelers() for q in texts.quiz],
            }
        )

    @extend_schema(request=bodies.QuizzedGuidelinesBody, responses=bodies.VersionAnswer, parameters=[TENANT])
    def put(self, request: Request, project_id: UUID) -> Response:
        """Publish a new version. Without `quiz`, the quiz of the version before goes on."""
        body = bodies.QuizzedGuidelinesBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        return Response(
            {
                "version": set_guidelines(
                    self.context, project_id=project_id, markdown=given["markdown"], quiz=given.get("quiz")
                )
            }
        )


class AssignmentsView(TenantAPIView):
    """Who may do what on a project."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}

    @extend_schema(responses=bodies.AssignmentsAnswer, parameters=[TENANT])
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return members and their rights."""
        assigned = list_assignments(self.context, project_id=project_id)
        listed = [{"member": member, "rights": sorted(rights)} for member, rights in sorted(assigned.items())]
        return Response({"assignments": listed})

    @extend_schema(request=bodies.AssignmentBody, responses={204: None}, parameters=[TENANT])
    def post(self, request: Request, project_id: UUID) -> Response:
        """Give a member a right."""
        body = bodies.AssignmentBody(data=request.data)
        body.is_valid(raise_exception=True)
        assign_member(
            self.context,
            project_id=project_id,
            member_id=body.validated_data["member"],
            right=ProjectRight(body.validated_data["right"]),
        )
        return Response(status=204)


class AssignmentView(TenantAPIView):
    """One member's right on a project."""

    requires = {"DELETE": Permission.PROJECT_MANAGE}

    @extend_schema(responses={204: None}, parameters=[TENANT])
    def delete(self, request: Request, project_id: UUID, member_id: UUID, right: str) -> Response:
        """Take it away; items that the member holds go back to the queue."""
        if right not in ProjectRight.values:
            raise NotFound("right")
        unassign_member(self.context, project_id=project_id, member_id=member_id, right=ProjectRight(right))
        return Response(status=204)


class BoardView(TenantAPIView):
    """Where a project stands."""

    requires = Permission.PROJECT_MANAGE

    @extend_schema(responses=bodies.BoardAnswer, parameters=[TENANT])
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return live counts: answers needed and given, and by whom; never by label."""
        return Response(bodies.BoardAnswer(board(self.context, project_id=project_id)).data)


class ItemsView(TenantAPIView):
    """The items of a project."""

    requires = Permission.ITEM_READ

    @extend_schema(
        responses=bodies.ItemsAnswer,
        parameters=[TENANT, OpenApiParameter("after", int, description="the `after` of the page before")],
    )
    def get(self, request: Request, project_id: UUID) -> JsonResponse:
        """Return up to 100 items opened: a delivery, in the log before it leaves."""
        page = list_items(self.context, project_id=project_id, after=whole_number(request, "after"))
        return JsonResponse(items_json(page))
