"""The control database: people and their places, the registry of parties, and each tenant's policy."""

from tenants.people.models.base import ControlModel
from tenants.people.models.graph import Declaration, GraphVersion, PartyVersion, Statement
from tenants.people.models.imports import RegistryImport, RegistryImportPart
from tenants.people.models.neutrality import (
    AdminKey,
    Commitment,
    KeyRecovery,
    KeyRecoveryApproval,
    MitigationPlan,
    PersonView,
    PlanSignature,
    PolicySignature,
    PolicyVersion,
    Publication,
    TaintSet,
)
from tenants.people.models.people import (
    ApiToken,
    Closing,
    Invitation,
    Membership,
    PasswordReset,
    Person,
    RealmKey,
    RecoveryCode,
    Session,
    Tenant,
)

__all__ = [
    "AdminKey",
    "ApiToken",
    "Closing",
    "Commitment",
    "ControlModel",
    "Declaration",
    "GraphVersion",
    "Invitation",
    "KeyRecovery",
    "KeyRecoveryApproval",
    "Membership",
    "MitigationPlan",
    "PartyVersion",
    "PasswordReset",
    "Person",
    "PersonView",
    "PlanSignature",
    "PolicySignature",
    "PolicyVersion",
    "Publication",
    "RealmKey",
    "RecoveryCode",
    "RegistryImport",
    "RegistryImportPart",
    "Session",
    "Statement",
    "TaintSet",
    "Tenant",
]
