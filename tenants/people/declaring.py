"""The form of a declaration: rows of ties that grow and shrink without script, and keep what was typed."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from tenants.neutrality.facts import Role
from tenants.neutrality.gleif import check_lei
from tenants.neutrality.intake import RowRefused
from tenants.neutrality.names import MOST_NAME
from tenants.services.declare_in_words import MOST_TIES, SaidTie

ROLE_WORDS = {
    Role.EMPLOYEE: _("I am employed there"),
    Role.CONTRACTOR: _("I work for them, not employed"),
    Role.OFFICER: _("I am one of its officers"),
    Role.DIRECTOR: _("I sit on its board"),
    Role.OBSERVER: _("I observe its board"),
    Role.ADVISER: _("I advise them"),
    Role.EQUITY: _("I hold shares or options"),
    Role.RELATIVE: _("My spouse or a relative is one of these"),
}


class DayInput(forms.DateInput):
    """A day, with the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d", attrs={"min": "1950-01-01", "max": "2100-01-01"})


class TieForm(forms.Form):
    """One tie. A row with nothing in it but the kind of tie is no tie."""

    name = forms.CharField(
        label=_("Firm or person"),
        help_text=_("The full name, as on a contract or pay slip."),
        max_length=MOST_NAME,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    role = forms.ChoiceField(
        label=_("What ties you"), choices=[(role.value, words) for role, words in ROLE_WORDS.items()]
    )
    start = forms.DateField(label=_("Since"), required=False, widget=DayInput())
    end = forms.DateField(
        label=_("Last day"), help_text=_("Leave it empty if it goes on."), required=False, widget=DayInput()
    )
    share = forms.DecimalField(
        label=_("Share in percent"),
        help_text=_("For shares, if you know it: 0.05 for a twentieth of a percent."),
        required=False,
        min_value=0,
        max_value=100,
        max_digits=13,
        decimal_places=10,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    lei = forms.CharField(
        label=_("LEI"),
        help_text=_(
            "20 letters and digits that name one firm in the world. It tells firms of one name apart."
        ),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "characters"}),
    )

    def clean_lei(self) -> str:
        """Return the LEI, its check digits right."""
        text = "".join(str(self.cleaned_data["lei"]).split()).upper()
        if not text:
            return ""
        try:
            return check_lei(text, "lei")
        except RowRefused as wrong:
            raise forms.ValidationError(_("This is no LEI: %(why)s.") % {"why": wrong}) from wrong

    def clean(self) -> dict[str, Any]:
        """Refuse a tie with nobody, and one that ends before it begins."""
        cleaned: dict[str, Any] = super().clean() or {}
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and end < start:
            self.add_error("end", _("The last day is before the first."))
        if not self.is_blank and not cleaned.get("name") and "name" not in self.errors:
            self.add_error("name", _("Say with whom. To leave this tie out, remove it."))
        return cleaned

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed into the row."""
        return not any(
            str(self.data.get(self.add_prefix(field), "")).strip()
            for field in ("name", "start", "end", "share", "lei")
        )

    def tie(self) -> SaidTie:
        """Return the tie of a valid row."""
        said = self.cleaned_data
        role = Role(said["role"])
        share = said["share"] if role is Role.EQUITY else None
        return SaidTie(said["name"].strip(), role, said["lei"], said["start"], said["end"], share)


class Rows:
    """The rows of one declaration, as they came or as they were kept."""

    def __init__(self, forms_: list[TieForm], *, none: bool = False) -> None:
        self.forms = forms_
        self.none = none
        self.errors: list[Any] = []

    @classmethod
    def kept(cls, ties: list[SaidTie]) -> "Rows":
        """Return rows that show what was declared, and one empty row where nothing was."""
        made = [
            TieForm(
                prefix=f"tie{n}",
                initial={
                    "name": t.name, "role": t.role.value, "lei": t.lei,
                    "start": t.start, "end": t.end, "share": t.share,
                },
            )
            for n, t in enumerate(ties)
        ]  # fmt: skip
        return cls(made or [TieForm(prefix="tie0")])

    @classmethod
    def sent(cls, data: QueryDict) -> "Rows":
        """Return rows as they were sent, to be judged."""
        return cls([TieForm(data, prefix=f"tie{n}") for n in range(_count(data))], none="none" in data)

    @classmethod
    def redrawn(cls, data: QueryDict, *, drop: int | None = None) -> "Rows":
        """Return rows with what was typed, unjudged, one more at the end, or without one."""
        kept = [n for n in range(_count(data)) if n != drop]
        typed = [{name: data.get(f"tie{n}-{name}", "") for name in TieForm.base_fields} for n in kept]
        if drop is None or not typed:
            typed.append({})
        made = [TieForm(prefix=f"tie{n}", initial=values) for n, values in enumerate(typed[:MOST_TIES])]
        return cls(made, none="none" in data)

    def judged(self) -> list[SaidTie] | None:
        """Return the ties, or None with the errors in place. Nothing typed and nothing ticked is no declaration."""
        rows = [form for form in self.forms if not form.is_blank]
        if self.none and rows:
            self.errors.append(
                _("You named a tie and ticked that there is none. Remove the tie, or the tick.")
            )
        elif not self.none and not rows:
            self.errors.append(_("Name your ties, or tick that there are none: an empty form says neither."))
        valid = [form.is_valid() for form in rows]
        return None if self.errors or not all(valid) else [form.tie() for form in rows]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.forms)

    @property
    def wrong(self) -> list[Any]:
        """Every field that is wrong, in order."""
        return [
            bound
            for form in self.forms
            if form.is_bound and not form.is_blank
            for bound in form
            if bound.errors
        ]


def dropped(data: Mapping[str, Any]) -> int | None:
    """Return which row is to go; None when no such button was pressed."""
    text = str(data.get("drop", ""))
    return int(text) if text.isdecimal() and len(text) < 4 else None


def _count(data: QueryDict) -> int:
    text = data.get("rows", "1")
    return max(1, min(int(text), MOST_TIES)) if text.isdecimal() and len(text) < 4 else 1
