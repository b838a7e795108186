"""The filter above the timeline."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.pages.sentences import SENTENCES
from audit.services.timeline import Filters
from audit.verbs import Verb

ONE_DAY = timedelta(days=1)


def verb_choices() -> list[tuple[str, str]]:
    """Return every verb with its words, in the order of the vocabulary."""
    verbs = [(verb.value, f"{SENTENCES[verb]} ({verb.value})") for verb in Verb]
    return [("", str(_("Everything"))), *verbs]


class FilterForm(forms.Form):
    """Which events to show. Dates are days in UTC, both included."""

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
        )
