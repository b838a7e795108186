"""What a person may do in a tenant: permissions, roles, and which role grants what.

The definition for people stands in platform/docs/roles.md; `tests/permissions.csv` is written from
that page, and a generated test holds this table against it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """`object:verb`, kept in alphabetical order."""

    API_TOKEN_MANAGE = "api_token:manage"
    AUDIT_ERASE = "audit:erase"
    AUDIT_EXPORT = "audit:export"
    AUDIT_VIEW = "audit:view"
    AUDIT_WATCH = "audit:watch"
    EXPORT_CREATE = "export:create"
    EXPORT_DOWNLOAD = "export:download"
    ISOLATION_RUN = "isolation:run"
    ISOLATION_VIEW = "isolation:view"
    ITEM_IMPORT = "item:import"
    ITEM_READ = "item:read"
    KEY_VIEW = "key:view"
    MEMBER_INVITE = "member:invite"
    MEMBER_LIST = "member:list"
    MEMBER_MANAGE = "member:manage"
    NEUTRALITY_ATTEST = "neutrality:attest"
    NEUTRALITY_MANAGE = "neutrality:manage"
    NEUTRALITY_PUBLISH = "neutrality:publish"
    NEUTRALITY_VIEW = "neutrality:view"
    PLATFORM_VIEW = "platform:view"
    PROJECT_CREATE = "project:create"
    PROJECT_LIST = "project:list"
    PROJECT_MANAGE = "project:manage"
    REGISTRY_MANAGE = "registry:manage"
    REGISTRY_VIEW = "registry:view"
    SUPPORT_ASK = "support:ask"
    SUPPORT_DECIDE = "support:decide"
    SUPPORT_END = "support:end"
    SUPPORT_VIEW = "support:view"
    TASK_LABEL = "task:label"
    TENANT_CLOSE = "tenant:close"
    TENANT_SETUP = "tenant:setup"
    TENANT_STATE = "tenant:state"
    TENANT_VIEW = "tenant:view"
    WEBHOOK_MANAGE = "webhook:manage"


class Role(StrEnum):
    """A member has exactly one role. `operator` exists in the operator's own tenant only."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    REVIEWER = "reviewer"
    LABELER = "labeler"
    AUDITOR = "auditor"
    OPERATOR = "operator"


P = Permission
_AUDITOR = {
    P.TENANT_VIEW, P.AUDIT_VIEW, P.AUDIT_EXPORT, P.ISOLATION_VIEW, P.ISOLATION_RUN, P.KEY_VIEW,
    P.MEMBER_LIST, P.NEUTRALITY_VIEW, P.NEUTRALITY_ATTEST, P.SUPPORT_VIEW,
}  # fmt: skip
_MANAGER = {
    P.TENANT_VIEW, P.PROJECT_LIST, P.PROJECT_CREATE, P.PROJECT_MANAGE, P.ITEM_IMPORT, P.ITEM_READ,
    P.EXPORT_CREATE, P.EXPORT_DOWNLOAD, P.MEMBER_LIST,
}  # fmt: skip
_ADMIN = _AUDITOR | _MANAGER | {
    P.MEMBER_INVITE, P.MEMBER_MANAGE, P.API_TOKEN_MANAGE, P.NEUTRALITY_MANAGE, P.WEBHOOK_MANAGE,
    P.SUPPORT_END,
}  # fmt: skip
_OPERATOR = {
    P.TENANT_VIEW, P.PLATFORM_VIEW, P.AUDIT_VIEW, P.ISOLATION_VIEW, P.ISOLATION_RUN, P.REGISTRY_VIEW,
    P.REGISTRY_MANAGE, P.SUPPORT_ASK,
}  # fmt: skip

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(
        _ADMIN
        | {
            P.AUDIT_ERASE,
            P.AUDIT_WATCH,
            P.TENANT_CLOSE,
            P.TENANT_SETUP,
            P.TENANT_STATE,
            P.NEUTRALITY_PUBLISH,
            P.SUPPORT_DECIDE,
        }
    ),
    Role.ADMIN: frozenset(_ADMIN),
    Role.MANAGER: frozenset(_MANAGER),
    Role.REVIEWER: frozenset({P.TENANT_VIEW, P.PROJECT_LIST}),
    Role.LABELER: frozenset({P.TENANT_VIEW, P.PROJECT_LIST, P.TASK_LABEL}),
    Role.AUDITOR: frozenset(_AUDITOR),
    Role.OPERATOR: frozenset(_OPERATOR),
}

SUPPORT_ROLES = (Role.AUDITOR, Role.MANAGER, Role.REVIEWER)
"""What the operator's support may be in a customer's workspace: never an owner or admin."""
VISITOR_MAY = frozenset({
    P.TENANT_VIEW, P.AUDIT_VIEW, P.ISOLATION_VIEW, P.KEY_VIEW, P.MEMBER_LIST, P.NEUTRALITY_VIEW, P.PROJECT_LIST,
    P.PROJECT_MANAGE, P.ITEM_READ,
})  # fmt: skip
"""The most that a support visit opens, whatever its role: to look and to mend, not to bring in or take away."""

SECOND_FACTOR_ROLES = frozenset({Role.OWNER, Role.ADMIN, Role.AUDITOR, Role.OPERATOR})


@dataclass(frozen=True, slots=True)
class Public:
    """A route that no permission guards. `reason` says why that is right."""

    reason: str


class Purpose(StrEnum):
    """Why a context exists. It is signed into the token and written into every log entry."""

    WORK = "work"
    JOB = "job"
    SETUP = "setup"
    CHECK = "check"
    NEUTRALITY = "neutrality"
    REFUSAL = "refusal"
    PLATFORM = "platform"
    SUPPORT = "support"
