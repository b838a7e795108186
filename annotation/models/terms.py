"""What a project tells its labelers before they begin, and what each of them said to it."""

from django.db import models

from annotation.models.projects import Project
from annotation.values import Term
from ringfence.kernel.models import SealedField, TenantForeignKey, TenantModel


class PurposeVersion(TenantModel):
    """One version of what a project's answers are for. Versions are added, never changed: consent names its own."""

    project = TenantForeignKey(Project, db_index=False)
    n = models.PositiveIntegerField()
    body = SealedField()
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "project", "n"], name="one_purpose_for_each_version")
        ]


class AgreementVersion(TenantModel):
    """One version of an agreement that a project asks for, Markdown."""

    project = TenantForeignKey(Project, db_index=False)
    n = models.PositiveIntegerField()
    body = SealedField()
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "project", "n"], name="one_agreement_for_each_version"
            )
        ]


class Acknowledgement(TenantModel):
    """What one member said to one version: accepted or declined. Saying the other later changes this row.

    The log holds each time. The queue asks for the current versions by the unique index.
    """

    project = TenantForeignKey(Project, db_index=False)
    member_id = models.UUIDField()
    kind = models.SmallIntegerField(choices=Term.choices)
    version = models.PositiveIntegerField()
    accepted = models.BooleanField()
    at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "project", "member_id", "kind", "version"],
                name="one_word_to_each_version",
            )
        ]


class QuizTries(TenantModel):
    """How often one member tried the quiz of one version of the guidelines. Passing is their acknowledgement."""

    project = TenantForeignKey(Project, db_index=False)
    member_id = models.UUIDField()
    version = models.PositiveIntegerField(help_text="of the guidelines")
    body = SealedField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "project", "member_id", "version"], name="one_count_of_tries"
            )
        ]
