"""The picture of a log in words and cells, for its page."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.services.log_picture import Bin, LogPicture

TALLEST = 24
"""Pixels of the quarter of an hour with the most events."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A quarter of an hour: where it stands, how tall its bar is, and what its checkpoints say of it."""

    x: int
    height: int
    tone: str
    words: str
    watch: str = ""
    """What its witnesses say of it: ok, warn for too few, bad for none, or nothing."""

    @property
    def top(self) -> int:
        """Where the bar begins."""
        return TALLEST - self.height


@dataclass(frozen=True, slots=True)
class Picture:
    """Cells oldest first, what they say together, and both ends of the time that they show."""

    cells: tuple[Cell, ...]
    summary: str
    start: datetime
    width: int
    gaps: int
    watched: bool


def picture_of(picture: LogPicture) -> Picture:
    """Return what the page draws."""
    most = max((each.events for each in picture.bins), default=0)
    cells = tuple(_cell(place, each, most, picture.wanted) for place, each in enumerate(picture.bins))
    return Picture(
        cells, _summary(picture), picture.bins[0].start, len(cells), picture.gaps, picture.wanted is not None
    )


def _cell(place: int, each: Bin, most: int, wanted: int | None) -> Cell:
    # One event is seen beside a million: what is there is at least two pixels tall.
    height = max(2, round(TALLEST * each.events / most)) if each.events else 0
    tone = "bad" if each.gap else "ok" if each.checkpoints else ""
    events = ngettext("%(n)s event", "%(n)s events", each.events) % {"n": f"{each.events:,}"}
    signed = ngettext("%(n)s checkpoint", "%(n)s checkpoints", each.checkpoints) % {
        "n": f"{each.checkpoints:,}"
    }
    words = f"{each.start:%H:%M} UTC: {events}, {signed}"
    if each.watching is None or wanted is None:
        return Cell(place, height, tone, words)
    watch = "ok" if each.watching >= wanted else "warn" if each.watching else "bad"
    cosigned = _("%(n)s of the %(wanted)s wanted witnesses") % {"n": each.watching, "wanted": wanted}
    return Cell(place, height, tone, f"{words}, {cosigned}", watch)


def _summary(picture: LogPicture) -> str:
    events = ngettext("%(n)s event", "%(n)s events", picture.events) % {"n": f"{picture.events:,}"}
    signed = ngettext("%(n)s checkpoint", "%(n)s checkpoints", picture.checkpoints) % {
        "n": f"{picture.checkpoints:,}"
    }
    said = _("%(events)s and %(signed)s in the last 24 hours.") % {"events": events, "signed": signed}
    if picture.longest_wait is not None:
        seconds = f"{picture.longest_wait.total_seconds():,.1f}"
        said += " " + _("The longest wait of a new place for its signature was %(seconds)s s.") % {
            "seconds": seconds
        }
    gaps = picture.gaps
    if gaps:
        said += " " + (
            ngettext(
                "In %(n)s quarter of an hour events came and nothing was signed.",
                "In %(n)s quarters of an hour events came and nothing was signed.",
                gaps,
            )
            % {"n": gaps}
        )
    if picture.unwatched:
        said += " " + (
            ngettext(
                "In %(n)s quarter of an hour fewer witnesses cosigned than are wanted.",
                "In %(n)s quarters of an hour fewer witnesses cosigned than are wanted.",
                picture.unwatched,
            )
            % {"n": picture.unwatched}
        )
    return said
