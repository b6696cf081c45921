"""Instrucciones y respuestas breves en español, cada una con una forma que se puede comprobar."""

import re
from dataclasses import dataclass

from siguiente.course.data.packaged import packaged_part

KINDS = (
    "definir",
    "enumerar",
    "clasificar",
    "extraer",
    "resumir",
    "reescribir",
    "corregir",
    "responder",
    "admitir",
)
#: Las palabras con que se admite que algo no se sabe, no se puede o no se debe hacer.
LIMIT = (
    r"\bno ((me|te|le|lo|la|se) )*(sé|puedo|puede|debo|tengo|dispongo|conozco|veo|recuerdo|es posible)\b"
    r"|\bnadie (lo )?(sabe|puede)\b|\bdesconozco\b|\bimposible\b"
)


@dataclass(frozen=True)
class Instruction:
    """Algo que se pide y lo que se debería responder."""

    id: str
    """Su clase y su número, como `resumir-03`."""
    kind: str
    """Una de `KINDS`."""
    form: str
    """Las condiciones que debe cumplir la respuesta, separadas por puntos y comas (`follows_form`)."""
    prompt: str
    """Lo que se pide; si hay que trabajar con un texto, está entre comillas españolas."""
    completion: str
    """Una respuesta buena, no siempre la única."""


def load_instructions(split: str) -> list[Instruction]:
    """Devuelve las instrucciones de ``"train"`` (270, para ajustar) o ``"test"`` (63, solo para medir).

    El orden es fijo: cada nueve son una de cada clase, en el orden de `KINDS`.

    >>> instruction = load_instructions("train")[6]
    >>> instruction.prompt, instruction.completion
    ('Corrija las faltas: «Mi ermano vive en Lima.»', 'Mi hermano vive en Lima.')
    """
    rows = packaged_part("instructions.csv", split)
    return [Instruction(**{name: text.replace("⏎", "\n") for name, text in row.items()}) for row in rows]


def follows_form(instruction: Instruction, answer: str) -> bool:
    r"""Indica si una respuesta cumple todas las condiciones de ``instruction.form``, diga lo que diga.

    Las palabras se comparan sin mayúsculas ni puntuación.

    - ``frase``: una sola oración, de mayúscula a punto final; ``frase:10``, de diez palabras como máximo.
    - ``propia``: no está ya, palabra por palabra, en lo que se pide.
    - ``pregunta``: va entre signos de interrogación.
    - ``lista:3``: tres líneas distintas que empiezan por guion, y nada más.
    - ``palabra:sí|no``: una de esas palabras, y nada más.
    - ``cita``: palabras seguidas del texto entre comillas, no más de la mitad.
    - ``con:a|b``: están todas estas; ``sin:a|b``: no está ninguna.
    - ``límite``: un párrafo que admite que algo no se sabe, no se puede o no se debe hacer.

    >>> two = Instruction("", "enumerar", "lista:2", "Dos frutas, con guiones.", "- Pera\n- Uva")
    >>> follows_form(two, "- Uva\n- Kiwi"), follows_form(two, "Pera y uva.")
    (True, False)
    """
    return all(meets(part, answer.strip(), instruction.prompt) for part in instruction.form.split(";"))


def meets(condition: str, answer: str, prompt: str) -> bool:
    """Si la respuesta cumple una condición."""
    name, _, detail = condition.partition(":")
    match name:
        case "frase":
            return is_sentence(answer) and (not detail or len(words(answer).split()) <= int(detail))
        case "propia":
            return words(answer) not in words(prompt)
        case "pregunta":
            return "¿" in answer and answer.endswith("?")
        case "lista":
            return is_list(answer, int(detail))
        case "palabra":
            return words(answer).strip() in detail.split("|")
        case "cita":
            return is_quote(answer, prompt)
        case "con":
            return all(words(part) in words(answer) for part in detail.split("|"))
        case "sin":
            return not any(words(part) in words(answer) for part in detail.split("|"))
        case "límite":
            return "\n" not in answer and re.search(LIMIT, answer.lower()) is not None
    raise ValueError(f"La forma «{condition}» no se conoce. Use una de las que explica follows_form.")


def words(text: str) -> str:
    """Las palabras, en minúsculas y entre espacios, también el primero y el último."""
    return " " + " ".join(re.findall(r"\w+", text.lower())) + " "


def is_sentence(text: str) -> bool:
    """Si va de mayúscula a punto final, sin otro punto ni otra línea en medio."""
    whole = re.fullmatch(r"[¿¡«]?[^\W_a-záéíóúüñ].*[.!?…]»?", text) is not None
    return whole and not re.search(r"[.!?…]»?\s", text)


def is_list(text: str, length: int) -> bool:
    """Si son tantas líneas, distintas y cada una con su guion."""
    lines = text.lower().splitlines()
    return len(set(lines)) == len(lines) == length and all(re.match(r"- *\w", line) for line in lines)


def is_quote(text: str, prompt: str) -> bool:
    """Si son palabras seguidas de lo que hay entre comillas, y no más de la mitad."""
    source = words(prompt[prompt.find("«") : prompt.rfind("»")])
    return words(text) in source and 2 * len(words(text).split()) <= len(source.split())
