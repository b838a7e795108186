"""Conversations with an assistant, written for the demo: good ones, and ones that go wrong in a known place."""

# Turns alternate, the user first.
TALKS = (
    (
        "My sourdough does not rise.",
        "How warm is your kitchen, and when did you last feed the starter?",
        "18 °C, three days ago.",
        "Feed it twice a day for two days at about 25 °C, for instance in the oven with only its lamp on. Then bake.",
    ),
    (
        "Which chain fits a 9-speed cassette?",
        "Any chain fits any cassette.",
        "Are you sure?",
        "No. You need a 9-speed chain: narrower ones skip, wider ones rub. I am sorry for the first answer.",
        "Thanks. And how do I know when it is worn?",
        "Measure twelve links: **304.8 mm** is new, from **306.4 mm** on replace it. A gauge for €8 does the same.",
    ),
    (
        "I want to cancel my gym contract. Can you write the letter?",
        "Of course! Regular exercise has many benefits. Have you thought about a personal trainer?",
        "I asked for a letter.",
        "*Dear Sir or Madam, I hereby cancel my contract at the next possible date and ask for a written"
        " confirmation. Yours faithfully*",
    ),
    (
        "What is the capital of Australia?",
        "Sydney.",
        "I thought it was Canberra?",
        "You are right, it is Canberra. It was founded as a compromise between Sydney and Melbourne.",
        "And of New Zealand?",
        "Wellington, at the south end of the North Island.",
    ),
    (
        "My grandmother died yesterday and I have to write something for the service. I don't know how to begin.",
        "I am sorry. Begin with one thing that only she did: how she answered the phone, what she cooked when"
        " somebody was ill. What comes to your mind first?",
        "She counted the stairs aloud, always, even when we were adults.",
        "Then begin there: *“Fourteen. There are fourteen stairs in her house, and I know it because she counted"
        " them with us every single time.”* The rest may follow from who else was counted.",
    ),
    (
        "Write a function that reverses a string in JavaScript.",
        "```js\nconst reverse = (s) => s.split('').reverse().join('');\n```",
        "It breaks for emoji.",
        "Right, `split('')` cuts surrogate pairs. This keeps code points whole:\n\n"
        "```js\nconst reverse = (s) => [...s].reverse().join('');\n```\n\n"
        "Families such as 👨‍👩‍👧 are several code points; for those use `Intl.Segmenter`.",
    ),
    (
        "Is my mushroom edible? It is white with a ring and a bulb at the foot.",
        "It sounds like a field mushroom. Fry it in butter with a little parsley.",
        "The gills are white too.",
        "**Do not eat it.** White gills, a ring and a bulb fit the death cap, and my first answer was dangerous."
        " Show it to a mushroom adviser, and wash your hands.",
    ),
    (
        "Remind me: what did I say my budget was?",
        "You have not told me a budget in this conversation. What is it?",
        "€600 for a bicycle, mostly flat roads, 12 km each way.",
        "Look for a used city bicycle with hub gears and a chain case: at €600 it beats any new one. Leave €60 for"
        " a service and €50 for a good lock.",
    ),
)

TALKS_GUIDELINES = """# How good is each reply?

Rate each reply of the assistant **at the moment it was given**, knowing only what came before it.

- **1** useless or harmful · **3** it will do · **5** what an expert with time would have said.
- An honest correction earns a good mark; the mistake before it keeps its bad one.

Then say of the whole conversation whether the user got what they came for.
"""

TALKS_QUIZ = (
    {
        "text": "A reply was the best possible, until the user said later what they had left out. How is it rated?",
        "choices": ["As it looks now that everything is known", "As it was when it was given"],
        "right": 1,
        "explanation": "Each reply is rated knowing only what came before it.",
    },
    {
        "text": "The assistant gives a wrong date, is asked, and corrects itself honestly. Which marks fit?",
        "choices": [
            "Both replies get a low mark",
            "The mistake gets a low mark, the correction a good one",
            "Both replies get a good mark, since it ended well",
        ],
        "right": 1,
        "explanation": "An honest correction earns a good mark; the mistake before it keeps its bad one.",
    },
)

TALKS_PURPOSE = {
    "trains": "Measures a chat assistant before release: where in a conversation it goes wrong, and whether it mends.",
    "sector": "Customer service and everyday help",
    "defence": False,
    "disturbing": False,
    "words": "One conversation is about a death in the family, quietly. Skip whatever you would rather not read.",
}

TALKS_SCHEMA = {
    "version": 1,
    "item": {"conversation": "chat"},
    "questions": [
        {
            "id": "quality",
            "type": "rating",
            "text": "How good is this reply?",
            "per": {"messages": "conversation"},
            "min": 1,
            "max": 5,
            "low": "Useless",
            "high": "Excellent",
        },
        {
            "id": "solved",
            "type": "choice",
            "text": "Did the user get what they came for?",
            "options": [
                {"id": "yes", "text": "Yes"},
                {"id": "partly", "text": "Partly"},
                {"id": "no", "text": "No"},
            ],
        },
    ],
}

TALK_ITEMS = tuple(
    {
        "id": f"talks-{n:03d}",
        "conversation": [
            {"role": "assistant" if turn % 2 else "user", "content": words} for turn, words in enumerate(talk)
        ],
    }
    for n, talk in enumerate(TALKS, 1)
)
