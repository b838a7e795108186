"""Opens the quizzes of guidelines; their right answers go no further than to managers."""

from hashlib import sha256
from uuid import UUID

from annotation.labels.quiz import Quiz, decode_quiz, encode_shown
from annotation.models import GuidelinesVersion
from ringfence.kernel.context import TenantContext


def quiz_of(context: TenantContext, version: GuidelinesVersion | None) -> Quiz:
    """Return the quiz of a version of guidelines; an empty one where it has none."""
    if version is None or version.quiz is None:
        return ()
    return decode_quiz(context.keyring.open(version.quiz, field=GuidelinesVersion.quiz, row=version.id))


def has_quiz(project_id: UUID, version: int) -> bool:
    """Say whether a version of guidelines has a quiz."""
    found = GuidelinesVersion.objects.filter(project_id=project_id, n=version, quiz__isnull=False)
    return found.exists()


def shown_digest(body: bytes, quiz: Quiz) -> bytes:
    """Return the log's digest of guidelines as they are shown: with their questions, if they have any."""
    return sha256(b"\0".join([body, encode_shown(quiz)]) if quiz else body).digest()
