"""Forms of the pages of projects. Services refuse again whatever these let through."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from annotation.labels.choice import Choice
from annotation.labels.guidelines import MOST_CHARACTERS
from annotation.services.project_fields import MOST_LEASE_MINUTES, MOST_NAME
from annotation.values import MOST_WANTED_ANSWERS, ProjectState
from ringfence.kernel.errors import Invalid, RingfenceError

OPTION_ROWS = 12
"""Options that the plain form of one question offers; more are written as JSON."""


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


class QuestionForm(forms.Form):
    """One single-choice question, the plain way."""

    shown = forms.CharField(
        label=_("Fields to show"),
        max_length=400,
        initial="text",
        help_text=_(
            "Names of fields of your items, separated by commas. Others are never shown to labelers."
        ),
    )
    question = forms.CharField(label=_("Question"), max_length=500)

    def __init__(
        self, *args: Any, shown: Sequence[str] = (), question: Choice | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        given = question.options if question else ()
        for n in range(OPTION_ROWS):
            option = given[n] if n < len(given) else None
            for name, label, value in (
                ("text", _("Option"), option.text if option else ""),
                ("id", _("Name in exports"), option.id if option else ""),
                ("key", _("Key"), option.key if option else ""),
            ):
                self.fields[f"{name}_{n}"] = forms.CharField(
                    label=label,
                    initial=value,
                    required=False,
                    max_length={"text": 500, "id": 40, "key": 1}[name],
                )
        if question:
            self.fields["shown"].initial = ", ".join(shown)
            self.fields["question"].initial = question.text

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        """Return the option rows as (text, id, key)."""
        return [(self[f"text_{n}"], self[f"id_{n}"], self[f"key_{n}"]) for n in range(OPTION_ROWS)]

    def to_schema(self, question_id: str) -> dict[str, Any]:
        """Return the schema that a valid form describes; the service checks it."""
        given: Mapping[str, str] = self.cleaned_data
        options = []
        for n in range(OPTION_ROWS):
            text = given[f"text_{n}"].strip()
            if text:
                option = {"id": given[f"id_{n}"].strip() or _id_from(text, n), "text": text}
                options.append(option | ({"key": given[f"key_{n}"].lower()} if given[f"key_{n}"] else {}))
        fields = [name.strip() for name in given["shown"].split(",") if name.strip()]
        return {
            "version": 1,
            "item": dict.fromkeys(fields, "text"),
            "questions": [
                {"id": question_id, "type": "choice", "text": given["question"], "options": options}
            ],
        }


class SchemaTextForm(forms.Form):
    """A label schema as JSON."""

    schema = forms.CharField(
        label=_("Label schema"),
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "class": "mono"}),
        strip=False,
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


def _id_from(text: str, n: int) -> str:
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in text.lower()).strip("-")
    return "-".join(part for part in kept.split("-") if part)[:40].strip("-") or f"option-{n + 1}"
