"""Refusals of annotation: each says what happened and what to do next."""

from http import HTTPStatus

from annotation.formats.limits import FILE_BYTES
from ringfence.kernel.errors import Invalid, RingfenceError


class TaskNotHeld(RingfenceError):
    """Somebody submits or releases an item whose lease they do not hold.

    Absent, another tenant's, a colleague's, released, taken over: the caller cannot tell which.
    """

    code = "task_not_held"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "This item is not yours to answer any more: your time on it ran out and somebody else took it,"
            " or your access changed. Your answer is still in the form. Take the next item."
        )


class MemberKeptAway(RingfenceError):
    """Something would be given to a member whom the workspace's neutrality policy keeps away."""

    code = "member_kept_away"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "The neutrality policy keeps this member away, so nothing can be given to them."
            " Whoever sees the policy sees why; choose somebody else meanwhile."
        )


class DraftConflict(RingfenceError):
    """The server's draft is not the one that was gone on from.

    Answered with the server's draft, and never raised: that is a delivery, whose event must commit.
    """

    code = "draft_conflict"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This draft was changed in another window. Choose which one to keep.")


class DraftTooLarge(RingfenceError):
    """A draft is larger than one may be."""

    code = "draft_too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def __init__(self) -> None:
        super().__init__("A draft takes up to 2 MB. What you entered is still in this window.")


class SkipNotAllowed(RingfenceError):
    """The project wants an answer to every item."""

    code = "skip_not_allowed"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("Nobody skips in this project. Flag the item if it cannot be answered.")


class TooLate(RingfenceError):
    """Somebody undoes an answer or a skip that can no longer be undone."""

    code = "too_late"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "This cannot be undone any more: its time is over, the project is closed, or somebody else has"
            " the item. What you gave stands and has its receipt."
        )


class AnswerDiffers(RingfenceError):
    """An answer of this person to this item was accepted before, and it was another one."""

    code = "answer_differs"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "You answered this item before, and differently. The first answer stands and has its receipt."
        )


class AnswerInvalid(Invalid):
    """The answer does not fit the label schema; `field` is the question's id."""

    code = "answer_invalid"


class SchemaInvalid(Invalid):
    """A label schema breaks a rule; `field` is the place in it."""

    code = "schema_invalid"


class SchemaMoved(RingfenceError):
    """Somebody else published a label schema since this one was begun."""

    code = "schema_moved"
    status = HTTPStatus.CONFLICT

    def __init__(self, *, base: int, newest: int) -> None:
        self.newest = newest
        super().__init__(
            f"The newest version is {newest}, and yours goes on from {base}: somebody published in between."
            f" Nothing of yours was published. Compare it with version {newest}, then publish again on top of that."
        )


class GuidelinesInvalid(Invalid):
    """Guidelines that cannot be kept."""

    code = "guidelines_invalid"


class QuizInvalid(Invalid):
    """A quiz, or answers to one, that cannot be taken; `field` is the place in it."""

    code = "quiz_invalid"


class QuizFirst(RingfenceError):
    """Somebody confirms guidelines that have a quiz without passing it."""

    code = "quiz_first"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("These guidelines have a short quiz. Answer it: that confirms them.")


class PurposeInvalid(Invalid):
    """A purpose that lacks a part; `field` names it."""

    code = "purpose_invalid"


class AgreementInvalid(Invalid):
    """An agreement that cannot be kept."""

    code = "agreement_invalid"


class CommentInvalid(Invalid):
    """A comment that cannot be kept."""

    code = "comment_invalid"


class TermsChanged(RingfenceError):
    """Somebody accepts or declines a version that is not the newest."""

    code = "terms_changed"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "A newer version was published meanwhile, or there is none. Read it, then say again."
        )


class CommentClosed(RingfenceError):
    """Somebody writes into a thread that is closed."""

    code = "comment_closed"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This thread is closed. Write a new comment.")


class NotReturned(RingfenceError):
    """A dispute about an answer that was not returned, or was disputed before."""

    code = "not_returned"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("Only an answer that was returned to you can be disputed, and only once.")


class AlreadyReturned(RingfenceError):
    """A manager returns an answer that does not stand any more, or was upheld."""

    code = "already_returned"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This answer was returned or taken back before. One that was upheld stays.")


class NotDisputed(RingfenceError):
    """A manager upholds an answer in a thread that is no dispute."""

    code = "not_disputed"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This thread disputes no returned answer. Write an answer into it, or close it.")


class OwnDispute(RingfenceError):
    """A manager who labels, too, decides about their own dispute."""

    code = "own_dispute"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("You gave this answer yourself. Another manager decides about your dispute.")


class AnswerReplaced(RingfenceError):
    """A returned answer cannot count again: the item has no place for it any more."""

    code = "answer_replaced"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "This answer cannot count again now: its giver answered the item once more, or a colleague has"
            " its place. Nothing was changed. If the first answer should stand, return the one that took its"
            " place, and uphold this one while the item is free. Otherwise tell its giver in this thread."
        )


class NoSchema(RingfenceError):
    """The project asks no questions yet, so nothing can be labeled."""

    code = "no_schema"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This project has no label schema yet. A manager writes one on its schema page.")


class QueueBusy(RingfenceError):
    """Somebody was faster, several times in a row; nothing was taken."""

    code = "queue_busy"
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__("Several of your own requests met in the queue. Nothing was taken; try again.")


class ImportTooLarge(RingfenceError):
    """The file is larger than an import may be."""

    code = "file_too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def __init__(self) -> None:
        super().__init__(
            f"An import takes up to {FILE_BYTES // 1024**3} GiB. Nothing was kept; split the file and import its parts."
        )


class ImportRefused(RingfenceError):
    """Nothing of the uploaded file can be read; `code` says which of the reasons it is."""

    code = "file_refused"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ImportStillArriving(RingfenceError):
    """The first upload under the same idempotency key is under way."""

    code = "import_still_arriving"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("An upload with this idempotency key is arriving now. Look at that import first.")


class UploadInterrupted(RingfenceError):
    """The connection ended before the file did, or the import was cancelled meanwhile."""

    code = "upload_interrupted"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self) -> None:
        super().__init__("The file did not arrive whole. No item was added; send it again.")


class LengthNeeded(RingfenceError):
    """A form upload without a length: where it ends could not be told from a broken connection."""

    code = "length_needed"
    status = HTTPStatus.LENGTH_REQUIRED

    def __init__(self) -> None:
        super().__init__("Send a Content-Length, or the bare file as application/x-ndjson or text/csv.")


class ExportNotReady(RingfenceError):
    """The export is still being made, or ended without a file."""

    code = "export_not_ready"
    status = HTTPStatus.CONFLICT

    def __init__(self, state: str) -> None:
        super().__init__(f"This export is {state}, so it has no file to download. Look at its page.")


class ExportEmpty(RingfenceError):
    """The project had no item when the export was made; an empty file would look like a fault."""

    code = "export_empty"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "The project had no items when this export was made, so there is no file: 0 items, 0 answers."
        )


class JobOver(RingfenceError):
    """Somebody cancels a job that has ended."""

    code = "job_over"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This job has ended already; there is nothing left to cancel.")
