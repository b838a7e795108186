"""Addresses of the API of terms, comments and one's own work."""

from django.urls import path

from annotation.api import owed, work

owed_urls = [
    path("projects/<uuid:project_id>/purpose", owed.PurposeView.as_view(), name="purpose"),
    path("projects/<uuid:project_id>/agreement", owed.AgreementView.as_view(), name="agreement"),
    path("projects/<uuid:project_id>/terms", owed.TermsView.as_view(), name="terms"),
    path(
        "projects/<uuid:project_id>/acknowledgements",
        owed.AcknowledgementsView.as_view(),
        name="acknowledgements",
    ),
    path("projects/<uuid:project_id>/quiz", owed.QuizView.as_view(), name="quiz"),
    path("projects/<uuid:project_id>/comments", owed.ProjectCommentsView.as_view(), name="comments"),
    path("tasks/<uuid:task_id>/comments", owed.TaskCommentsView.as_view(), name="task-comments"),
    path("comments/<uuid:comment_id>/answers", owed.CommentAnswersView.as_view(), name="comment-answers"),
    path("comments/<uuid:comment_id>/close", owed.CommentCloseView.as_view(), name="comment-close"),
    path("comments/<uuid:comment_id>/uphold", owed.UpholdView.as_view(), name="uphold"),
    path("submissions/<uuid:submission_id>/return", owed.ReturnView.as_view(), name="return"),
    path("work", work.WorkView.as_view(), name="work"),
    path("work/statement.<str:form>", work.StatementView.as_view(), name="work-statement"),
    path("receipts/work/pin", work.WorkPinView.as_view(), name="work-pin"),
    path("receipts/work/<uuid:entry_id>/proof", work.WorkProofView.as_view(), name="work-proof"),
]
