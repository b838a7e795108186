"""Forms of the pages of projects. Services refuse again whatever these let through."""

from django import forms
from django.utils.translation import gettext_lazy as _

from annotation.labels.guidelines import MOST_CHARACTERS
from annotation.services.project_fields import (
    MOST_LEASE_MINUTES,
    MOST_NAME,
    MOST_PER_PERSON,
    MOST_REOPEN_MINUTES,
)
from annotation.values import MOST_WANTED_ANSWERS, ProjectState, SkipPolicy
from ringfence.kernel.errors import Invalid, RingfenceError


def show_refusal(form: forms.Form, refusal: RingfenceError) -> None:
    """Put a service's refusal where the form's reader looks: at its field, or above all fields."""
    named = refusal.field if isinstance(refusal, Invalid) else ""
    place = named if named in form.fields else None
    form.add_error(place, f"{refusal} ({named})" if named and place is None else str(refusal))


class ProjectForm(forms.Form):
    """What a new project needs."""

    name = forms.CharField(
        label=_("Name"),
        max_length=MOST_NAME,
        help_text=_("Sealed under your key. Labelers of this project see it."),
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )
    overlap = forms.IntegerField(
        label=_("Answers for each item"),
        min_value=1,
        max_value=MOST_WANTED_ANSWERS,
        initial=1,
        help_text=_("Each from another person. Counts for items imported from now on."),
    )
    lease_minutes = forms.IntegerField(
        label=_("Minutes to answer"),
        min_value=1,
        max_value=MOST_LEASE_MINUTES,
        initial=30,
        help_text=_("After that, an item that somebody took goes back to the queue."),
    )


class SettingsForm(ProjectForm):
    """A project's fields and its state."""

    name = forms.CharField(
        label=_("Name"),
        max_length=MOST_NAME,
        help_text=_("Sealed under your key. Labelers of this project see it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    state = forms.ChoiceField(
        label=_("State"),
        choices=ProjectState.choices,
        help_text=_("Paused: nothing new is given out, answers to what is out still count. Closed: neither."),
    )
    most_per_person = forms.IntegerField(
        label=_("Most answers of one person"),
        required=False,
        min_value=1,
        max_value=MOST_PER_PERSON,
        help_text=_("Empty: as many as they like. Whoever has given so many gets no more items here."),
    )
    skip_policy = forms.ChoiceField(
        label=_("What becomes of a skipped item"),
        choices=SkipPolicy.choices,
        help_text=_(
            "A skipped item needs its answer all the same; with “nobody may skip” labelers can flag it."
        ),
    )
    skip_needs_reason = forms.BooleanField(
        label=_("Whoever skips says why"),
        required=False,
        help_text=_("They choose from six reasons. You see them counted by person, above."),
    )
    reopen_minutes = forms.IntegerField(
        label=_("Minutes to take an answer back"),
        min_value=0,
        max_value=MOST_REOPEN_MINUTES,
        help_text=_("So long its giver may open their answer again and change it. 0: never."),
    )


class SchemaTextForm(forms.Form):
    """A label schema as JSON, the version that it goes on from, and an item to try it on."""

    schema = forms.CharField(
        label=_("Label schema as JSON"),
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "class": "mono"}),
        strip=False,
    )
    base = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput())
    sample = forms.CharField(
        label=_("Sample item"),
        required=False,
        strip=False,
        help_text=_("One row as your files have it, to try the questions on. It is not kept."),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
    )


class GuidelinesForm(forms.Form):
    """Guidelines."""

    markdown = forms.CharField(
        label=_("Guidelines"),
        required=False,
        strip=False,
        max_length=MOST_CHARACTERS,
        help_text=_("Markdown. Raw HTML and pictures are shown as text."),
        widget=forms.Textarea(attrs={"rows": 22}),
    )
