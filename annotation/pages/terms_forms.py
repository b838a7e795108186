"""Forms of a project's terms. Services refuse again whatever these let through."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from annotation.labels.guidelines import MOST_CHARACTERS
from annotation.labels.purpose import MOST_SECTOR, MOST_TRAINS, MOST_WORDS

YES_NO = (("no", _("No")), ("yes", _("Yes")))


class PurposeForm(forms.Form):
    """The five parts of a purpose."""

    trains = forms.CharField(
        label=_("What do the answers train or measure?"),
        max_length=MOST_TRAINS,
        help_text=_("One or two sentences that a labeler understands."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    sector = forms.CharField(label=_("Sector"), max_length=MOST_SECTOR, help_text=_("Health, law, retail …"))
    defence = forms.ChoiceField(
        label=_("Is it for defence, weapons or surveillance?"), choices=YES_NO, widget=forms.RadioSelect
    )
    disturbing = forms.ChoiceField(
        label=_("May items disturb whoever reads them?"),
        choices=YES_NO,
        widget=forms.RadioSelect,
        help_text=_("Violence, abuse, sexual content. Say below what to expect."),
    )
    words = forms.CharField(
        label=_("What else labelers should know"),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def to_purpose(self) -> dict[str, Any]:
        """Return what a valid form states; the service checks it."""
        given = self.cleaned_data
        return {
            "trains": given["trains"],
            "sector": given["sector"],
            "defence": given["defence"] == "yes",
            "disturbing": given["disturbing"] == "yes",
            "words": given["words"],
        }


class AgreementForm(forms.Form):
    """An agreement."""

    markdown = forms.CharField(
        label=_("Agreement"),
        strip=False,
        max_length=MOST_CHARACTERS,
        help_text=_("Markdown. Raw HTML and pictures are shown as text."),
        widget=forms.Textarea(attrs={"rows": 18}),
    )
