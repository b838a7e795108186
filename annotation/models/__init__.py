"""What a tenant labels, in the cell: projects, items, wanted answers, given answers, imports and exports.

Content stands in sealed columns only. In clear: ids, states, counts needed and given, times and
sizes rounded up. The migrations add what Django cannot say: composite references, policies and the
storage settings of the queue.
"""

from annotation.models.aggregates import AggregateCursor, ProjectAggregate
from annotation.models.comments import Comment, CommentAnswer
from annotation.models.jobs import ExportJob, ExportPart, ImportJob, RefusedRows, UploadPart
from annotation.models.labor import Draft, PersonCount, Skip
from annotation.models.projects import (
    GuidelinesVersion,
    Project,
    ProjectGrant,
    ProjectGrantManager,
    SchemaVersion,
)
from annotation.models.queue import Mark, Slot, Submission, Task
from annotation.models.skills import MemberSkill, ProjectSkill, Skill
from annotation.models.terms import Acknowledgement, AgreementVersion, PurposeVersion, QuizTries

__all__ = [
    "Acknowledgement",
    "AggregateCursor",
    "AgreementVersion",
    "Comment",
    "CommentAnswer",
    "Draft",
    "ExportJob",
    "ExportPart",
    "GuidelinesVersion",
    "ImportJob",
    "Mark",
    "MemberSkill",
    "PersonCount",
    "Project",
    "ProjectAggregate",
    "ProjectGrant",
    "ProjectGrantManager",
    "ProjectSkill",
    "PurposeVersion",
    "QuizTries",
    "RefusedRows",
    "SchemaVersion",
    "Skill",
    "Skip",
    "Slot",
    "Submission",
    "Task",
    "UploadPart",
]
