"""Label schemas, items that fit them and answers to both, drawn at random for tests."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from annotation.labels.candidates import letters
from annotation.labels.chat import ROLES
from annotation.labels.question import is_asked
from annotation.labels.schema import LabelSchema
from annotation.labels.subject import Subject

PATIENT = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""A busy machine is no reason to fail."""

HARD = [
    "🧑‍🚀", "👩‍👩‍👧‍👦", "e\u0301", "العربية", "\u202eabc\u202c", "\r\n", "\r", "\n", "\0", "\ud800",
    "\udfff", "\ufeff", "\u200d", "\u200b", "Å", "\u212b", "🇩🇪", "\u2028", "<script>", '"', "\\", "a", " ",
]  # fmt: skip
"""Pieces of text that somebody's software breaks: joiners, both directions, halves of pairs, NUL."""

LETTER = st.characters(exclude_categories=[])
EXACT = st.lists(st.sampled_from(HARD) | LETTER, max_size=30).map("".join).map(
    # What JSON cannot tell apart is one text: two halves that meet are a pair.
    lambda text: text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
)  # fmt: skip
NAMES = ("text", "note", "prompt", "thread")


def options(least: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.integers(least, 6).map(
        lambda count: [{"id": f"o{n}", "text": f"Option {n}"} for n in range(count)]
    )


@st.composite
def trees(draw: st.DrawFn) -> list[dict[str, Any]]:
    count = 0

    def level(depth: int) -> list[dict[str, Any]]:
        nonlocal count
        made = []
        for _ in range(draw(st.integers(1, 3))):
            count += 1
            node: dict[str, Any] = {"id": f"n{count}", "text": f"Node {count}"}
            if depth < 4 and draw(st.booleans()):
                node["options"] = level(depth + 1)
            made.append(node)
        return made

    return level(1)


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a schema as somebody would write it."""
    body: dict[str, Any] = {
        "version": 1,
        "item": {"text": "text", "note": draw(st.sampled_from(["text", "markdown"])), "thread": "chat"},
    }
    kinds = ["choice", "choices", "taxonomy", "spans", "rating", "text"]
    shape = draw(st.sampled_from(["none", "pair", "three", "list"]))
    if shape != "none":
        body["candidates"] = {
            "of": {"pair": ["x", "y"], "three": ["x", "y", "z"], "list": ["responses"]}[shape]
        }
        kinds += ["ranking"] + (["preference"] if shape != "three" else [])
    questions: list[dict[str, Any]] = []
    for n in range(draw(st.integers(1, 5))):
        questions.append(draw(_question(n, kinds, shape != "none", questions)))
    return body | {"questions": questions}


@st.composite
def _question(
    draw: st.DrawFn, n: int, kinds: list[str], compared: bool, before: list[dict[str, Any]]
) -> dict[str, Any]:
    kind = draw(st.sampled_from(kinds))
    body: dict[str, Any] = {
        "id": f"q{n}",
        "type": kind,
        "text": f"Question {n}?",
        "required": draw(st.booleans()),
        "cannot_assess": draw(st.booleans()),
    }
    if kind == "choice":
        body["options"] = draw(options(2))
    elif kind == "choices":
        body["options"] = draw(options(1))
        body["min"] = draw(st.integers(0, len(body["options"])))
    elif kind == "taxonomy":
        body |= {"options": draw(trees()), "leaf_only": draw(st.booleans()), "many": draw(st.booleans())}
    elif kind == "spans":
        body |= {"of": "text", "options": draw(options(1)), "overlap": draw(st.booleans())}
    elif kind == "preference":
        body |= {
            "strength": draw(st.integers(1, 3)),
            "tie": draw(st.booleans()),
            "both_bad": draw(st.booleans()),
        }
    elif kind == "ranking":
        body["ties"] = draw(st.booleans())
    elif kind == "rating":
        body["min"] = draw(st.integers(-2, 2))
        body["max"] = body["min"] + draw(st.integers(0, 10))
    if kind in ("choice", "choices", "rating"):
        per = draw(st.sampled_from(["once", "messages", "candidates"]))
        if per == "messages":
            body["per"] = {
                "messages": "thread",
                "roles": draw(st.lists(st.sampled_from(ROLES), min_size=1, unique=True)),
            }
        elif per == "candidates" and compared:
            body["per"] = "candidates"
    waits = [q for q in before if q["type"] in ("choice", "choices", "spans")]
    if waits and draw(st.booleans()):
        on = draw(st.sampled_from(waits))
        ids = [option["id"] for option in on["options"]]
        body["when"] = {
            "question": on["id"],
            "is": draw(st.lists(st.sampled_from(ids), min_size=1, unique=True)),
        }
    return body


@st.composite
def items(draw: st.DrawFn, schema: LabelSchema) -> dict[str, Any]:
    """Draw an item that fits, with more in it than is shown."""
    message = st.builds(
        lambda role, content: {"role": role, "content": content, "model": "secret-model"},
        st.sampled_from(ROLES),
        EXACT,
    )
    fields: dict[str, Any] = {"id": "i1", "gold": "secret"}
    for name, shown_as in schema.item:
        chat = shown_as == "chat"
        fields[name] = draw(st.lists(message, min_size=1, max_size=5) if chat else EXACT)
    if schema.candidates and schema.candidates.in_a_list:
        count = schema.candidates.count
        text = EXACT | EXACT.map(lambda content: {"content": content, "model": "secret-model"})
        fields["responses"] = draw(st.lists(text, min_size=count or 2, max_size=count or 10))
    elif schema.candidates:
        fields |= {name: draw(EXACT) for name in schema.candidates.of}
    return fields


@st.composite
def answers(draw: st.DrawFn, schema: LabelSchema, fields: dict[str, Any]) -> dict[str, Any]:
    """Draw an answer as a labeler's page sends it: right, complete, candidates called A, B, …."""
    names = letters(len(schema.candidates.sources(fields))) if schema.candidates else ()
    subject = Subject(fields, names)
    known = {question.id: question for question in schema.questions}
    answer: dict[str, Any] = {}
    for question in schema.questions:
        if not is_asked(question, answer, known):
            continue
        if not question.required and draw(st.booleans()):
            continue
        if question.cannot_assess and draw(st.integers(0, 3)) == 0:
            answer[question.id] = {"cannot_assess": True}
        elif question.per:
            targets = question.per.targets(subject)
            if targets:
                answer[question.id] = {target: draw(_value(question, subject)) for target in targets}
        else:
            value = draw(_value(question, subject))
            if not question.is_open(value):
                answer[question.id] = value
            elif question.required:
                answer[question.id] = "x"
    return answer


@st.composite
def _value(draw: st.DrawFn, question: Any, subject: Subject) -> Any:
    if question.type == "choice":
        return draw(st.sampled_from([option.id for option in question.options]))
    if question.type == "choices":
        ids = st.sampled_from([option.id for option in question.options])
        return draw(st.lists(ids, min_size=question.least, max_size=question.most, unique=True))
    if question.type == "taxonomy":
        paths = [path for path, leaf in _paths(question.options) if leaf or not question.leaf_only]
        many = st.lists(st.sampled_from(paths), min_size=1, max_size=4, unique_by=tuple)
        return draw(many if question.many else st.sampled_from(paths))
    if question.type == "spans":
        return draw(_spans(question, subject.fields[question.of]))
    if question.type == "preference":
        undecided = (["tie"] if question.tie else []) + (["both_bad"] if question.both_bad else [])
        better = draw(st.sampled_from([*subject.names, *undecided]))
        strength = draw(st.integers(1, question.strength))
        return {"better": better} | ({"strength": strength} if better in subject.names else {})
    if question.type == "ranking":
        groups: list[list[str]] = []
        for name in draw(st.permutations(subject.names)):
            if groups and question.ties and draw(st.booleans()):
                groups[-1].append(name)
            else:
                groups.append([name])
        return groups
    if question.type == "rating":
        return draw(st.integers(question.least, question.most))
    filled = st.text(min_size=question.least, max_size=question.least + 20)
    return draw(filled if question.least else EXACT)


def _paths(nodes: Any, above: tuple[str, ...] = ()) -> list[tuple[list[str], bool]]:
    found = []
    for node in nodes:
        path = (*above, node.id)
        found += [(list(path), not node.options), *_paths(node.options, path)]
    return found


@st.composite
def _spans(draw: st.DrawFn, question: Any, text: str) -> list[dict[str, Any]]:
    spans: list[dict[str, Any]] = []
    last = 0
    for _ in range(draw(st.integers(0, 4)) if text else 0):
        first = 0 if question.overlap else last
        if first >= len(text):
            break
        start = draw(st.integers(first, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        label = draw(st.sampled_from([option.id for option in question.options]))
        span = {"start": start, "end": end, "quote": text[start:end], "label": label}
        if span not in spans:
            spans.append(span)
        last = end
    return draw(st.permutations(spans))


BY_HAND: dict[str, dict[str, Any]] = {
    "sentiment": {"sentiment": "negative"},
    "topics": {"subjects": ["economy"], "topic": ["business", "work", "strikes"], "news": 3},
    "entities": {
        "entities": [
            {"start": 0, "end": 13, "quote": "Ngozi Adeyemi", "label": "person"},
            {"start": 23, "end": 38, "quote": "Port of Hamburg", "label": "organisation"},
            {"start": 31, "end": 38, "quote": "Hamburg", "label": "place"},
            {"start": 42, "end": 47, "quote": "March", "label": "time"},
            {"start": 56, "end": 72, "quote": "Østfold Shipping", "label": "organisation"},
            {"start": 73, "end": 74, "quote": "🚢", "label": "organisation"},
        ]
    },
    "preference": {"better": {"better": "B", "strength": 3}, "reasons": ["correct"], "why": "1900."},
    "ranking": {"order": [["A"], ["B", "C"]], "helpful": {"A": 5, "B": 2, "C": 2}},
    "chat-rating": {"quality": {"1": 5, "3": 4}, "faults": {"1": [], "3": ["long"]}, "solved": "yes"},
    "demonstration": {"usable": "harmful", "refusal": "I would rather not."},
    "rewrite": {"better": {"better": "A"}, "rewrite": "Open from ten, closed on Mondays, free for children."},
    "safety": {
        "safe": "unsafe",
        "harms": ["illegal", "other"],
        "which": "rude",
        "where": [{"start": 0, "end": 3, "quote": "Ask", "label": "passage"}],
        "severity": 2,
    },
}
"""An answer to the first item of each template, as somebody would give it."""
