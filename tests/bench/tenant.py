"""The tenant that the benches label in: a manager, labelers with tokens, projects imported through the services."""

import os
import time
from uuid import UUID

from annotation.formats.rows import Format
from annotation.services.assign_member import assign_member
from annotation.services.create_project import create_project
from annotation.services.receive_upload import Upload
from annotation.services.run_import import run_import
from annotation.services.set_schema import set_schema
from annotation.services.start_import import start_import
from annotation.values import ProjectRight
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Permission, Role
from tenants.services.manage_tokens import create_token
from tests.bench import workload
from tests.world import Someone, new_workspace


class BenchTenant:
    """One tenant. Import it after `django.setup()`."""

    def __init__(self) -> None:
        self._workspace = new_workspace("Bench")
        self.tenant_id = self._workspace.tenant_id
        self.base = f"/api/v1/{self._workspace.public_id}/"
        self._manager = self._workspace.someone(Role.MANAGER)
        self._labelers: list[Someone] = []
        self.projects: list[UUID] = []
        self.imports: list[dict[str, float]] = []

    def token(self, someone: Someone, permission: Permission) -> str:
        """Return a new token with one permission."""
        context = someone.context
        with acting(context):
            return create_token(context, label="bench", permissions=[permission], days=1)[1]

    def manager_token(self) -> str:
        """Return a token that reads items."""
        return self.token(self._manager, Permission.ITEM_READ)

    def hire(self) -> str:
        """Admit one more labeler to every project; return their token."""
        someone = self._workspace.someone(Role.LABELER, len(self._labelers))
        self._labelers.append(someone)
        for project in self.projects:
            self._assign(project, someone)
        return self.token(someone, Permission.TASK_LABEL)

    def project(self, tasks: int) -> UUID:
        """Import a project of `tasks` texts, for all labelers; return its id."""
        manager = self._manager.context
        with acting(manager):
            project = create_project(manager, name=f"Bench {tasks}", overlap=workload.overlap_of(tasks))
        with acting(manager):
            set_schema(manager, project_id=project, schema=workload.SCHEMA)
        began, load = time.perf_counter(), os.getloadavg()[0]
        job = start_import(manager, project_id=project, file_name="bench.jsonl", declared_bytes=None)
        upload = Upload(manager, job_id=job.job_id, project_id=project, file_format=Format.JSONL)
        for piece in workload.lines(tasks, seed=tasks):
            upload.write(piece)
        upload.finish()
        while run_import(self._manager.context, job_id=job.job_id) == "waiting":
            pass
        seconds = time.perf_counter() - began
        self.imports.append({"tasks": tasks, "per_second": tasks / seconds, "load": load})
        self.projects.append(project)
        for someone in self._labelers:
            self._assign(project, someone)
        return project

    def _assign(self, project: UUID, someone: Someone) -> None:
        manager = self._manager.context
        with acting(manager):
            assign_member(manager, project_id=project, member_id=someone.member_id, right=ProjectRight.LABEL)
