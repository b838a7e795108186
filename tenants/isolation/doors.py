"""The ways out of this room: reports, mails and webhooks."""

from ringfence.kernel.registry import door

door("attestation-file", what="a signed neutrality attestation, with its proof")
door(
    "closing-certificate",
    what="the proof of the last entry in the log of a closed workspace, opened",
    to="whoever holds the link that its owners were mailed",
)
door("exposure-report", what="who received what in a period, as an exposure report found it")
door("isolation-report", what="what an isolation check examined and found")
door("neutrality-command", what="the command that makes admin keys in files; nothing of the workspace")
door(
    "neutrality-request", what="a policy or plan as the file that an admin's key signs, delivered in the log"
)
door(
    "mail",
    what="links, to sign in or to look at a page; no name of a customer, project or item",
    to="an address, through the operator's server",
)
door(
    "witness",
    what="the meta-log's newest checkpoint and hashes that show its growth; nothing of a workspace",
    to="a witness that the operator's policy names",
)
door(
    "audit-timestamp",
    what="the SHA-256 of the meta-log's newest checkpoint and a random number; nothing of a workspace",
    to="the time-stamping authority that the operator's settings name",
)
door(
    "webhook",
    what="ids, verbs and times of events, signed",
    to="a registered party, judged before each attempt",
)
