"""What each event says to people: the words after the actor's name."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.verbs import Verb

SENTENCES: dict[Verb, str | Promise] = {
    Verb.ACCESS_REFUSED: _("was refused access"),
    Verb.AGGREGATE_DELIVERED: _("received what was counted of a project's answers"),
    Verb.AGREEMENT_PUBLISHED: _("published an agreement"),
    Verb.ANSWER_DELIVERED: _("received answers"),
    Verb.API_TOKEN_CREATED: _("made an API token"),
    Verb.API_TOKEN_REVOKED: _("revoked an API token"),
    Verb.AUDIT_EXPORTED: _("exported the log as a proof bundle"),
    Verb.AUDIT_PIN_DELIVERED: _("received the pin file"),
    Verb.AUDIT_TIMELINE_DELIVERED: _("read the log"),
    Verb.COMMENT_ADDED: _("wrote about an item"),
    Verb.COMMENT_ANSWERED: _("answered a comment"),
    Verb.COMMENT_CLOSED: _("closed a comment"),
    Verb.COMMENTS_DELIVERED: _("received comments"),
    Verb.CONSENT_DECLINED: _("declined a project's terms"),
    Verb.CONSENT_GIVEN: _("accepted a project's terms"),
    Verb.DECLARATION_MADE: _("declared whom they are tied to"),
    Verb.DRAFT_DELIVERED: _("restored a draft"),
    Verb.DRAFTS_PURGED: _("removed drafts that nobody can go on with"),
    Verb.EXPORT_CANCELLED: _("cancelled an export"),
    Verb.EXPORT_CREATED: _("asked for an export"),
    Verb.EXPORT_DELIVERED: _("received an export"),
    Verb.EXPORT_FAILED: _("could not finish an export"),
    Verb.EXPORT_FINISHED: _("finished an export"),
    Verb.GUIDELINES_ACKNOWLEDGED: _("confirmed having read guidelines"),
    Verb.GUIDELINES_DELIVERED: _("received guidelines"),
    Verb.GUIDELINES_PUBLISHED: _("published guidelines"),
    Verb.IMPORT_CANCELLED: _("cancelled an import"),
    Verb.IMPORT_CREATED: _("began an import"),
    Verb.IMPORT_ERRORS_DELIVERED: _("received an import's list of errors"),
    Verb.IMPORT_FAILED: _("could not finish an import"),
    Verb.IMPORT_FINISHED: _("finished an import"),
    Verb.IMPORT_ROWS_ADDED: _("imported items"),
    Verb.INVITATION_ACCEPTED: _("accepted an invitation"),
    Verb.INVITATION_CREATED: _("invited somebody"),
    Verb.INVITATION_REFUSED: _("kept out somebody invited, under the neutrality policy"),
    Verb.INVITATION_REVOKED: _("took back an invitation"),
    Verb.ISOLATION_CHECKED: _("ran the isolation check"),
    Verb.ISOLATION_REPORT_DELIVERED: _("received a report of the isolation check"),
    Verb.ISOLATION_SABOTAGED: _("took a wall down in the shadow"),
    Verb.ITEM_DELIVERED: _("received items"),
    Verb.KEY_CONFIRMED: _("confirmed the keys"),
    Verb.KEY_CREATED: _("made a key"),
    Verb.KEY_DESTROYED: _("destroyed a key"),
    Verb.KEY_DISABLED: _("disabled a key"),
    Verb.KEY_ENABLED: _("enabled a key"),
    Verb.LOG_OPENED: _("opened this log"),
    Verb.LOGIN_FAILED: _("counted failed sign-ins"),
    Verb.LOGIN_LOCKED: _("was locked out after failed sign-ins"),
    Verb.LOGIN_SUCCEEDED: _("signed in"),
    Verb.MEMBER_ADMITTED: _("admitted a member"),
    Verb.MEMBER_BARRED: _("kept a member away under the neutrality policy"),
    Verb.MEMBER_REMOVED: _("removed a member"),
    Verb.MEMBER_ROLE_CHANGED: _("changed a member's role"),
    Verb.MEMBER_UNBARRED: _("let a member in again under the neutrality policy"),
    Verb.MEMBERS_DELIVERED: _("received names of members"),
    Verb.NEUTRALITY_POLICY_CHANGED: _("changed the neutrality policy"),
    Verb.NEUTRALITY_STATED: _("recorded a statement about ownership"),
    Verb.OPERATOR_ACTED: _("acted as operator"),
    Verb.PASSWORD_CHANGED: _("changed a password"),
    Verb.PASSWORD_RESET_REQUESTED: _("asked for a new password"),
    Verb.POLICY_DRAFTED: _("drafted a neutrality policy"),
    Verb.PROJECT_ARCHIVED: _("archived a project"),
    Verb.PROJECT_CHANGED: _("changed a project"),
    Verb.PROJECT_CREATED: _("created a project"),
    Verb.PROJECT_DELIVERED: _("received a project's page"),
    Verb.PROJECT_GRANTED: _("gave a member a project"),
    Verb.PROJECT_UNGRANTED: _("took a project from a member"),
    Verb.PURPOSE_DELIVERED: _("received a purpose"),
    Verb.PURPOSE_PUBLISHED: _("stated a purpose"),
    Verb.REFUSALS_COUNTED: _("counted refusals"),
    Verb.SCHEMA_DELIVERED: _("received a label schema"),
    Verb.SCHEMA_PUBLISHED: _("published a label schema"),
    Verb.SECOND_FACTOR_ADDED: _("added a second factor"),
    Verb.SECOND_FACTOR_RECOVERED: _("used a recovery code"),
    Verb.SECOND_FACTOR_REMOVED: _("removed a second factor"),
    Verb.SESSION_CLOSED: _("signed out"),
    Verb.SESSION_OPENED: _("opened a session"),
    Verb.SESSION_SWITCHED: _("switched workspace"),
    Verb.SKILL_CREATED: _("named a skill"),
    Verb.SKILL_DELIVERED: _("received names of skills"),
    Verb.SKILLS_CHANGED: _("changed which skills somebody has or a project needs"),
    Verb.STATEMENTS_RECORDED: _("added facts to the registry of parties"),
    Verb.SUBMISSION_ACCEPTED: _("submitted an answer"),
    Verb.SUBMISSION_RETURNED: _("returned an answer"),
    Verb.SUBMISSION_UPHELD: _("upheld a returned answer"),
    Verb.SUBMISSION_WITHDRAWN: _("took an answer back"),
    Verb.TASK_DELIVERED: _("received tasks"),
    Verb.TASK_RELEASED: _("gave tasks back"),
    Verb.TASK_REOPENED: _("opened a task again"),
    Verb.TASK_RESERVED: _("kept tasks for one person"),
    Verb.TASK_SKIPPED: _("skipped a task"),
    Verb.TASK_VOIDED: _("lost a task"),
    Verb.TENANT_CREATED: _("created this workspace"),
    Verb.TENANT_RENAMED: _("renamed this workspace"),
    Verb.TENANT_STATE_CHANGED: _("changed the state of this workspace"),
    Verb.WORK_RECEIPT_DELIVERED: _("received work receipts"),
    Verb.WORK_STATEMENT_DELIVERED: _("received a statement of their work"),
}

BAD = frozenset(
    {Verb.ACCESS_REFUSED, Verb.EXPORT_FAILED, Verb.IMPORT_FAILED, Verb.LOGIN_FAILED, Verb.LOGIN_LOCKED}
)


def sentence_of(verb: str) -> str:
    """Return the words for `verb`; a verb of a newer release is shown as written."""
    return str(SENTENCES[Verb(verb)]) if verb in set(Verb) else verb


def tone_of(verb: str) -> str:
    """Return the timeline's tone: bad, ok for deliveries, or none."""
    if verb in BAD:
        return "bad"
    return "ok" if verb.endswith(".delivered") else ""
