"""Graphs worked out by hand: sums, chains, circles, classes, contradictions, what is undisclosed."""

from tenants.neutrality.facts import InterestType as T
from tests.unit.neutrality.by_hand import DENY_CONTROL, DENY_ECONOMIC, UNKNOWN, case
from tests.unit.neutrality.making import World


@case("five percent exactly", {"V": DENY_ECONOMIC}, "5 % ≥ 5 %: the threshold itself decides.")
def _(w: World) -> None:
    w.holds("W", "V", 5)


@case("just below five percent", {}, "4.9999999999 % < 5 %, and nothing else is stated.")
def _(w: World) -> None:
    w.holds("W", "V", "4.9999999999")


@case(
    "a controlled holder counts as W itself",
    {"H": DENY_CONTROL, "V": DENY_ECONOMIC},
    "W has 60 % > 50 % of H's votes, so H is W (1). H's 6 % of V are W's 6 % ≥ 5 %; the product, 60 % × 6 % = 3.6 %, "
    "would have cleared V and is the wrong figure.",
)
def _(w: World) -> None:
    w.holds("W", "H", 60)
    w.holds("H", "V", 6)


@case(
    "exactly half is joint control of H, and no control over what H holds",
    {"H": ("deny", {"control", "economic"})},
    "W and X have 50 % each: joint control, deny (5); also 50 % ≥ 5 %. Half is not more than half, so H is not W: "
    "V is 50 % × 9.9 % = 4.95 % < 5 %.",
)
def _(w: World) -> None:
    w.holds("W", "H", 50)
    w.holds("X", "H", 50)
    w.holds("H", "V", "9.9")


@case(
    "half without votes, then ten percent",
    {"H": DENY_ECONOMIC, "V": DENY_ECONOMIC},
    "Non-voting, so no control and no joint control; 50 % of the capital. V: 50 % × 10 % = 5 % exactly.",
)
def _(w: World) -> None:
    w.holds("W", "H", 50, voting=False)
    w.holds("H", "V", 10)


@case(
    "a fund of funds",
    {"F1": DENY_ECONOMIC, "F2": DENY_ECONOMIC, "V": DENY_ECONOMIC},
    "F1 40 %; F2 40 % × 40 % = 16 %; V 16 % × 31.25 % = 5 %; U 16 % × 31.24 % = 4.9984 %, clean.",
)
def _(w: World) -> None:
    w.holds("W", "F1", 40)
    w.holds("F1", "F2", 40)
    w.holds("F2", "V", "31.25")
    w.holds("F2", "U", "31.24")


@case(
    "paths add",
    {"A": DENY_ECONOMIC, "B": DENY_ECONOMIC, "V": DENY_ECONOMIC},
    "A and B 20 % each; V 20 % × 15 % + 20 % × 10 % = 3 % + 2 % = 5 %; U 3 % + 20 % × 9.9 % = 4.98 %, clean.",
)
def _(w: World) -> None:
    w.holds("W", "A", 20)
    w.holds("W", "B", 20)
    w.holds("A", "V", 15)
    w.holds("B", "V", 10)
    w.holds("A", "U", 15)
    w.holds("B", "U", "9.9")


@case(
    "a circle summed to its limit",
    {"A": DENY_ECONOMIC},
    "a = 4.5 % + 0.4 b, b = 0.4 a: a = 4.5 % / (1 − 0.16) = 5.357… % ≥ 5 %; b = 0.4 × 5.357… % = 2.142… %, clean.",
)
def _(w: World) -> None:
    w.holds("W", "A", "4.5")
    w.holds("A", "B", 40)
    w.holds("B", "A", 40)


@case(
    "a circle that stays below",
    {},
    "a = 4.1 % / 0.84 = 4.880… % < 5 %; the sum of the declared parts of A is 44.1 %, so nothing contradicts.",
)
def _(w: World) -> None:
    w.holds("W", "A", "4.1")
    w.holds("A", "B", 40)
    w.holds("B", "A", 40)


@case(
    "shares that a firm holds of itself",
    {"V": DENY_ECONOMIC},
    "V = 4.5 % + 0.1 V, so V = 4.5 % / 0.9 = 5 %: the tenth that V holds of itself is nobody else's.",
)
def _(w: World) -> None:
    w.holds("W", "V", "4.5")
    w.holds("V", "V", 10)


@case(
    "five percent of the votes",
    {"V": DENY_ECONOMIC},
    "4 % of the capital without votes, and 5 % of the votes by agreement: the votes decide (5).",
)
def _(w: World) -> None:
    w.holds("W", "V", 4, voting=False)
    w.holds("W", "V", 5, T.VOTING_RIGHTS)


@case(
    "two classes added by capital",
    {"V": DENY_ECONOMIC},
    "3 % of class A and 4 % of class B, neither 5 %; they are 2.6 % and 2.5 % of the capital: 5.1 % (5).",
)
def _(w: World) -> None:
    w.holds("W", "V", 3, share_class="A", capital="2.6")
    w.holds("W", "V", 4, share_class="B", capital="2.5")


@case(
    "two classes of unknown size",
    {},
    "4 % of A and 4 % of B. Whatever part of the capital each class is, with weights a + b ≤ 1 W has "
    "4 a + 4 b ≤ 4 % of it: it cannot reach 5 %, so nothing is unknown either.",
)
def _(w: World) -> None:
    w.holds("W", "V", 4, share_class="A")
    w.holds("W", "V", 4, share_class="B")


@case(
    "five percent of a small class",
    {"V": DENY_ECONOMIC},
    "5 % of class B decides although it is 0.1 % of the capital: any class (5).",
)
def _(w: World) -> None:
    w.holds("W", "V", 5, share_class="B", capital="0.1")


@case("a range counts by its worst case", {"V": DENY_ECONOMIC}, "3 to 6 %: counts as 6 % ≥ 5 % (4).")
def _(w: World) -> None:
    w.holds("W", "V", 6, least=3)


@case(
    "declared holdings above a hundred, W small",
    {"V": UNKNOWN},
    "4 + 60 + 60 = 124 %: the figures contradict each other, so W's 4 % are not known to be 4 % (3): unknown.",
)
def _(w: World) -> None:
    w.holds("W", "V", 4)
    w.holds("X", "V", 60)
    w.holds("Y", "V", 60)


@case(
    "declared holdings above a hundred, W large",
    {"V": DENY_ECONOMIC},
    "30 + 60 + 60 = 150 %: contradictory, but never softer than the one statement, 30 % ≥ 5 % (3): deny.",
)
def _(w: World) -> None:
    w.holds("W", "V", 30)
    w.holds("X", "V", 60)
    w.holds("Y", "V", 60)


@case(
    "an undisclosed part that cannot reach the threshold",
    {},
    "2 % known and 2.5 % of somebody unnamed: at worst 4.5 % < 5 % (9).",
)
def _(w: World) -> None:
    w.holds("W", "V", 2)
    w.holds(None, "V", "2.5")
    w.holds("X", "V", "95.5")


@case(
    "an undisclosed part that can reach the threshold",
    {"V": UNKNOWN},
    "2 % known and 3 % of somebody unnamed: at worst 5 % ≥ 5 % (9).",
)
def _(w: World) -> None:
    w.holds("W", "V", 2)
    w.holds(None, "V", 3)
    w.holds("X", "V", 95)


@case(
    "an undisclosed majority hides control",
    {"H": UNKNOWN, "V": UNKNOWN},
    "60 % > 50 % of H's votes are somebody's: if W's, H is W, and V is 10 %; not 60 % × 10 %, and at worst ≥ 5 %.",
)
def _(w: World) -> None:
    w.holds(None, "H", 60)
    w.holds("H", "V", 10)


@case(
    "an undisclosed minority dilutes",
    {"H": UNKNOWN},
    "40 % of H could be W's, so H is unknown; V is at worst 40 % × 10 % = 4 % < 5 %.",
)
def _(w: World) -> None:
    w.holds(None, "H", 40)
    w.holds("H", "V", 10)


@case(
    "a shareholding without a figure is what the others leave",
    {"U": UNKNOWN},
    "V: X has 97 %, so W has at most 3 % < 5 %: clean. U: X has 95 %, so W may have 5 % (9).",
)
def _(w: World) -> None:
    w.holds("W", "V")
    w.holds("X", "V", 97)
    w.holds("W", "U")
    w.holds("X", "U", 95)


@case(
    "an interest that is not known",
    {"V": UNKNOWN},
    "X has all shares, W an interest of unknown kind, which shares do not bound: unknown until classified (9).",
)
def _(w: World) -> None:
    w.holds("W", "V", None, T.UNKNOWN)
    w.holds("X", "V", 100)
