"""What is said about an item between the person who labels it and the people who manage the project."""

from django.db import models

from annotation.models.projects import Project
from annotation.models.queue import Submission, Task
from annotation.values import CommentKind, CommentState
from ringfence.kernel.models import SealedField, TenantForeignKey, TenantModel


class Comment(TenantModel):
    """One thread about one item. `member_id` is the labeler whom it concerns; no other labeler sees it.

    A labeler opens a question, a flag or a dispute; a manager opens a return, which names the answer.
    """

    project = TenantForeignKey(Project, db_index=False)
    task = TenantForeignKey(Task, db_index=False)
    submission = TenantForeignKey(Submission, null=True, db_index=False)
    kind = models.CharField(max_length=8, choices=CommentKind.choices)
    state = models.CharField(max_length=8, choices=CommentState.choices, default=CommentState.OPEN)
    member_id = models.UUIDField()
    author_id = models.UUIDField()
    body = SealedField()
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "submission", "kind"],
                name="one_return_and_one_dispute_of_each_answer",
                condition=models.Q(submission__isnull=False),
            ),
            models.CheckConstraint(
                name="comment_is_closed_at_some_time",
                condition=models.Q(state=CommentState.CLOSED, closed_at__isnull=False)
                | (~models.Q(state=CommentState.CLOSED) & models.Q(closed_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant_id", "project", "state", "at"], name="comment_by_project"),
            models.Index(fields=["tenant_id", "member_id", "at"], name="comment_by_person"),
            models.Index(fields=["tenant_id", "task"], name="comment_by_task"),
        ]


class CommentAnswer(TenantModel):
    """One more word in a thread, by either side."""

    comment = TenantForeignKey(Comment, db_index=False)
    author_id = models.UUIDField()
    body = SealedField()
    at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant_id", "comment", "at"], name="answer_by_comment")]
