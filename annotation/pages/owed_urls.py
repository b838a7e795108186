"""Addresses of the pages of terms, comments and one's own work, below `w/<tenant>/`."""

from django.urls import path

from annotation.pages import comments, terms, work

owed_urls = [
    path("projects/<uuid:project_id>/purpose", terms.PurposePage.as_view(), name="purpose"),
    path("projects/<uuid:project_id>/agreement", terms.AgreementPage.as_view(), name="agreement"),
    path("projects/<uuid:project_id>/terms", terms.TermsPage.as_view(), name="terms"),
    path("projects/<uuid:project_id>/comments", comments.CommentsPage.as_view(), name="comments"),
    path("work", work.WorkPage.as_view(), name="work"),
    path("work/statement.<str:form>", work.WorkFilePage.as_view(), name="work-statement"),
    path("work/log.pin", work.WorkPinPage.as_view(), name="work-pin"),
    path("work/receipts/<uuid:entry_id>", work.WorkReceiptPage.as_view(), name="work-receipt"),
]
