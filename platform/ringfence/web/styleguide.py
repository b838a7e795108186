"""Sample content for the style guide page, on which people and tests look at every part at once."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from ringfence.web.shell import NavEntry, NavGroup, Shell


class SampleForm(forms.Form):
    """One field of each kind that pages use."""

    name = forms.CharField(label=_("Project name"), help_text=_("Sealed under your key before it is stored."))
    email = forms.EmailField(label=_("E-mail"))
    overlap = forms.IntegerField(label=_("Answers per item"), min_value=1, max_value=9)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[("text", _("Text classification")), ("pair", _("Preference"))]
    )
    who = forms.ChoiceField(
        label=_("Who may label"),
        choices=[("all", _("Every labeler")), ("team", _("A named team"))],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("Guidelines"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    file = forms.FileField(label=_("File"), required=False, help_text=_("JSONL or CSV, at most 2 GB."))
    agree = forms.BooleanField(label=_("Keep single answers apart from the agreed one"), required=False)


def sample_shell(here: str) -> Shell:
    """Return the frame of an imaginary owner's page."""
    work = [("Home", "home"), ("Projects", "project"), ("Members", "people"), ("Exports", "export")]
    trust = [("Keys", "key"), ("Audit", "log"), ("Isolation", "shield"), ("Break it on purpose", "break")]
    return Shell(
        person="Ada Okafor",
        role="owner",
        tenant="Northwind Models",
        tenant_state="active",
        home_url=here,
        account_url="#account",
        switch_url="#switch",
        sign_out_url="#out",
        local_keys=True,
        nav=(
            NavGroup(
                entries=tuple(
                    NavEntry(
                        label=label,
                        url=f"#{icon}",
                        icon=icon,
                        current=label == "Projects",
                        count=4 if icon == "project" else None,
                    )
                    for label, icon in work
                )
            ),
            NavGroup(
                label="Trust",
                entries=tuple(NavEntry(label=label, url=f"#{icon}", icon=icon) for label, icon in trust),
            ),
        ),
    )


def sample(here: str, form: SampleForm) -> dict[str, Any]:
    """Return the context of the style guide; `here` is its own path."""
    return {
        "shell": sample_shell(here),
        "form": form,
        "moment": datetime(2026, 1, 15, 9, 30, tzinfo=UTC),
        "course": [3, 5, 4, 8, 9, 7, 12, 15, 14, 18, 21, 19],
        "counts": [("Positive", 212), ("Neutral", 96), ("Negative", 148), ("Cannot say", 9)],
        "labels": [
            ("positive", "Positive"),
            ("neutral", "Neutral"),
            ("negative", "Negative"),
            ("unsure", "Cannot say"),
        ],
        "step_names": ["Second factor", "Key ceremony", "Pin file", "First members"],
        "states": ["pass", "fail", "inconclusive", "running", "waiting", "active", "suspended", "destroyed"],
        "swatches": ["bg", "surface", "surface-2", "accent", "accent-soft", "ok", "warn", "bad"],
        "rows": [
            ("DB-01", "Every tenant table has forced row security", "pass", "41 tables"),
            ("DB-09", "No service role can bypass row security", "fail", "1 role"),
            ("CR-03", "A stranger's key opens nothing", "inconclusive", "key service slow"),
        ],
    }


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every part once, and what a refused form looks like. Routed in demo mode and in tests only."""
    form = SampleForm(request.POST) if request.method == "POST" else SampleForm()
    return render(request, "ringfence/styleguide.html", sample(request.path, form))
