"""Finds ways out in the source: whatever calls what lets things leave says by which registered door.

Files, mails and requests outwards are recognised by what they are made with. Read from the syntax tree, not from
loaded modules, so that code which nobody has imported yet counts too. Pages and API answers are no ways out in
this sense: they go to the member whom the gate has just judged, and deliveries in them are events of the log.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

MOUTHS = frozenset({
    "audit.anchors.bucket.put_object",
    "django.core.mail.EmailMessage", "django.core.mail.EmailMultiAlternatives", "django.core.mail.get_connection",
    "django.core.mail.mail_admins", "django.core.mail.mail_managers", "django.core.mail.send_mail",
    "django.core.mail.send_mass_mail", "django.http.FileResponse", "django.http.StreamingHttpResponse",
    "django.http.response.FileResponse", "django.http.response.StreamingHttpResponse", "tenants.egress.client.send",
})  # fmt: skip
"""Calls with which something leaves; helpers that say `lets_leave` come on top."""
FILE_HEADER = "-".join(("content", "disposition"))
"""Put together, so that this module does not find itself."""
LETS_LEAVE = "ringfence.kernel.registry.lets_leave"
LEAVES_BY = "ringfence.kernel.registry.leaves_by"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Passage:
    """One function, or the top of one module, and what it uses."""

    name: str
    uses: set[str] = field(default_factory=set)
    """Dotted names that it refers to, and `FILE_HEADER` where it names that header."""
    doors: tuple[str, ...] = ()
    helper: bool = False


def passages_of(module: str, text: str) -> Iterator[Passage]:
    """Yield every function of a module, methods under their class, and what stands outside of functions."""
    tree = ast.parse(text)
    known = {
        node.name: f"{module}.{node.name}" for node in tree.body if isinstance(node, Function | ast.ClassDef)
    }
    known |= _imports(tree)
    top = Passage(module)
    for name, node in _functions(tree, module):
        yield _passage(name, node, known)
    for stray in _outside_functions(tree):
        top.uses |= _uses(stray, known)
    yield top


def troubles(sources: Mapping[str, str], doors: Iterable[str]) -> list[str]:
    """Return what is wrong with the ways out of these modules (name -> text), in words; empty when nothing is."""
    wanted = set(doors)
    likely = _holding(
        sources, {each.rpartition(".")[2] for each in (*MOUTHS, LEAVES_BY, LETS_LEAVE)} | {FILE_HEADER}
    )
    passages = [passage for module in sorted(likely) for passage in passages_of(module, sources[module])]
    helpers = {passage.name for passage in passages if passage.helper}
    mouths = MOUTHS | helpers
    callers = _holding(sources, {each.rpartition(".")[2] for each in helpers}) - likely
    passages += [passage for module in sorted(callers) for passage in passages_of(module, sources[module])]
    found: list[str] = []
    used: set[str] = set()
    for passage in passages:
        leaving = sorted(use for use in passage.uses if use in mouths or use == FILE_HEADER)
        used |= set(passage.doors)
        found += [
            f"{passage.name} names the door {each}, which is not registered."
            for each in passage.doors
            if each not in wanted
        ]
        if leaving and not passage.doors and not passage.helper:
            found.append(f"{passage.name} lets something leave ({leaving[0]}) and says by no door.")
        if not leaving and (passage.doors or passage.helper):
            found.append(f"{passage.name} says that something leaves through it, and nothing does.")
    found += [f"The door {each} is registered, and nothing leaves by it." for each in sorted(wanted - used)]
    return found


def _holding(sources: Mapping[str, str], words: set[str]) -> set[str]:
    """Return the modules whose text holds one of these words: the others need not be parsed."""
    wanted = [word.lower() for word in words]
    return {
        module
        for module, text in sources.items()
        for lowered in [text.lower()]
        if any(word in lowered for word in wanted)
    }


def _functions(tree: ast.Module, module: str) -> Iterator[tuple[str, Function]]:
    for node in tree.body:
        if isinstance(node, Function):
            yield f"{module}.{node.name}", node
        elif isinstance(node, ast.ClassDef):
            for inner in ast.walk(node):
                if isinstance(inner, Function):
                    yield f"{module}.{node.name}.{inner.name}", inner


def _outside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function | ast.Import | ast.ImportFrom):
            continue
        if isinstance(node, ast.ClassDef):
            yield from _outside_functions(node)
        else:
            yield node


def _passage(name: str, node: Function, known: Mapping[str, str]) -> Passage:
    passage = Passage(name)
    for statement in node.body:
        passage.uses |= _uses(statement, known)
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        dotted = _dotted(called, known)
        if dotted == LETS_LEAVE:
            passage.helper = True
        elif dotted == LEAVES_BY and isinstance(decorator, ast.Call):
            passage.doors += tuple(str(ast.literal_eval(argument)) for argument in decorator.args)
    return passage


def _uses(node: ast.AST, known: Mapping[str, str]) -> set[str]:
    found: set[str] = set()
    for inner in _without_annotations(node):
        if (
            isinstance(inner, ast.Constant)
            and isinstance(inner.value, str)
            and inner.value.lower() == FILE_HEADER
        ):
            found.add(FILE_HEADER)
        elif isinstance(inner, ast.Name | ast.Attribute):
            found.add(_dotted(inner, known))
    return found


def _without_annotations(node: ast.AST) -> Iterator[ast.AST]:
    """Walk, leaving out types: whoever is given an answer does not make one."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "type_params"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _without_annotations(child)


def _imports(tree: ast.AST) -> dict[str, str]:
    """Return local name -> dotted name. Imports inside functions of a module count for all of it."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return known


def _dotted(node: ast.AST, known: Mapping[str, str]) -> str:
    if isinstance(node, ast.Name):
        return known.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, known)}.{node.attr}"
    return ""
