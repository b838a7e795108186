"""What pages say about roles, states and the operator; the documents in platform/docs say the same."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.permissions import Permission, Role

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Works:
    """What works in one state, what does not, and how it is left."""

    yes: tuple[Words, ...]
    no: tuple[Words, ...]
    way_out: Words


WORKS: dict[str, Works] = {
    "setting-up": Works(
        (
            _("Owners finish the first run: keys, pin file, first members."),
            _("Invited people can accept and sign in."),
        ),
        (_("Projects, imports and labeling wait until the workspace is active."),),
        _("An owner activates it at the end of the first run."),
    ),
    "active": Works(
        (_("Everything that your role includes."),),
        (),
        _("An owner can suspend it, or begin to leave."),
    ),
    "suspended": Works(
        (
            _("Everybody can still sign in and see projects by name."),
            _("Keys, members, log, proofs and isolation checks can be read and run."),
        ),
        (_("Nothing is imported, labeled, exported or invited. Leases run out; no answer is taken."),),
        _("An owner resumes it."),
    ),
    "leaving": Works(
        (_("Items can be read and exported, proofs taken, checks run."),),
        (_("Nothing new is imported, labeled or invited."),),
        _("An owner resumes it until the keys are destroyed."),
    ),
    "destroyed": Works(
        (),
        (_("Nothing. The keys no longer exist, so nobody can open what was stored."),),
        _("There is none."),
    ),
}

ROLE_WORDS: dict[Role, Words] = {
    Role.OWNER: _("You own this workspace: its keys, its people, its state and everything in it."),
    Role.ADMIN: _("You run this workspace: projects, people, exports, proofs and checks."),
    Role.MANAGER: _("You run projects: import items, write guidelines, follow the work, export answers."),
    Role.REVIEWER: _("You look after the quality of answers in the projects that you are given."),
    Role.LABELER: _("You label the items of the projects that you are given."),
    Role.AUDITOR: _(
        "You check that the walls hold: log, proofs, keys, neutrality, isolation. You cannot read items."
    ),
    Role.OPERATOR: _(
        "You run the platform. You see ids, states and counts; you cannot see what customers keep."
    ),
}

CANNOT_SEE: tuple[Words, ...] = (
    _("Names of customers, their projects, labels and guidelines: sealed under each customer's key."),
    _("Items, answers, drafts, files, exports, comments and anything computed from them."),
    _("Names and addresses of people: sealed in the identity realm. Members are counted here, not listed."),
    _("Entries of customers' logs: each customer reads their own. You read the platform log."),
    _("Anything at all of a customer who has switched their key off."),
)


def works_in(state: str) -> Works:
    """Return what works in a state."""
    return WORKS[state]


RIGHT_WORDS: dict[Permission, Words] = {
    Permission.API_TOKEN_MANAGE: _("make and revoke API tokens"),
    Permission.AUDIT_WATCH: _("choose how many witnesses must cosign the audit log"),
    Permission.AUDIT_ERASE: _("erase who did something from the audit log"),
    Permission.AUDIT_EXPORT: _("take the pin file and proof bundles"),
    Permission.AUDIT_VIEW: _("read the audit log"),
    Permission.EXPORT_CREATE: _("make exports"),
    Permission.EXPORT_DOWNLOAD: _("download exports"),
    Permission.ISOLATION_RUN: _("run the isolation check"),
    Permission.ISOLATION_VIEW: _("read reports of the isolation check"),
    Permission.ITEM_IMPORT: _("import items"),
    Permission.ITEM_READ: _("read items and their answers"),
    Permission.KEY_VIEW: _("see the state of the keys"),
    Permission.MEMBER_INVITE: _("invite people"),
    Permission.MEMBER_LIST: _("see who is a member"),
    Permission.MEMBER_MANAGE: _("change roles and remove people"),
    Permission.NEUTRALITY_ATTEST: _("ask for exposure reports and attestations, and read them"),
    Permission.NEUTRALITY_MANAGE: _("draft and sign the neutrality policy and mitigation plans"),
    Permission.NEUTRALITY_PUBLISH: _("show an attestation to everybody"),
    Permission.NEUTRALITY_VIEW: _("see the neutrality policy"),
    Permission.PLATFORM_VIEW: _("see the platform's processes and counts"),
    Permission.PROJECT_CREATE: _("create projects"),
    Permission.PROJECT_LIST: _("see the projects"),
    Permission.PROJECT_MANAGE: _("manage projects: questions, guidelines, people, settings"),
    Permission.REGISTRY_MANAGE: _("add to the registry of parties"),
    Permission.REGISTRY_VIEW: _("see the registry of parties"),
    Permission.SUPPORT_ASK: _("ask a customer to let support in"),
    Permission.SUPPORT_DECIDE: _("let the operator's support in, or refuse it"),
    Permission.SUPPORT_END: _("end a support visit"),
    Permission.SUPPORT_VIEW: _("see and watch visits of the operator's support"),
    Permission.TASK_LABEL: _("label items"),
    Permission.TENANT_CLOSE: _("close the workspace for good, and destroy its keys"),
    Permission.TENANT_SETUP: _("finish the first run"),
    Permission.TENANT_STATE: _("suspend, resume and leave the workspace"),
    Permission.TENANT_VIEW: _("see the workspace and its state"),
    Permission.WEBHOOK_MANAGE: _("manage webhooks: where events are sent to"),
}
"""What each right lets one do, for whoever picks some of them for an API token."""
