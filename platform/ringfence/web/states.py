"""The words and tones of states: one vocabulary for badges in pages and in live progress."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

OK, BAD, WARN, BUSY, IDLE = "ok", "bad", "warn", "busy", "idle"

STATES: dict[str, tuple[str, str | Promise]] = {
    "pass": (OK, _("Pass")),
    "fail": (BAD, _("Fail")),
    "learned": (WARN, _("Known only now")),
    "inconclusive": (WARN, _("Inconclusive")),
    "undetected": (BAD, _("Plant not detected")),
    "detected": (OK, _("Plant detected")),
    "violation": (BAD, _("Violation")),
    "waiting": (IDLE, _("Waiting")),
    "queued": (IDLE, _("Queued")),
    "running": (BUSY, _("Running")),
    "done": (OK, _("Done")),
    "done-with-errors": (WARN, _("Done, with rows refused")),
    "failed": (BAD, _("Failed")),
    "cancelled": (IDLE, _("Cancelled")),
    "removed": (IDLE, _("Removed")),
    "setting-up": (BUSY, _("Setting up")),
    "active": (OK, _("Active")),
    "suspended": (WARN, _("Suspended")),
    "leaving": (WARN, _("Leaving")),
    "destroyed": (BAD, _("Destroyed")),
    "draft": (IDLE, _("Draft")),
    "open": (OK, _("Open")),
    "paused": (WARN, _("Paused")),
    "closed": (IDLE, _("Closed")),
    "archived": (IDLE, _("Archived")),
    "leased": (BUSY, _("In work")),
    "submitted": (OK, _("Submitted")),
    "skipped": (IDLE, _("Skipped")),
    "invited": (BUSY, _("Invited")),
    "signing": (BUSY, _("Being signed")),
    "valid": (OK, _("Valid")),
    "exposure": (WARN, _("Exposure")),
    "expired": (WARN, _("Expired")),
    "revoked": (BAD, _("Revoked")),
    "locked": (WARN, _("Locked")),
    "dark": (BAD, _("Dark")),
    "sealed": (OK, _("Sealed")),
    "verified": (OK, _("Verified")),
    "unanchored": (WARN, _("Not anchored")),
    "refused": (BAD, _("Refused")),
    "up": (OK, _("Up")),
    "down": (BAD, _("Down")),
    "sending": (BUSY, _("Sending")),
    "delivered": (OK, _("Delivered")),
    "given-up": (BAD, _("Given up")),
    "disabled": (BAD, _("Switched off")),
    "standing": (OK, _("Standing")),
    "taken-down": (BAD, _("Taken down")),
    "asked": (WARN, _("Waits for an owner")),
    "approved": (BUSY, _("Here now")),
    "ended": (IDLE, _("Ended")),
    "over": (IDLE, _("Over")),
    "met": (OK, _("Watched")),
    "unmet": (WARN, _("Not watched")),
    "cosigns": (OK, _("Cosigns")),
    "stale": (WARN, _("Silent for a day")),
    "never": (IDLE, _("Not heard of yet")),
    "warn": (WARN, _("Look at this")),
    "on": (OK, _("On")),
    "off": (IDLE, _("Off")),
}


def badge_of(state: str, text: str = "") -> dict[str, str]:
    """Return `{"tone": …, "text": …}` as `polling.js` expects it; an unlisted state is shown as written."""
    tone, word = STATES.get(state.replace("_", "-"), (IDLE, state))
    return {"tone": tone, "text": text or str(word)}
