"""Forms of attestations and exposure reports: a period in days of UTC, and about whom."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.exposure import Question, Scope
from tenants.services.ask_exposure_report import Span

USUAL_DAYS = 90


def _day(label: Any, help_text: Any) -> forms.DateField:
    return forms.DateField(label=label, help_text=help_text, widget=forms.DateInput(attrs={"type": "date"}))


class PeriodForm(forms.Form):
    """From a day to another one, both included; days begin at midnight in UTC."""

    since = _day(_("First day"), _("From 0:00 in UTC."))
    until = _day(_("Last day"), _("To its end in UTC; for today, to half a minute ago."))

    def __init__(self, *args: Any, **options: Any) -> None:
        today = timezone.now().astimezone(UTC).date()
        options.setdefault("initial", {"since": today - timedelta(days=USUAL_DAYS), "until": today})
        super().__init__(*args, **options)

    def span(self) -> Span:
        """Return the period, its end not included."""
        return Span(
            _midnight(self.cleaned_data["since"]),
            _midnight(self.cleaned_data["until"]) + timedelta(days=1),
        )


class ExposureForm(PeriodForm):
    """A period, and about whom. People and parties are those that the page offers."""

    about = forms.ChoiceField(label=_("About"), help_text=_("One person or party: all that they received."))

    def __init__(self, *args: Any, about: list[tuple[str, Any]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["about"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = about

    def question(self) -> Question:
        """Return about whom."""
        scope, _colon, subject = self.cleaned_data["about"].partition(":")
        return Question(Scope(scope), UUID(subject) if subject else None)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
