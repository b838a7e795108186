"""The form that asks a worker for a proof bundle: which events, in days of UTC and by ids."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.services.select_events import Selection


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class AskBundleForm(forms.Form):
    """All conditions that are given hold together; none is the whole log."""

    since = _day(_("First day"))
    until = _day(_("Last day"))
    item_id = forms.UUIDField(label=_("About"), required=False, help_text=_("The id of one item or object."))
    member_id = forms.UUIDField(
        label=_("Member"), required=False, help_text=_("The id of one member, as the log shows it.")
    )
    project_id = forms.UUIDField(
        label=_("Project"), required=False, help_text=_("The id of one project; its tasks are taken in.")
    )
    from_size = forms.IntegerField(
        label=_("Size in your pin"),
        required=False,
        min_value=0,
        help_text=_(
            "Brings the proof that the log only grew since; without conditions, only what came since."
        ),
    )

    def selection(self) -> Selection | None:
        """Return the conditions, or None for all events."""
        asked = self.cleaned_data
        since, until = asked["since"], asked["until"]
        given = {
            "item_id": asked["item_id"],
            "member_id": asked["member_id"],
            "project_id": asked["project_id"],
            "since": _midnight(since) if since else None,
            "until": _midnight(until) + timedelta(days=1) if until else None,
        }
        given = {name: value for name, value in given.items() if value is not None}
        return Selection(**given) if given else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
