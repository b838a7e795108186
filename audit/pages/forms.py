"""The filter above the timeline."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.encoding import LARGEST_NUMBER
from audit.pages.sentences import SENTENCES
from audit.services.select_events import Selection
from audit.services.timeline import Filters
from audit.verbs import Verb

ONE_DAY = timedelta(days=1)


def verb_choices() -> list[tuple[str, str]]:
    """Return every verb with its words, in the order of the vocabulary."""
    verbs = [(verb.value, f"{SENTENCES[verb]} ({verb.value})") for verb in Verb]
    return [("", str(_("Everything"))), *verbs]


class FilterForm(forms.Form):
    """Which events to show. Dates are days in UTC, both included."""

    q = forms.CharField(
        label=_("Words"),
        required=False,
        max_length=100,
        help_text=_("A name, an id, or any word of what the event says."),
    )
    verb = forms.ChoiceField(label=_("What happened"), required=False, choices=verb_choices)
    actor = forms.UUIDField(
        label=_("Who"), required=False, help_text=_("A member's id, as the log shows it.")
    )
    object = forms.UUIDField(label=_("To what"), required=False, help_text=_("An object's id."))
    since = forms.DateTimeField(
        label=_("From"), required=False, widget=forms.DateTimeInput(attrs={"type": "date"})
    )
    until = forms.DateTimeField(
        label=_("Until"), required=False, widget=forms.DateTimeInput(attrs={"type": "date"})
    )
    before = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def filters(self) -> Filters:
        """Return the cleaned filter as a value."""
        asked = self.cleaned_data
        return Filters(
            verb=Verb(asked["verb"]) if asked["verb"] else None,
            actor_id=asked["actor"],
            object_id=asked["object"],
            since=asked["since"],
            until=asked["until"] + ONE_DAY if asked["until"] else None,
            before=asked["before"],
            text=asked["q"],
        )


class PinSizeForm(forms.Form):
    """How many events a pin covers; none without it, as the API has it."""

    old = forms.IntegerField(min_value=0, max_value=LARGEST_NUMBER, required=False)


class BundleForm(forms.Form):
    """Which events a bundle holds; nothing for the whole log."""

    item_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    member_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    project_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    since = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    until = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    @classmethod
    def like(cls, filters: Filters) -> "BundleForm | None":
        """Return the form for the events that a filter shows; None where no bundle is exactly that."""
        if filters.verb is not None or filters.text or filters == Filters(before=filters.before):
            return None
        chosen = {
            "item_id": filters.object_id,
            "member_id": filters.actor_id,
            "since": filters.since,
            "until": filters.until,
        }
        return cls(initial={name: value for name, value in chosen.items() if value is not None})

    def selection(self) -> Selection | None:
        """Return the conditions, or None for all events."""
        given = {name: value for name, value in self.cleaned_data.items() if value is not None}
        return Selection(**given) if given else None
