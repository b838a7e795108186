"""Questions with two answers each, written for the demo: which answer helps more is for people to say.

Some pairs differ in being right, some in tone, length or care; in some neither will do, or both will.
"""

MODELS = ("heron-2-small", "heron-2-large")
"""Which model gave an answer: hidden from labelers, and beside their answers in the export."""

# (question, one answer, the other, whether the first one is the large model's)
PAIRS = (
    (
        "Write a Python function that says whether two words are anagrams.",
        """```python
def are_anagrams(a: str, b: str) -> bool:
    return set(a) == set(b)
```
Two words are anagrams when they use the same letters, which is what a set compares.""",
        """```python
from collections import Counter

def are_anagrams(a: str, b: str) -> bool:
    return Counter(a.casefold()) == Counter(b.casefold())
```
`Counter` keeps how often each letter occurs, so *noon* and *no* differ.""",
        False,
    ),
    (
        "My bread is dense and gummy inside although the crust is dark. What should I change first?",
        """**Lower the oven by 20 °C and bake longer.** The crust is done before the middle is. It is ready at
95 °C inside; then let it cool for an hour before cutting, since warm bread always seems gummy.

If it is still dense after that, let the dough rise longer.""",
        """There are many possible reasons: flour, water, yeast, kneading, rising, oven, steam, tin, altitude,
humidity. Try changing each of them and compare the results.""",
        True,
    ),
    (
        "Write two sentences to a neighbour whose dog barks at night. I like the neighbour.",
        """Hi Jo, I think Biscuit has been singing to the foxes again around two, and we are short of sleep over
here. Could he spend the next few nights on the kitchen side, and may I bring you a cake for the trouble?""",
        """Dear neighbour, your dog's barking violates the house rules (section 4) and I must ask you to ensure
quiet between 22:00 and 06:00. Further incidents will be documented.""",
        True,
    ),
    (
        "Who was the first person to sail around the world?",
        """Ferdinand Magellan, in 1522. He set out from Spain in 1519 with five ships and returned three years
later.""",
        """Magellan is usually named, but he was killed in the Philippines in 1521. **Juan Sebastián Elcano** brought
the *Victoria* home in 1522 with 17 others. Enrique, whom Magellan had enslaved, may have closed the circle
before them; no source settles it.""",
        False,
    ),
    (
        "What is 17 % of 250, and how do I do such a thing in my head?",
        """It is **42.5**. Take 10 % (25), 5 % (12.5) and 2 % (5), and add: 25 + 12.5 + 5 = 42.5.

It also works the other way round: 17 % of 250 is 250 % of 17, so two and a half times 17.""",
        """Move the decimal point: 10 % is 25. Then 7 % is about 18. So 17 % of 250 is 43.""",
        True,
    ),
    (
        "A friend has borrowed money from me twice and not returned it. Now they ask again. What do I say?",
        """Say no, kindly and without a long reason: *“I can't lend you more while the last two are open. Can we find
a way for you to pay those back, even in small parts?”* That keeps the door open and says what matters.""",
        """You could say yes this time and mention the other loans later, when the mood is better. Friendship is worth
more than money, and asking for it back can seem petty.""",
        True,
    ),
    (
        "Explain to a child of seven why the sky is blue.",
        """Sunlight is all colours mixed together. The air is full of tiny bits that love to play ball with light, and
they throw the blue light around far more than the red. So blue comes to your eyes from everywhere!""",
        """Rayleigh scattering is inversely proportional to the fourth power of the wavelength, so that short
wavelengths are scattered more strongly than long ones by molecules of the atmosphere.""",
        True,
    ),
    (
        "How do I undo my last Git commit but keep the changes?",
        """```
git reset --hard HEAD~1
```
This removes the last commit.""",
        """```
git reset --soft HEAD~1
```
The commit goes, the changes stay staged. If you have pushed it already, use `git revert HEAD` instead, so that
nobody else's history breaks.""",
        False,
    ),
    (
        "Give me a vegetarian dinner for four in 20 minutes, with what most people have at home.",
        """### Pasta e ceci
1. Fry two cloves of **garlic** and a spoon of **tomato paste** in oil.
2. Add two tins of **chickpeas** with their water and 300 g of **short pasta**; cover with hot water.
3. Stir for 12 minutes, crush a few chickpeas. Salt, pepper, lemon.""",
        """### Mushroom risotto
1. Soak 40 g of **dried porcini** for 30 minutes.
2. Toast the **carnaroli**, add white wine and hot stock by the ladle for 20 minutes.
3. Finish with butter, parmesan and a little truffle oil.""",
        False,
    ),
    (
        "Is it true that we use only ten percent of our brain?",
        """No. Scans show activity all over the brain in the course of a day, and damage to almost any part has effects.
The figure has no known source in research.""",
        """No, that is a myth: over a day practically all of it is active, even in sleep. It costs a fifth of the
body's energy, which would be odd for an organ that is mostly idle.""",
        False,
    ),
    (
        "Write a subject line and one paragraph: our shop must cancel an order because the lamp is sold out.",
        """**Subject: Your lamp is sold out – your money is on its way back**

We are sorry: the last Alma lamp was sold before we packed yours. You get the full €89 back by Thursday, and
need not do anything. If you would like to wait for the next delivery in May, reply with one word: *wait*.""",
        """**Subject: Important information regarding your recent order**

Due to unforeseen circumstances in our supply chain we regret to inform you that one or more articles of your
order may currently be unavailable. Please contact customer service for further steps.""",
        True,
    ),
    (
        "Why did the Roman Republic become an empire? Three sentences, please.",
        """Because Julius Caesar was crowned emperor in 44 BC. The Senate wanted a strong man. After that there were
emperors until 476.""",
        """Conquest brought wealth that broke the small farmers and armies that were loyal to their generals rather than
to the state. A century of civil wars left offices standing and trust in them gone. Augustus kept the forms of
the Republic and gathered its powers in one person, which most people preferred to another war.""",
        False,
    ),
    (
        "Solve 3x − 7 = 2x + 5 and check the result.",
        """Take 2x from both sides: x − 7 = 5. Add 7: **x = 12**.

Check: 3·12 − 7 = 29 and 2·12 + 5 = 29. ✓""",
        """3x − 2x = 5 + 7, so **x = 12**.""",
        True,
    ),
    (
        "Which SQL gives me the newest order of each customer? Table orders(id, customer_id, created_at).",
        """```sql
SELECT customer_id, MAX(created_at), id
FROM orders
GROUP BY customer_id;
```""",
        """In PostgreSQL:
```sql
SELECT DISTINCT ON (customer_id) *
FROM orders
ORDER BY customer_id, created_at DESC, id DESC;
```
Elsewhere, number the rows with `row_number() OVER (PARTITION BY customer_id ORDER BY created_at DESC)` and keep 1.""",
        False,
    ),
    (
        "I have a job interview tomorrow and I am terribly nervous. Any advice for tonight?",
        """Write down three stories: something you built, something that went wrong, something you learned. Say each
aloud once. Lay out clothes and the way there, then stop: an evening walk does more now than another hour of reading.
Being nervous reads as caring.""",
        """Don't be nervous! Just be yourself and believe in yourself. You've got this! 💪✨🎉""",
        True,
    ),
    (
        "Translate into German, informal: “I’ll let you know as soon as the parcel is here.”",
        """„Ich sag dir Bescheid, sobald das Paket da ist.“""",
        """„Ich lasse Sie wissen, sobald das Paket hier ist.“""",
        True,
    ),
    (
        "Two trains are 180 km apart and drive towards each other at 50 and 70 km/h. When do they meet?",
        """On average they drive at 60 km/h, and 180 / 60 = 3, so they meet after **3 hours**.""",
        """The gap of 180 km shrinks by 50 km/h only, since the faster train does not count twice: 180 / 50 = **3.6
hours**.""",
        False,
    ),
    (
        "What is the difference between a list and a tuple in Python? When does it matter?",
        """A list can change, a tuple cannot. It matters for keys of a `dict` (a tuple of hashable things works, a list
never does) and for telling readers what you mean: `points: list[Point]` grows, `(x, y)` is one thing.""",
        """| | list | tuple |
|---|---|---|
| changes | yes | no |
| can be a key | no | if its parts can |
| written | `[1, 2]` | `(1, 2)` |

Use a tuple for a fixed record, a list for a growing row of likes.""",
        True,
    ),
    (
        "My tomato leaves turn yellow from the bottom up. What is it?",
        """Most often it is **lack of nitrogen** or too much water: the oldest leaves go first. Feel the soil two
fingers deep. Wet: let it dry. Dry and pale all over: feed. Brown rings on the yellow mean early blight; cut
those leaves off and water the soil, not the plant.""",
        """It is certainly a virus. Pull out all plants, burn them and do not grow tomatoes there for ten years.""",
        True,
    ),
    (
        "Write a four-line poem about a lighthouse that has been switched off.",
        """It counts no ships, it combs no foam,
its lamp is dark, its lens is blind;
but children's drawings of their home
still leave a yellow beam behind.""",
        """The lighthouse is so very tall,
it shines its light for one and all,
and even when there is no light
it shines forever in the night.""",
        False,
    ),
    (
        "Can I take ibuprofen together with paracetamol for a bad headache?",
        """For most healthy adults, yes: they work differently, and each keeps its own daily limit. Not without
advice if you have stomach ulcers, kidney trouble, are pregnant, or take blood thinners. A sudden headache
that is the worst of your life, or one with fever and a stiff neck, is for emergency care.""",
        """Yes, no problem at all. Take two of each every few hours until it stops; they cannot interact.""",
        True,
    ),
    (
        "Make this sentence shorter: “At this point in time we are not in a position to be able to offer a refund.”",
        """“We cannot offer a refund now.”""",
        """“At this time we can't give a refund.”""",
        False,
    ),
    (
        "What does this print, and why? `print(0.1 + 0.2 == 0.3)`",
        """`False`. Neither 0.1 nor 0.2 has an exact binary form, so the sum is 0.30000000000000004. Compare with
`math.isclose(0.1 + 0.2, 0.3)`, or count money in whole cents.""",
        """`True`, because 0.1 + 0.2 is 0.3.""",
        True,
    ),
    (
        "Plan a rainy day in Lisbon for two adults and a six-year-old who loves boats.",
        """**Morning:** the Maritime Museum in Belém, with real royal barges in a hall. **Noon:** pastéis de nata next
door. **Afternoon:** the ferry to Cacilhas and back, ten minutes each way, dry inside and a real boat. **If there is
energy left:** the Oceanarium, open into the evening.""",
        """**Morning:** walk through Alfama up to the castle and enjoy the view. **Afternoon:** the beach of Cascais.
**Evening:** a fado dinner at ten with wine.""",
        True,
    ),
    (
        "Tell me a fact about octopuses that I can tell at dinner.",
        """An octopus has three hearts, and the main one pauses while it swims. That is why it would rather crawl.""",
        """Two thirds of an octopus's nerve cells sit in its arms: an arm can taste, decide and grab before the brain
has heard of it.""",
        False,
    ),
    (
        "Write a regular expression for all valid e-mail addresses.",
        """`^.*$` matches every valid address.""",
        """`^[a-z]+@[a-z]+\\.com$` matches all valid addresses.""",
        False,
    ),
)

ANSWERS_GUIDELINES = """# Which answer helps more?

Put yourself in the place of whoever asked.

1. **Right** comes first: a wrong fact, code that fails or dangerous advice loses.
2. Then **useful**: it answers what was asked, at a fitting length.
3. Then **tone**: it suits the person and the moment.

*Tie* is an answer, when both are equally good, and so is *Both bad*. Ignore which one stands on the left: sides are
random.
"""

ANSWERS_PURPOSE = {
    "trains": "A reward model: it learns from your preferences which answers of a writing assistant people prefer.",
    "sector": "Everyday assistance",
    "defence": False,
    "disturbing": False,
    "words": "You do not see which model wrote which answer; only the customer does, in the export.",
}

ANSWERS_SCHEMA = {
    "version": 1,
    "item": {"prompt": "markdown"},
    "candidates": {"of": ["response_a", "response_b"], "as": "markdown"},
    "questions": [
        {
            "id": "better",
            "type": "preference",
            "text": "Which answer is better?",
            "strength": 3,
            "tie": True,
            "both_bad": True,
        },
        {
            "id": "why",
            "type": "text",
            "text": "Why?",
            "help": "One sentence that would convince a colleague who chose otherwise.",
            "required": False,
            "max_length": 2000,
            "lines": 2,
        },
    ],
}

ANSWERS = tuple(
    {
        "id": f"answers-{n:03d}",
        "prompt": prompt,
        "response_a": first,
        "response_b": second,
        "model_a": MODELS[first_is_large],
        "model_b": MODELS[not first_is_large],
    }
    for n, (prompt, first, second, first_is_large) in enumerate(PAIRS, 1)
)
