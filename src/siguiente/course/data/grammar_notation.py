"""La notación de las plantillas: texto corrido con huecos entre llaves y alternativas entre corchetes."""

import re
from collections.abc import Mapping
from typing import TypeAlias

from siguiente.course.data.grammar import Choice, Node, Slot, Word

Pools: TypeAlias = Mapping[str, tuple[Word, ...]]
Scope: TypeAlias = dict[str, str]
TOKEN = re.compile(r"\{[^{}]*\}|[^\[\]{}|]+|.")
SLOT = re.compile(r"\{(?P<names>\w+(\+\w+)*)(=(?P<pool>\w+))?((?P<kind>[.:#/])(?P<detail>[^{}]+))?\}")
WEIGHT = re.compile(r"(\d+):")
LINE_BREAK = re.compile(r"(?<=[\[|])\s*\n\s*|\s*\n\s*(?=[|\]])")


def compile_template(template: str, pools: Pools) -> Node:
    """Convierte una plantilla en el árbol que escribe y lee sus textos, con las palabras de `pools`.

    ``[a|b|3:c]`` elige una opción (la tercera, con peso 3). ``{x=GENTE}`` sortea una palabra de una
    lista, distinta de las ya sorteadas de ella, y ``{x}`` la repite. Concuerdan con ella ``{x:el|la}`` o
    ``{x:el|la|los|las}`` (masculino, femenino y sus plurales) y ``{x#está|están}``; ``{x+y:los|las}``
    concuerda con un grupo; ``{color/x}`` es un adjetivo en la forma que pide ``x``; y ``{x.voz}``, otra
    forma de la palabra. Un salto de línea vale un espacio, y nada junto a un corchete o una barra. Lo
    sorteado dentro de una opción no se recuerda fuera de ella.

    >>> import random
    >>> from siguiente.course.data.grammar import write
    >>> animals = {"ANIMALES": (Word("perro"), Word("gata", 1))}
    >>> tree = compile_template("{x=ANIMALES:Un|Una} {x} [alegre|cansad{x:o|a}].", animals)
    >>> write(tree, random.Random(1), {})
    'Un perro cansado.'
    """
    tokens = TOKEN.findall(re.sub(r"\s*\n\s*", " ", LINE_BREAK.sub("", template.strip())))
    node = _sequence(tokens, {}, pools)
    if tokens:
        raise ValueError(
            f"Sobra «{tokens[0]}» en la plantilla: es de una alternativa que no se abrió con «[»."
        )
    return node


def _sequence(tokens: list[str], scope: Scope, pools: Pools) -> Node:
    """Consume las piezas hasta el final de la opción y devuelve la sucesión que forman."""
    parts: list[Node] = []
    while tokens and tokens[0] not in ("|", "]"):
        token = tokens.pop(0)
        if token == "[":
            parts.append(_choice(tokens, scope, pools))
        else:
            parts.append(_slot(token, scope, pools) if token[0] in "{}" else token)
    return parts[0] if len(parts) == 1 else tuple(parts)


def _choice(tokens: list[str], scope: Scope, pools: Pools) -> Choice:
    """Consume las opciones hasta el corchete que las cierra."""
    options, weights, closed = [], [], ""
    while closed != "]":
        weight = WEIGHT.match(tokens[0]) if tokens else None
        if weight:
            tokens[0] = tokens[0][weight.end() :]
        weights.append(int(weight[1]) if weight else 1)
        options.append(_sequence(tokens, dict(scope), pools))
        if not tokens:
            raise ValueError("Falta un «]» en la plantilla: cada «[» necesita el suyo.")
        closed = tokens.pop(0)
    if not all(weights):
        raise ValueError("Una opción de la plantilla tiene peso 0: quítela o dele un peso de 1 o más.")
    return Choice(tuple(options), tuple(weight / sum(weights) for weight in weights))


def _slot(token: str, scope: Scope, pools: Pools) -> Slot:
    """Lee un hueco y comprueba que nombra palabras ya sorteadas y listas que existen."""
    slot = SLOT.fullmatch(token)
    if not slot:
        raise ValueError(f"No se entiende el hueco «{token}» de la plantilla.")
    names, pool, kind = slot["names"].split("+"), slot["pool"], slot["kind"] or ""
    details = tuple((slot["detail"] or "").split("|"))
    others = tuple(name for name in scope if scope[name] == pool)
    if pool:
        if pool not in pools or len(pools[pool]) <= len(others) or names[0] in scope or len(names) > 1:
            raise ValueError(f"El hueco «{token}» no puede sortear: el nombre ya lo está, o faltan palabras.")
        scope[names[0]] = pool
    names += list(details) if kind == "/" else []
    unknown = [name for name in names if name not in scope]
    if unknown:
        raise ValueError(f"El hueco «{token}» nombra «{unknown[0]}», que no se ha sorteado antes.")
    lists = tuple(pools[scope[name]] for name in names)
    mixed = len(names) == 1 and len({word.number for word in lists[0]}) > 1
    if len(details) not in {"#": (2,), ":": (4,) if mixed else (2, 4)}.get(kind, (1,)):
        raise ValueError(f"Al hueco «{token}» le faltan o le sobran formas: dos, o cuatro si hay plurales.")
    return Slot(tuple(names), lists, bool(pool), others, kind, details)
