"""What the frame around a page needs to know: who is signed in where, and where they can go."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NavEntry:
    """One link of the navigation; `icon` is the id of a symbol in `icons.svg`."""

    label: str
    url: str
    icon: str = ""
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NavGroup:
    """Links under one heading; an empty heading shows none."""

    label: str = ""
    entries: tuple[NavEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The template variable `shell`. With nobody signed in, `Shell()` is a complete value."""

    person: str = ""
    role: str = ""
    tenant: str = ""
    tenant_state: str = ""
    home_url: str = "/"
    account_url: str = ""
    switch_url: str = ""
    sign_out_url: str = ""
    nav: tuple[NavGroup, ...] = ()
    local_keys: bool = False
    conflict_url: str = ""
    """Where the operator has stated a conflict of its own; empty when there is none, or it is not the reader's."""
    support_url: str = ""
    support_waiting: int = 0
    """Asks of the operator's support that wait for the reader."""
    support_here: int = 0
    """Support visits that run now, for whoever may end them."""
    visits_until: datetime | None = None
    """Until when the reader is here as the operator's support; None for everybody else."""
