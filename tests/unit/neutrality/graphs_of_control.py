"""Graphs worked out by hand: control, rights, parents, nominees, insiders, revenue, debt, age."""

from tenants.neutrality.facts import InterestType as T
from tenants.neutrality.facts import PartyKind, Role
from tests.unit.neutrality.by_hand import DENY_CONTROL, DENY_ECONOMIC, UNKNOWN, case
from tests.unit.neutrality.making import World, ago


@case(
    "votes summed over all that is controlled",
    {"H": DENY_CONTROL, "V": DENY_CONTROL, "Z": DENY_ECONOMIC},
    "H is W's (51 %). V's votes: 30 % of W and 25 % of H = 55 % > 50 %: controlled. Z: V is W, so 5 % ≥ 5 %.",
)
def _(w: World) -> None:
    w.holds("W", "H", 51)
    w.holds("W", "V", 30)
    w.holds("H", "V", 25)
    w.holds("V", "Z", 5)


@case(
    "power to appoint a majority of the board",
    {"H": ("deny", {"control", "rights"}), "V": DENY_ECONOMIC},
    "W appoints 60 % of H's seats: control, and an appointment right besides. V: H is W, 5 %. "
    "(The code first told control alone. Paper was right: any appointment right is a hit of its own.)",
)
def _(w: World) -> None:
    w.holds("W", "H", 60, T.APPOINTMENT_OF_BOARD)
    w.holds("H", "V", 5)


@case(
    "an observer's seat reaches what the firm controls, not what it holds",
    {"H": ("deny", {"rights"}), "V": ("deny", {"rights"})},
    "W observes H's board; H controls V (80 %): V is tainted (7). H has 30 % of Z: no control, clean.",
)
def _(w: World) -> None:
    w.holds("W", "H", None, T.BOARD_OBSERVER)
    w.holds("H", "V", 80)
    w.holds("H", "Z", 30)


@case(
    "a seat of a firm that W only holds in part",
    {"F": DENY_ECONOMIC},
    "F is 10 % W's: deny. F's seat at V is reported and does not decide (7): V is clean.",
)
def _(w: World) -> None:
    w.holds("W", "F", 10)
    w.holds("F", "V", None, T.BOARD_MEMBER)


@case(
    "parents and siblings",
    {"P": ("deny", {"parents"}), "S": ("deny", {"parents"})},
    "P has 70 % of W and 60 % of S: parent and sibling (6). What a parent holds below control, 6 % of Z, is not W's.",
)
def _(w: World) -> None:
    w.holds("P", "W", 70)
    w.holds("P", "S", 60)
    w.holds("P", "Z", 6)


@case(
    "a parent over two of its firms",
    {"P": ("deny", {"parents"}), "S1": ("deny", {"parents"}), "S2": ("deny", {"parents"})},
    "P controls S1 and S2, which have 30 % of W each: together 60 % > 50 %, so P controls W; S1 and S2 are siblings "
    "that P controls, and no parents themselves.",
)
def _(w: World) -> None:
    w.holds("P", "S1", 100)
    w.holds("P", "S2", 100)
    w.holds("S1", "W", 30)
    w.holds("S2", "W", 30)


@case("a stake in W", {"V": ("review", {"stake"})}, "V has 1 % of W: review (6); W has nothing of V.")
def _(w: World) -> None:
    w.holds("V", "W", 1)


@case(
    "a convertible note, and a purchase signed but not closed",
    {"V": DENY_ECONOMIC, "U": DENY_ECONOMIC},
    "V: a note for 3 % on top of 2 % of shares: 5 % as converted. U: a signed purchase of 10 %: counts as closed (12).",
)
def _(w: World) -> None:
    w.holds("W", "V", 2, voting=False)
    w.holds("W", "V", 3, T.CONVERTIBLE, voting=False)
    w.holds("W", "U", 10, T.CONDITIONAL_CONTRACT, voting=False)


@case(
    "a nominee is looked through",
    {"N": DENY_CONTROL, "V": DENY_ECONOMIC},
    "N holds for W: what N has is W's (8), and N counts as W. V: 8 % ≥ 5 %.",
)
def _(w: World) -> None:
    w.party("N", PartyKind.ARRANGEMENT)
    w.holds("W", "N", None, T.NOMINATOR)
    w.holds("N", "V", 8)


@case(
    "a nominee for somebody unknown",
    {"N": UNKNOWN, "V": UNKNOWN},
    "X is nominee in the arrangement N, and no nominator is named: N may be W's, and then V is 8 %. U: 4 % at worst.",
)
def _(w: World) -> None:
    w.party("N", PartyKind.ARRANGEMENT)
    w.holds("X", "N", None, T.NOMINEE)
    w.holds("N", "V", 8)
    w.holds("N", "U", 4)


@case(
    "what a director of W holds",
    {"DCo": DENY_CONTROL, "V": DENY_ECONOMIC, "U": DENY_ECONOMIC},
    "D directs W, so D's holdings are W's (8): DCo is D's (100 %), V is 5 % DCo's. U: 3 % of D and 2 % of W = 5 %.",
)
def _(w: World) -> None:
    w.tie("D", "W", Role.DIRECTOR)
    w.holds("D", "DCo", 100)
    w.holds("DCo", "V", 5)
    w.holds("D", "U", 3)
    w.holds("W", "U", 2)


@case(
    "revenue from the whole group",
    {"H": DENY_CONTROL, "V": ("review", {"revenue"})},
    "12 % from W and 8 % from H, which W controls: 20 % ≥ 20 % (10). U has 19.9 %, clean.",
)
def _(w: World) -> None:
    w.holds("W", "H", 51)
    w.holds("W", "V", 12, T.REVENUE_DEPENDENCE)
    w.holds("H", "V", 8, T.REVENUE_DEPENDENCE)
    w.holds("W", "U", "19.9", T.REVENUE_DEPENDENCE)


@case(
    "a loan from the group",
    {"H": DENY_CONTROL, "V": ("review", {"debt"})},
    "H, which W controls, lends to V: any loan of the group is review (10). X's loan to U is not of the group.",
)
def _(w: World) -> None:
    w.holds("W", "H", 51)
    w.holds("H", "V", None, T.DEBT)
    w.holds("X", "U", None, T.DEBT)


@case(
    "a stale statement accuses and does not clear",
    {"U": DENY_ECONOMIC, "V": UNKNOWN},
    "U: W's 5 % as stated 200 days ago still deny. V: X's 100 % as stated 91 days ago may be W's by now (13). "
    "Z: stated 90 days ago, which is not older than 90 days: clean.",
)
def _(w: World) -> None:
    w.holds("W", "U", 5, dated=ago(200))
    w.holds("X", "V", 100, dated=ago(91))
    w.holds("X", "Z", 100, dated=ago(90))


@case(
    "a circle without an outside",
    {"A": DENY_ECONOMIC, "B": DENY_ECONOMIC},
    "A and B have 100 % of each other and W 5 % of A: a = 5 % + b, b = a has no limit; capped at 100 %, deny. The "
    "declared 105 % of A are contradictory, which is never softer (3). Neither is controlled: each has all votes of "
    "the other, and W 5 %.",
)
def _(w: World) -> None:
    w.holds("W", "A", 5)
    w.holds("B", "A", 100)
    w.holds("A", "B", 100)


@case(
    "two excluded parties do not add",
    {},
    "3 % of W and 3 % of W2: each rule is per excluded party.",
    "W",
    "W2",
)
def _(w: World) -> None:
    w.holds("W", "V", 3)
    w.holds("W2", "V", 3)


@case(
    "the founding case in one line",
    {"V": ("deny", {"economic", "interlock"}), "S": ("deny", {"economic", "interlock"})},
    "49 % without votes: no control, 49 % ≥ 5 %. E works for W and directs V: interlock. S is V's subsidiary (100 %): "
    "V is not controlled by W, so 49 % × 100 % = 49 %; the seat taints what V controls (7).",
)
def _(w: World) -> None:
    w.holds("W", "V", 49, voting=False)
    w.tie("E", "W", Role.OFFICER)
    w.tie("E", "V", Role.DIRECTOR)
    w.holds("V", "S", 100)
