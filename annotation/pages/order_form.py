"""The form by which managers order a queue: which items, and what becomes of them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from annotation.values import Priority
from ringfence.kernel.errors import Invalid


class Which(models.TextChoices):
    """Which items are meant."""

    TICKED = "ticked", _("The items ticked in the list")
    IDS = "ids", _("The items with these ids of yours:")
    ALL = "all", _("Everything of this project that is still to be answered (for priorities)")


class Do(models.TextChoices):
    """What becomes of them; the value is that of the button."""

    PRIORITY = "priority"
    RESERVE = "reserve"
    FREE = "free"


class OrderForm(forms.Form):
    """Items of a project, a priority and a person; the button that was pressed says what is meant of it."""

    which = forms.ChoiceField(
        label=_("Which items"), choices=Which.choices, initial=Which.TICKED, widget=forms.RadioSelect
    )
    ids = forms.CharField(
        label=_("Your ids"),
        required=False,
        help_text=_("One on each line, up to 1,000: the field “id” of your file. They are kept nowhere."),
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"}),
    )
    priority = forms.ChoiceField(
        label=_("Priority"),
        required=False,
        choices=[(each.name.lower(), each.label) for each in Priority],
        help_text=_("High is given out first, low last. Items in work move when they come back."),
    )
    member = forms.UUIDField(
        label=_("Person"),
        required=False,
        widget=forms.Select,
        help_text=_(
            "One wanted answer of each item is kept for them: they get it first, and nobody else gets it."
            " It ends when they are unassigned."
        ),
    )

    def __init__(
        self, data: QueryDict | None = None, *, single: bool = False, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial={"priority": Priority.NORMAL.name.lower()} | (initial or {}))
        self.single = single
        if single:
            del self.fields["which"], self.fields["ids"]
        self.pressed = str(data.get("do", "")) if data is not None else ""

    def offer(self, people: Sequence[tuple[UUID, str]]) -> None:
        """Offer people who label here."""
        nobody = ("", _now("Choose a person") if people else _now("Nobody labels here yet"))
        self.fields["member"].widget.choices = [nobody, *((str(who), name) for who, name in people)]

    def clean(self) -> dict[str, Any]:
        """Say what is missing for the button that was pressed."""
        given = dict(self.cleaned_data)
        if self.pressed not in Do.values:
            raise forms.ValidationError(_("Press one of the buttons of this form."))
        if self.pressed == Do.PRIORITY and not given.get("priority"):
            self.add_error("priority", _("Choose a priority."))
        if self.pressed == Do.RESERVE and not given.get("member") and "member" not in self.errors:
            self.add_error("member", _("Choose the person for whom the items are kept."))
        if self.single:
            return given
        which = given.get("which")
        if which == Which.IDS and not self.external_ids():
            self.add_error("ids", _("Write at least one id, one on each line."))
        if which == Which.ALL and self.pressed != Do.PRIORITY:
            self.add_error(
                "which", _("Name the items: a whole project is not kept for one person, or freed.")
            )
        return given

    def external_ids(self) -> list[str]:
        """Return the lines that hold something."""
        lines = (line.strip() for line in self.cleaned_data.get("ids", "").splitlines())
        return [line for line in lines if line]

    def refuse_unknown(self, unknown: Sequence[str]) -> None:
        """Name up to ten ids that no item has; nothing is done for the others."""
        named = ", ".join(f"“{each[:60]}”" for each in unknown[:10])
        more = _now(" and {n} more").format(n=len(unknown) - 10) if len(unknown) > 10 else ""
        self.add_error("ids", _now("No item of this project has the id {ids}.").format(ids=named + more))


def ticked_tasks(data: QueryDict) -> list[UUID]:
    """Return the items ticked in a list. Raises `Invalid` for none, or what is no id."""
    try:
        tasks = [UUID(value) for value in data.getlist("item")]
    except ValueError as malformed:
        raise Invalid(_now("Tick the items in the list."), field="which") from malformed
    if not tasks:
        raise Invalid(_now("No item is ticked. Tick at least one, or choose another way."), field="which")
    return tasks
