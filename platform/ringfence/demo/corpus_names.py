"""Short texts to mark names in, written for the demo; all people and firms in them are made up.

Some are hard on purpose: names inside names, other scripts, emoji, and one text without any name.
"""

NAMES = (
    "Ngozi Adeyemi left the Port of Hamburg in March to lead Østfold Shipping 🚢 from Oslo.",
    "The Bank of Aberdeen will close its branch in Leith on 3 June, said Fiona McKay.",
    "Am Dienstag traf Dr. Lena Groß in Zürich Vertreter der Universität Basel.",
    "Paris Vance has never been to Paris; she was named after her aunt from Texas.",
    "It rained all afternoon, and nobody came to the market.",
    "From 1998 to 2004 the Quiroga brothers ran Café Sur in Montevideo, opposite the Teatro Solís.",
    "“Ask Amara,” said Chief Okoro, “she was in Lagos on Monday and in Accra by Friday.”",
    "三月に田中さゆりは京都からベルリンへ引っ越した。",
    "Washington said that Washington would decide by Thursday; George Washington Carver High stays open.",
    "Tickets for the Northern Lights Festival 🎪 (Tromsø, 12–14 February) are sold by Fjord & Fell AS.",
    "Mrs. Delacroix-Mbeki, formerly of Halden Motors, joined the board of the Red Kite Trust last spring.",
    "انتقلت ليلى حداد من بيروت إلى مونتريال في سبتمبر.",
    "The 8:15 from Ghent was late again, so Joris met the people of Studio Lam at noon instead.",
)

NAMES_GUIDELINES = """# Names and times

Mark **the whole name and nothing around it**: *Dr. Lena Groß* with the title, *Port of Hamburg* with *Port of*.

- A name inside a name is marked as well: *Basel* in *Universität Basel* is a place.
- **Time** is any day, date, month, year or hour.
- No name at all is an answer: submit without a mark.
"""

NAMES_PURPOSE = {
    "trains": "A model that finds names, so that they can be blacked out before documents are shared.",
    "sector": "Privacy tools for public offices",
    "defence": False,
    "disturbing": False,
    "words": "The people and firms in the texts are made up.",
}

NAMES_SCHEMA = {
    "version": 1,
    "item": {"text": "text"},
    "questions": [
        {
            "id": "names",
            "type": "spans",
            "of": "text",
            "text": "Mark every name and every time.",
            "options": [
                {"id": "person", "text": "Person"},
                {"id": "place", "text": "Place"},
                {"id": "organisation", "text": "Organisation"},
                {"id": "time", "text": "Time"},
            ],
        }
    ],
}

NAME_ITEMS = tuple({"id": f"names-{n:03d}", "text": text} for n, text in enumerate(NAMES, 1))

# (text, what is marked): what colleagues have marked before anybody comes.
MARKED = {
    NAMES[0]: (
        ("Ngozi Adeyemi", "person"),
        ("Port of Hamburg", "organisation"),
        ("Hamburg", "place"),
        ("March", "time"),
        ("Østfold Shipping", "organisation"),
        ("Oslo", "place"),
    ),
    NAMES[1]: (
        ("Bank of Aberdeen", "organisation"),
        ("Aberdeen", "place"),
        ("Leith", "place"),
        ("3 June", "time"),
        ("Fiona McKay", "person"),
    ),
    NAMES[2]: (
        ("Dienstag", "time"),
        ("Dr. Lena Groß", "person"),
        ("Zürich", "place"),
        ("Universität Basel", "organisation"),
        ("Basel", "place"),
    ),
}
