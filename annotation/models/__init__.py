"""What a tenant labels, in the cell: projects, items, wanted answers, given answers, imports and exports.

Content stands in sealed columns only. In clear: ids, states, counts needed and given, times and
sizes rounded up. The migrations add what Django cannot say: composite references, policies and the
storage settings of the queue.
"""

from annotation.models.jobs import ExportJob, ExportPart, ImportJob, RefusedRows, UploadPart
from annotation.models.projects import (
    GuidelinesVersion,
    Project,
    ProjectGrant,
    ProjectGrantManager,
    SchemaVersion,
)
from annotation.models.queue import Mark, Slot, Submission, Task

__all__ = [
    "ExportJob",
    "ExportPart",
    "GuidelinesVersion",
    "ImportJob",
    "Mark",
    "Project",
    "ProjectGrant",
    "ProjectGrantManager",
    "RefusedRows",
    "SchemaVersion",
    "Slot",
    "Submission",
    "Task",
    "UploadPart",
]
