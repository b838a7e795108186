"""The words and values of annotation that cross its edges: states, rights, limits, frozen results."""

from django.db import models
from django.utils.translation import gettext_lazy as _

DEFAULT_LANE = 4
"""Priority of what is imported. Even lanes are priorities; lane 3 holds what came back from lane 4."""

LANES = (3, 4)
"""The lanes of every project, ascending: what came back is served first."""

MOST_TAKEN_AT_ONCE = 50
MOST_WANTED_ANSWERS = 50
PAGE_ITEMS = 100
SMALLEST_SIZE_CLASS = 256


class ProjectState(models.TextChoices):
    """An open project gives tasks out; answers to tasks already out are taken in every state but closed."""

    OPEN = "open", _("Open")
    PAUSED = "paused", _("Paused")
    CLOSED = "closed", _("Closed")


class ProjectRight(models.TextChoices):
    """What a member may do on one project, as django-guardian's permissions."""

    LABEL = "label_project", _("Label items")
    MANAGE = "manage_project", _("Manage the project")
    READ = "read_project", _("Read its items and answers")


class SlotState(models.IntegerChoices):
    """The three states of one wanted answer."""

    OPEN = 0
    LEASED = 1
    ANSWERED = 2


class ImportState(models.TextChoices):
    """Where an import stands. Rows of a running import are in the queue already."""

    RECEIVING = "receiving", _("Receiving")
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class ExportState(models.TextChoices):
    """Where an export stands."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


def size_class(size: int) -> int:
    """Return `size` in bytes rounded up to a power of two, at least 256: the length of a text tells of it."""
    return max(SMALLEST_SIZE_CLASS, 1 << (size - 1).bit_length()) if size else SMALLEST_SIZE_CLASS
