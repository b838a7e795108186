"""The ways out of this room: reports, mails and webhooks."""

from ringfence.kernel.registry import door

door("isolation.report", what="what an isolation check examined and found")
door(
    "mail",
    what="links to sign in with; no name of a customer, project or item",
    to="an address, through the operator's server",
)
