"""The registry: parties and what is stated about them, append-only. Public facts in clear, members' own words sealed.

A fact is never edited: the newest row of a party holds, and a statement is superseded by a later one.
The database refuses to change or remove rows, its owner included (migration 0004).
"""

from typing import Any

from django.db import models

from tenants.people.models.base import ControlModel
from tenants.people.models.people import Person


class GraphVersion(ControlModel):
    """One change of the graph. `digest` chains: SHA-256 of the digest before and of all that was added."""

    number = models.BigIntegerField(unique=True)
    digest = models.BinaryField(max_length=32)
    parties = models.PositiveIntegerField(help_text="added by this change")
    statements = models.PositiveIntegerField(help_text="added by this change")
    recorded_at = models.DateTimeField()


class PartyVersion(ControlModel):
    """A party as the registry describes it from one graph version on. We are a party ourselves."""

    party = models.UUIDField()
    version = models.BigIntegerField(help_text="the graph version that added it")
    kind = models.CharField(max_length=16)
    name = models.CharField(
        max_length=500, blank=True, help_text="empty for a member here: their name is sealed"
    )
    sealed_name = models.BinaryField(null=True, help_text="a name that a declaration brought, sealed")
    lei = models.CharField(max_length=20, blank=True)
    identifiers: Any = models.JSONField(
        default=list, help_text="pairs [scheme, value]; hosts and networks too"
    )
    listed = models.BooleanField(default=False)
    fund = models.BooleanField(default=False)
    is_operator = models.BooleanField(default=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)
    source = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["party", "version"], name="a_party_is_described_once_a_version"),
            models.CheckConstraint(
                condition=models.Q(name="") | models.Q(sealed_name=None), name="a_name_is_public_or_sealed"
            ),
        ]
        indexes = [
            models.Index(fields=["version"], name="party_by_version"),
            models.Index(fields=["person"], name="party_by_person"),
        ]


class Statement(ControlModel):
    """One interest or affiliation as somebody stated it, or the withdrawal of what it supersedes."""

    record = models.UUIDField(help_text="what it is about: one holding, one tie")
    version = models.BigIntegerField(help_text="the graph version that added it")
    kind = models.CharField(max_length=16, help_text="interest, affiliation or withdrawal")
    fact: Any = models.JSONField(null=True, help_text="a public fact")
    sealed = models.BinaryField(null=True, help_text="a member's own words, sealed in the identity realm")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)
    date = models.DateField()
    source = models.CharField(max_length=500, blank=True)
    evidence = models.BinaryField(max_length=32, blank=True, help_text="SHA-256, or empty")
    signer = models.CharField(max_length=200, blank=True)
    assurance = models.CharField(max_length=16)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, related_name="+", null=True)
    digest = models.BinaryField(max_length=32)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["interest", "affiliation", "withdrawal"]),
                name="a_statement_of_a_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(fact=None) | models.Q(sealed=None), name="a_fact_is_public_or_sealed"
            ),
        ]
        indexes = [
            models.Index(fields=["version"], name="statement_by_version"),
            models.Index(fields=["record"], name="statement_by_record"),
            models.Index(fields=["person"], name="statement_by_person"),
        ]


class Declaration(ControlModel):
    """A person said that what stands about them is all: their ties, complete on that day."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    declared_on = models.DateField()
    said = models.BinaryField(null=True, help_text="the ties in the person's own words, sealed")
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["person", "-declared_on"], name="declaration_by_person")]
