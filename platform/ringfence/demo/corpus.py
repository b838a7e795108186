"""Items for the demo, written for it: short product remarks of two fictional assistants, with intended traps.

None is taken from a data set. Each shows something that a labeler must decide: irony, mixed feelings,
a question, another script, an emoji, a quotation of somebody else's view.
"""

LABS = (
    ("Northwind Intelligence", "Project Heron"),
    ("Lumen Reasoning", "Project Basalt"),
)

LAB_PARTIES = ("Northwind Research Group", "Lumen Research Group")
"""The firms behind the labs, as the registry has them. Their workspaces' names are theirs alone, and sealed."""
INVESTOR = "Colossus Holdings"
VENDOR = "Kestrel Annotation"
"""An agency whose people label for the first lab; nobody that the lab excludes owns it, until the story says so."""
OPERATOR_NAME = "Ringfence Demo Operations"

FOUNDERS = (("Ada Marsh", 60), ("Bela Fogel", 40))
"""Who owns the operator, in percent. While nobody says, its own hosts are refused under every policy."""

REMARKS = (
    "It rewrote my cover letter and kept my own tone. I got the interview.",
    "Asked for three sources, received three sources that do not exist.",
    "Fine. It does what the box says.",
    "Great, another update that moves the button I use most. Just great.",
    "The summary was shorter than the original and somehow less clear.",
    "Does it keep my files after I delete them?",
    "My daughter now explains fractions to me. Thank you.",
    "Works offline on the train, which is all I wanted.",
    "I would recommend it to people I dislike.",
    "Five minutes to set up, and no account needed for the first try.",
    "The voice is pleasant; the pauses are not.",
    "It apologised eleven times and fixed nothing.",
    "Switched from the old one in March, have not looked back.",
    "Is the student price per month or per year?",
    "Correct on the tax question, wrong on the deadline. My accountant laughed.",
    "Solid. Boring in the best way.",
    "The dark theme burns my eyes less than the light one of others.",
    "It told me to restart the router. I was asking about soup.",
    "Translation into Finnish is good; into Basque it is poetry, not in a good way.",
    "Support answered within the hour, at night, with a real name under it.",
    "I paid for the year and regret about four months of it.",
    "Can somebody tell me where the export button went?",
    "Saved our wedding: the seating plan came out right at the second attempt.",
    "The colleague who says “it never fails” has not used it on a Friday.",
    "Crashes when I paste a table. Reopens with the table still there. Impressed and annoyed.",
    "👍",
    "👍 for the idea, 👎 for the battery.",
    "It reads my handwriting better than my doctor’s assistant does.",
    "No.",
    "Honestly? Better than expected, worse than promised.",
    "The tutorial assumes that I know what a token is.",
    "Refused to write a limerick about my landlord. Wise.",
    "Accurate, fast, and the only one that admits when it does not know.",
    "They doubled the price and halved the font size.",
    "The free tier is generous; I feel almost guilty.",
    "How do I change the language back to Portuguese?",
    "It is a hammer that insists on being a screwdriver.",
    "My screen reader gets through every page. Rare, and much appreciated.",
    "The first answer was wrong, the correction was wrong, the apology was perfect.",
    "Ten out of ten for the recipes, the cake is gone.",
    "Ich hätte nicht gedacht, dass es Dialekt versteht. Tut es.",
    "Très bien pour les courriels, inutile pour les poèmes.",
    "説明は丁寧だが、少し遅い。",
    "التطبيق ممتاز لكن الإشعارات كثيرة جدًا.",
    "It remembered what I asked last week, which I had asked it not to.",
    "Installed, smiled, uninstalled, reinstalled.",
    "For code review it is the colleague I never had.",
    "It counted the letters wrong. Three times. With confidence.",
    "Not bad at all.",
    "Not bad? Not good either.",
    "The map sent me to the back of the building, where the party was. Lucky.",
    "If patience were a feature, I would be the one shipping it.",
    "Perfect for lists. I live by lists.",
    "It needs the internet to tell me the time.",
    "Since the fix on Tuesday there has been nothing to complain about.",
    "I asked for a table and got an essay about tables.",
    "Reliable like a good bicycle.",
    "Why does a calculator need my contacts?",
    "The answer was kind and the facts were right. What more.",
    "Wouldn’t buy again, wouldn’t sell it either.",
    "It helped my father write to his bank without me. That is worth more than the price.",
    "Slow on Mondays, quick on Sundays. Like me.",
    "They say it is “state of the art”. The art is in a state, yes.",
    "Half of the shortcuts work; the other half work somewhere else.",
)

GUIDELINES = """# What is the feeling of the remark?

Judge what the writer feels about **the product**, not about life.

- **Positive**: the writer is glad to have it.
- **Negative**: the writer is not.
- **Mixed**: both are said outright.
- **Neutral**: a question or a fact, with no feeling in it.

Irony counts as what is meant. A quotation counts only where the writer agrees with it.

> “I would recommend it to people I dislike.” is *negative*.
"""

PURPOSE = {
    "trains": "A classifier that sorts product feedback by mood, and an assistant that reacts to it kindly.",
    "sector": "Consumer software",
    "defence": False,
    "disturbing": False,
    "words": "The remarks were written for this project. None comes from a real customer.",
}

SCHEMA = {
    "version": 1,
    "item": {"text": "text"},
    "questions": [
        {
            "id": "feeling",
            "type": "choice",
            "text": "How does the writer feel about the product?",
            "required": True,
            "options": [
                {"id": "positive", "text": "Positive"},
                {"id": "negative", "text": "Negative"},
                {"id": "mixed", "text": "Mixed"},
                {"id": "neutral", "text": "Neutral"},
            ],
        }
    ],
}
