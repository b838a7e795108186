"""The editor of the policy: one form that works without script; saving makes a new draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.gate.policies import in_force
from tenants.gate.registry import known
from tenants.neutrality.facts import Party, PartyKind
from tenants.neutrality.policy import (
    DAYS,
    DEFAULT_RULES,
    PERCENTS,
    SETTABLE,
    VERSION,
    Policy,
    PolicyRejected,
    read_policy,
)
from tenants.neutrality.readings import DAYS as DAY_WORDS
from tenants.neutrality.readings import RULES, rule_sentence
from tenants.pages.policy import to_version
from tenants.services.draft_policy import draft_policy
from tenants.services.read_policy import read_version

MOST_FOUND = 25
LEVELS = (("deny", _("Keep out")), ("review", _("Ask first")), ("report", _("Report only")))
PERCENT_WORDS: dict[str, tuple[Any, Any]] = {
    "economic": (
        _("Economic interest, from … %"),
        _("Of any class of shares, of the capital or of the votes."),
    ),
    "revenue": (_("Revenue from an excluded party, from … %"), ""),
    "equity": (
        _("A person's own listed shares, from … %"),
        _("Below this, and through funds, they are no tie."),
    ),
}


class PolicyForm(forms.Form):
    """Thresholds, days and what each rule does. Parties are chosen beside it, as ticks of the same form."""

    def __init__(self, *args: Any, policy: Policy, **options: Any) -> None:
        super().__init__(*args, **options)
        document = policy.document()
        for name in PERCENTS:
            label, help_text = PERCENT_WORDS[name]
            self.fields[f"percents_{name}"] = forms.CharField(
                label=label, help_text=help_text, initial=document["percents"][name], max_length=20,
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            )  # fmt: skip
        for name, (least, most) in DAYS.items():
            title, sentence = DAY_WORDS[name]
            self.fields[f"days_{name}"] = forms.IntegerField(
                label=title, help_text=sentence.format("…"), initial=document["days"][name],
                min_value=least, max_value=most,
            )  # fmt: skip
        for rule in SETTABLE:
            for who in ("people", "egress"):
                self.fields[f"rules_{rule.value}_{who}"] = forms.ChoiceField(
                    label=RULES[rule][0], choices=LEVELS, initial=document["rules"][rule.value][who]
                )

    def document(self, chosen: Mapping[str, list[str]]) -> dict[str, Any]:
        """Return the policy's document as the form has it."""
        values = self.cleaned_data
        return {
            "version": VERSION,
            **chosen,
            "percents": {name: values[f"percents_{name}"].strip() for name in PERCENTS},
            "days": {name: values[f"days_{name}"] for name in DAYS},
            "rules": {
                rule.value: {who: values[f"rules_{rule.value}_{who}"] for who in ("people", "egress")}
                for rule in SETTABLE
            },
        }


@dataclass(frozen=True, slots=True)
class Chosen:
    """One party in the editor, and as what it is ticked."""

    party: Party
    excluded: bool
    rival: bool


class EditPage(TenantPage):
    """Drafts a version, from the policy in force or from another version."""

    requires = Permission.NEUTRALITY_MANAGE
    template = "tenants/policy_edit.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form. Raises `NotFound` for a version that does not exist."""
        asked = request.GET.get("from", "")
        if asked.isdecimal():
            policy = read_version(self.context, version=int(asked)).policy
        else:
            policy = in_force(self.context.tenant_id).policy
        return self._show(PolicyForm(policy=policy), policy.excluded, policy.rivals, "")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Search for a party, or keep the draft."""
        form = PolicyForm(request.POST, policy=in_force(self.context.tenant_id).policy)
        excluded, rivals = (_ids(request.POST, name) for name in ("excluded", "rivals"))
        if request.POST.get("do") == "search":
            kept = PolicyForm(initial=request.POST.dict(), policy=in_force(self.context.tenant_id).policy)
            return self._show(kept, excluded, rivals, request.POST.get("search", ""))
        if form.is_valid():
            chosen = {"excluded": sorted(map(str, excluded)), "rivals": sorted(map(str, rivals))}
            try:
                draft = draft_policy(self.context, read_policy(form.document(chosen)))
                return to_version(self.context.public_id, draft.version, "drafted")
            except PolicyRejected as rejected:
                field = rejected.field.replace(".", "_")
                form.add_error(field if field in form.fields else None, str(rejected))
        return self._show(form, excluded, rivals, request.POST.get("search", ""), 400)

    def _show(
        self,
        form: PolicyForm,
        excluded: frozenset[UUID],
        rivals: frozenset[UUID],
        search: str,
        status: int = 200,
    ) -> HttpResponse:
        parties = known().parties
        chosen = [Chosen(parties[each], each in excluded, each in rivals) for each in excluded | rivals
                  if each in parties]  # fmt: skip
        found, more = _search(parties, search, excluded | rivals)
        return self.page(
            status=status,
            form=form,
            chosen=sorted(chosen, key=lambda each: (each.party.name, each.party.id)),
            unknown=sorted(map(str, excluded - parties.keys())),
            found=found,
            more=more,
            search=search,
            percents=[form[f"percents_{name}"] for name in PERCENTS],
            days=[form[f"days_{name}"] for name in DAYS],
            rules=[
                (
                    RULES[rule][0],
                    rule_sentence(rule, DEFAULT_RULES[rule], Policy()),
                    form[f"rules_{rule.value}_people"],
                    form[f"rules_{rule.value}_egress"],
                )
                for rule in SETTABLE
            ],
        )


def _search(parties: Mapping[UUID, Party], search: str, chosen: frozenset[UUID]) -> tuple[list[Party], bool]:
    """Return parties whose name or identifier has the words; people's own parties are nobody's to search."""
    words = search.strip().casefold()
    if not words:
        return [], False
    found = [
        party
        for party in parties.values()
        if party.name
        and party.kind is not PartyKind.SYSTEM
        and party.id not in chosen
        and (words in party.name.casefold() or words == party.lei.casefold() or words == str(party.id))
    ]
    found.sort(key=lambda party: (not party.name.casefold().startswith(words), party.name, party.id))
    return found[:MOST_FOUND], len(found) > MOST_FOUND


def _ids(form: QueryDict, name: str) -> frozenset[UUID]:
    found = set()
    for text in form.getlist(name):
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return frozenset(found)
