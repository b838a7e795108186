"""Tells a worker about a job. The message holds ids and the ticket, never content."""

from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError

TASKS = {"import": "annotation.run_import", "export": "annotation.run_export"}


def send_job(kind: str, *, tenant: str, job_id: UUID, ticket: str) -> bool:
    """Send the job; return False when the broker does not answer.

    Nothing is lost then: the job waits in the database, and the sweep of waiting jobs sends it later.
    Call it after the commit, or a fast worker would not find the job.
    """
    try:
        current_app.send_task(
            TASKS[kind], kwargs={"tenant": tenant, "job_id": str(job_id), "ticket": ticket}, retry=False
        )
    except (OperationalError, OSError):
        return False
    return True
