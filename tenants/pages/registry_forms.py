"""Forms of the operator's registry. Services refuse again whatever these let through."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.neutrality.facts import (
    HUNDRED,
    SHARE_DECIMALS,
    Affiliation,
    Assurance,
    Interest,
    InterestType,
    Party,
    PartyKind,
    Role,
)
from tenants.neutrality.intake import MOST_TEXT
from tenants.people.declaring import DayInput
from tenants.services.state_fact import Said, party_meant

KIND_WORDS = {
    PartyKind.ENTITY: _("firm or body"),
    PartyKind.PERSON: _("person"),
    PartyKind.ARRANGEMENT: _("trust or arrangement"),
    PartyKind.SYSTEM: _("system: host, bucket, model"),
}
TYPE_WORDS = {
    InterestType.SHAREHOLDING: _("holds shares"),
    InterestType.VOTING_RIGHTS: _("has votes"),
    InterestType.CONVERTIBLE: _("holds a convertible, counted as converted"),
    InterestType.CONDITIONAL_CONTRACT: _("has a right to buy, or has signed and not closed"),
    InterestType.BOARD_MEMBER: _("sits on the board"),
    InterestType.BOARD_CHAIR: _("chairs the board"),
    InterestType.BOARD_OBSERVER: _("observes the board"),
    InterestType.APPOINTMENT_OF_BOARD: _("appoints the board, or part of it"),
    InterestType.SENIOR_MANAGING_OFFICIAL: _("manages it"),
    InterestType.INFORMATION_RIGHTS: _("is owed information"),
    InterestType.DEBT: _("lends it money"),
    InterestType.REVENUE_DEPENDENCE: _("brings part of its revenue"),
    InterestType.CONTRACT: _("has rights by contract"),
    InterestType.COMPANY_RULES: _("controls it by its articles or a contract"),
    InterestType.LEGAL_FRAMEWORK: _("controls it by law"),
    InterestType.OTHER_INFLUENCE: _("influences or controls it otherwise"),
    InterestType.NOMINEE: _("holds it as a nominee"),
    InterestType.NOMINATOR: _("stands behind it"),
    InterestType.PROFIT: _("has a right to profit or income"),
    InterestType.SURPLUS_ASSETS: _("has a right to what is left when it is dissolved"),
    InterestType.USE_OF_ASSETS: _("uses its assets"),
    InterestType.INCOME_FROM_ASSETS: _("has income from its assets"),
    InterestType.SETTLOR: _("settled the trust"),
    InterestType.TRUSTEE: _("is the trustee"),
    InterestType.PROTECTOR: _("is the protector"),
    InterestType.BENEFICIARY: _("is a beneficiary"),
    InterestType.OPERATES: _("runs the system"),
    InterestType.UNKNOWN: _("has an interest that is not known"),
    InterestType.UNPUBLISHED: _("has an interest that is not published"),
}
TIE_WORDS = {
    Role.EMPLOYEE: _("is employed there"),
    Role.CONTRACTOR: _("is a contractor there"),
    Role.OFFICER: _("is an officer"),
    Role.DIRECTOR: _("is a director"),
    Role.ADVISER: _("advises it"),
    Role.OBSERVER: _("observes the board"),
    Role.EQUITY: _("holds shares"),
    Role.RELATIVE: _("has a relative there"),
}
ASSURANCE_WORDS = {
    Assurance.DECLARED: _("declared: somebody said so"),
    Assurance.DOCUMENT: _("document: somebody has seen a document"),
    Assurance.REGISTRY: _("registry: a public register says so"),
}


def _choices(words: dict[Any, Any]) -> list[tuple[str, Any]]:
    return [(each.value, said) for each, said in words.items()]


def _day(label: Any, help_text: Any = "", *, required: bool = False) -> forms.DateField:
    return forms.DateField(label=label, help_text=help_text, required=required, widget=DayInput())


def _share(label: Any, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=help_text, required=False, min_value=Decimal(0), max_value=HUNDRED,
        decimal_places=SHARE_DECIMALS, max_digits=SHARE_DECIMALS + 3, widget=forms.NumberInput(attrs={"step": "any"}),
    )  # fmt: skip


class PartyForm(forms.Form):
    """A party's description."""

    name = forms.CharField(label=_("Name"), max_length=MOST_TEXT)
    kind = forms.ChoiceField(label=_("What it is"), choices=_choices(KIND_WORDS))
    lei = forms.CharField(label=_("LEI"), max_length=20, required=False)
    identifiers = forms.CharField(
        label=_("Other identifiers"),
        help_text=_(
            "One a line, scheme and value: “name Google” for another name, “host hooks.example.com” for a host,"
            " “network 203.0.113.0/24” for addresses, “serves hosting” for what it does for us as a subprocessor."
        ),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    listed = forms.BooleanField(label=_("Its shares are listed on an exchange"), required=False)
    fund = forms.BooleanField(label=_("It is a fund that many people share"), required=False)
    source = forms.CharField(
        label=_("Known from"), help_text=_("A register, a filing, a contract."), max_length=MOST_TEXT
    )

    @staticmethod
    def of(party: Party) -> dict[str, Any]:
        """Return a party as the form shows it."""
        lines = [f"{scheme} {value}" for scheme, value in party.identifiers if value != party.lei]
        return {
            "name": party.name, "kind": party.kind.value, "lei": party.lei, "identifiers": "\n".join(lines),
            "listed": party.listed, "fund": party.fund,
        }  # fmt: skip

    def clean_identifiers(self) -> list[tuple[str, str]]:
        """Return pairs of scheme and value."""
        return list(self._pairs(str(self.cleaned_data["identifiers"])))

    def _pairs(self, text: str) -> Iterator[tuple[str, str]]:
        for number, line in enumerate(text.splitlines(), start=1):
            scheme, _space, value = line.strip().partition(" ")
            if line.strip() and not value.strip():
                raise forms.ValidationError(
                    _("Line %(n)s has no value: write the scheme, a space, the value.") % {"n": number}
                )
            if line.strip():
                yield scheme, value.strip()

    def given(self) -> dict[str, Any]:
        """Return what `describe_party` takes."""
        return {**self.cleaned_data, "kind": PartyKind(self.cleaned_data["kind"])}


class SaidForm(forms.Form):
    """On whose word a fact rests."""

    date = _day(
        _("Dated"),
        _("The day of the statement itself. One dated ahead is kept, and announced until then."),
        required=True,
    )
    source = forms.CharField(label=_("Known from"), max_length=MOST_TEXT)
    signer = forms.CharField(label=_("Who vouches for it"), max_length=200, required=False)
    assurance = forms.ChoiceField(
        label=_("How well it is founded"), choices=_choices(ASSURANCE_WORDS), initial=Assurance.DOCUMENT.value
    )
    document = forms.FileField(
        label=_("The document"),
        help_text=_(
            "It is not kept: only its SHA-256 is, so that the same document can be recognised later."
        ),
        required=False,
        max_length=200,
    )

    def said(self) -> Said:
        """Return whose word it is."""
        given = self.cleaned_data
        evidence = given["document"].digest if given.get("document") else b""
        return Said(
            given["date"], given["source"], given.get("signer", ""), Assurance(given["assurance"]), evidence
        )


class InterestForm(SaidForm):
    """Who is interested in the party, and how."""

    holder = forms.CharField(
        label=_("Who"),
        help_text=_("Name, LEI or id of a party of the registry. Empty: a holder that is not disclosed."),
        max_length=MOST_TEXT,
        required=False,
    )
    type = forms.ChoiceField(label=_("How"), choices=_choices(TYPE_WORDS))
    share_min = _share(_("At least, in percent"))
    share_max = _share(
        _("At most, in percent"), _("The same twice for an exact share; both empty: nobody said.")
    )
    share_class = forms.CharField(label=_("Class of shares"), max_length=100, required=False)
    capital = _share(_("That class in percent of the whole capital"))
    voting = forms.BooleanField(label=_("With votes"), required=False, initial=True)
    direct = forms.BooleanField(label=_("Held directly"), required=False, initial=True)
    start = _day(_("From"))
    end = _day(_("Last day"))
    field_order = (
        "holder", "type", "share_min", "share_max", "share_class", "capital", "voting", "direct", "start", "end",
        "date", "source", "signer", "assurance", "document",
    )  # fmt: skip

    @staticmethod
    def of(fact: Interest) -> dict[str, Any]:
        """Return an interest as the form shows it."""
        names = ("share_min", "share_max", "share_class", "capital", "voting", "direct", "start", "end")
        return {
            "holder": "" if fact.holder is None else str(fact.holder),
            "type": fact.type.value,
            **{name: getattr(fact, name) for name in names},
        }

    def fact(self, subject: Party) -> Interest:
        """Return the interest. Raises `Invalid`, `FactRefused`."""
        given = self.cleaned_data
        holder = party_meant(given["holder"], field="holder").id if given["holder"] else None
        return Interest(
            subject.id, holder, InterestType(given["type"]), given["share_min"], given["share_max"],
            given["share_class"].strip(), given["capital"], given["voting"], given["start"], given["end"],
            given["direct"],
        )  # fmt: skip


class TieForm(SaidForm):
    """A public tie of a person of the registry with the party."""

    person = forms.CharField(
        label=_("Who"), help_text=_("Name or id of a person of the registry."), max_length=MOST_TEXT
    )
    role = forms.ChoiceField(label=_("How"), choices=_choices(TIE_WORDS))
    share = _share(_("Share in percent, for shares"))
    start = _day(_("From"))
    end = _day(_("Last day"))
    field_order = (
        "person",
        "role",
        "share",
        "start",
        "end",
        "date",
        "source",
        "signer",
        "assurance",
        "document",
    )

    @staticmethod
    def of(fact: Affiliation) -> dict[str, Any]:
        """Return a tie as the form shows it."""
        return {
            "person": str(fact.person), "role": fact.role.value, "share": fact.share, "start": fact.start,
            "end": fact.end,
        }  # fmt: skip

    def fact(self, subject: Party) -> Affiliation:
        """Return the tie. Raises `Invalid`, `FactRefused`."""
        given = self.cleaned_data
        person = party_meant(given["person"], field="person", only=PartyKind.PERSON)
        said: date = given["date"]
        return Affiliation(
            person.id, subject.id, Role(given["role"]), given["start"], given["end"], said, given["share"]
        )


class WithdrawForm(SaidForm):
    """Why a statement does not stand any more."""

    source = forms.CharField(
        label=_("Why"), help_text=_("The statement stays readable, with this reason."), max_length=MOST_TEXT
    )


class RecogniseForm(forms.Form):
    """Which firm a declared name is."""

    same_as = forms.CharField(
        label=_("Which party of the registry it is"),
        help_text=_("Name, LEI or id. Empty: a firm of its own, which nobody's policy needs to know."),
        max_length=MOST_TEXT,
        required=False,
    )
    reason = forms.CharField(label=_("How you know"), max_length=300)
