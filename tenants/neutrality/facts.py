"""What is stated about parties: interests between them, ties of people, and who stated it when. Pure values.

Vocabulary of interests: Beneficial Ownership Data Standard 0.4, codelist `interestType`, and six codes of ours.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

SHARE_DECIMALS = 10
"""Digits after the point of a percentage; one unit of the closure is 10**-10 of a percent."""

HUNDRED = Decimal(100)


class FactRefused(Exception):
    """A fact cannot be so. `field` names the part that is wrong; the text says what to write instead."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class PartyKind(StrEnum):
    """What a party is."""

    ENTITY = "entity"
    PERSON = "person"
    ARRANGEMENT = "arrangement"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Party:
    """Anybody or anything that a policy can speak of; we are one ourselves."""

    id: UUID
    name: str
    kind: PartyKind = PartyKind.ENTITY
    lei: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()
    listed: bool = False
    """Whether its shares are listed: there, the law makes whoever has 5 % say so."""
    fund: bool = False


class InterestType(StrEnum):
    """How a holder is interested in a subject."""

    SHAREHOLDING = "shareholding"
    VOTING_RIGHTS = "votingRights"
    APPOINTMENT_OF_BOARD = "appointmentOfBoard"
    OTHER_INFLUENCE = "otherInfluenceOrControl"
    SENIOR_MANAGING_OFFICIAL = "seniorManagingOfficial"
    SETTLOR = "settlor"
    TRUSTEE = "trustee"
    PROTECTOR = "protector"
    BENEFICIARY = "beneficiaryOfLegalArrangement"
    SURPLUS_ASSETS = "rightsToSurplusAssetsOnDissolution"
    PROFIT = "rightsToProfitOrIncome"
    CONTRACT = "rightsGrantedByContract"
    CONDITIONAL_CONTRACT = "conditionalRightsGrantedByContract"
    COMPANY_RULES = "controlViaCompanyRulesOrArticles"
    LEGAL_FRAMEWORK = "controlByLegalFramework"
    BOARD_MEMBER = "boardMember"
    BOARD_CHAIR = "boardChair"
    UNKNOWN = "unknownInterest"
    UNPUBLISHED = "unpublishedInterest"
    USE_OF_ASSETS = "enjoymentAndUseOfAssets"
    INCOME_FROM_ASSETS = "rightToProfitOrIncomeFromAssets"
    NOMINEE = "nominee"
    NOMINATOR = "nominator"
    """The holder stands behind the subject: what the subject holds, it holds for the holder."""
    # Ours, where the standard has no word:
    BOARD_OBSERVER = "boardObserver"
    INFORMATION_RIGHTS = "informationRights"
    CONVERTIBLE = "convertible"
    REVENUE_DEPENDENCE = "revenueDependence"
    """The share of the subject's revenue that comes from the holder."""
    DEBT = "debt"
    OPERATES = "operates"
    """The holder runs the subject, a system: a bucket, a host, a model."""


IN_CAPITAL = frozenset(
    {InterestType.SHAREHOLDING, InterestType.CONVERTIBLE, InterestType.CONDITIONAL_CONTRACT}
)
"""Parts of a firm's capital; what is not yet shares counts as converted."""

ECONOMIC = IN_CAPITAL | {
    InterestType.BENEFICIARY,
    InterestType.SURPLUS_ASSETS,
    InterestType.PROFIT,
    InterestType.CONTRACT,
    InterestType.USE_OF_ASSETS,
    InterestType.INCOME_FROM_ASSETS,
}

CONTROLLING = frozenset(
    {
        InterestType.COMPANY_RULES,
        InterestType.LEGAL_FRAMEWORK,
        InterestType.TRUSTEE,
        InterestType.PROTECTOR,
        InterestType.OPERATES,
    }
)
"""Control by contract, articles, law or office, without a count of votes."""

SEATS = frozenset(
    {
        InterestType.BOARD_MEMBER,
        InterestType.BOARD_CHAIR,
        InterestType.BOARD_OBSERVER,
        InterestType.SENIOR_MANAGING_OFFICIAL,
    }
)
RIGHTS = SEATS | {InterestType.APPOINTMENT_OF_BOARD, InterestType.INFORMATION_RIGHTS}

UNCLASSIFIED = frozenset(
    {
        InterestType.UNKNOWN,
        InterestType.UNPUBLISHED,
        InterestType.OTHER_INFLUENCE,
        InterestType.SETTLOR,
    }
)
"""Unknown until somebody classifies them with evidence; so are the codes below when no share is given."""

UNCLASSIFIED_WITHOUT_SHARE = (ECONOMIC - {InterestType.SHAREHOLDING, InterestType.CONVERTIBLE}) | {
    InterestType.VOTING_RIGHTS,
    InterestType.REVENUE_DEPENDENCE,
}


@dataclass(frozen=True, slots=True)
class Interest:
    """One holding, right or dependence of a holder in a subject. Days count in UTC; `end` is the last that counts.

    Shares are percentages: of the named class, or of the whole capital where `share_class` is empty; for
    `appointmentOfBoard` of the seats, for `revenueDependence` of the revenue. Both ends None: nobody said.
    `capital` is what a part of a named class is of the whole capital, where that is known.
    `holder` None: a holder that is not disclosed.
    """

    subject: UUID
    holder: UUID | None
    type: InterestType
    share_min: Decimal | None = None
    share_max: Decimal | None = None
    share_class: str = ""
    capital: Decimal | None = None
    voting: bool = True
    start: date | None = None
    end: date | None = None
    direct: bool = True

    def __post_init__(self) -> None:
        for field in ("share_min", "share_max", "capital"):
            check_percentage(getattr(self, field), field=field)
        if self.share_min is not None and self.share_max is not None and self.share_min > self.share_max:
            raise FactRefused("share_min", f"{self.share_min} % is more than the most, {self.share_max} %")
        check_period(self.start, self.end)

    @property
    def least(self) -> Decimal | None:
        """The least that the share can be; None when nobody said anything of it."""
        return Decimal(0) if self.share_min is None and self.share_max is not None else self.share_min

    @property
    def most(self) -> Decimal | None:
        """The worst case of the range; None when nobody said anything of it."""
        return HUNDRED if self.share_max is None and self.share_min is not None else self.share_max


class Role(StrEnum):
    """How a person is tied to a party."""

    EMPLOYEE = "employee"
    CONTRACTOR = "contractor"
    OFFICER = "officer"
    DIRECTOR = "director"
    ADVISER = "adviser"
    OBSERVER = "observer"
    EQUITY = "equity"
    RELATIVE = "relative"
    """A spouse or relative of the person is tied to the party."""


WORKING = frozenset(
    {Role.EMPLOYEE, Role.CONTRACTOR, Role.OFFICER, Role.DIRECTOR, Role.ADVISER, Role.OBSERVER}
)
IN_THE_ROOM = frozenset({Role.OFFICER, Role.DIRECTOR, Role.OBSERVER})
DIRECTING = frozenset({Role.OFFICER, Role.DIRECTOR})


@dataclass(frozen=True, slots=True)
class Affiliation:
    """A person's tie to a party. `share` (percent) is for equity; `reaffirmed_on` the last day it was confirmed."""

    person: UUID
    party: UUID
    role: Role
    start: date | None = None
    end: date | None = None
    reaffirmed_on: date | None = None
    share: Decimal | None = None

    def __post_init__(self) -> None:
        check_percentage(self.share, field="share")
        check_period(self.start, self.end)


class Assurance(StrEnum):
    """How well a statement is founded."""

    DECLARED = "declared"
    DOCUMENT = "document"
    REGISTRY = "registry"


@dataclass(frozen=True, slots=True)
class Statement:
    """One fact as somebody stated it, never edited: a later statement supersedes it.

    `record` is what the statement is about: two live statements of one record contradict each other, two
    records are two holdings. `fact` None withdraws what is superseded. `evidence` is a SHA-256 digest.
    """

    id: UUID
    record: UUID
    fact: Interest | Affiliation | None
    date: date
    recorded_at: datetime
    source: str = ""
    evidence: bytes = b""
    signer: str = ""
    assurance: Assurance = Assurance.DECLARED
    supersedes: UUID | None = None

    def __post_init__(self) -> None:
        if self.recorded_at.tzinfo is None:
            raise FactRefused("recorded_at", "a time needs its zone")
        if self.evidence and len(self.evidence) != 32:
            raise FactRefused("evidence", "a SHA-256 digest has 32 bytes")
        if self.fact is None and self.supersedes is None:
            raise FactRefused("fact", "a statement that withdraws names what it supersedes")


def check_percentage(value: Decimal | None, *, field: str) -> None:
    """Return if `value` is a percentage from 0 to 100, or absent. Raises `FactRefused`."""
    if value is None:
        return
    if not isinstance(value, Decimal) or not value.is_finite():
        raise FactRefused(field, "a share is a decimal number")
    if not 0 <= value <= HUNDRED:
        raise FactRefused(field, f"a share is from 0 to 100 %, not {value} %")
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > SHARE_DECIMALS:
        raise FactRefused(field, f"a share has at most {SHARE_DECIMALS} digits after the point")


def check_period(start: date | None, end: date | None) -> None:
    """Return if a period does not end before it begins. Raises `FactRefused`."""
    if start is not None and end is not None and end < start:
        raise FactRefused("end", f"{end.isoformat()} is before the start, {start.isoformat()}")
