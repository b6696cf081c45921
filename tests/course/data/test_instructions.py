import re
from dataclasses import replace
from importlib.resources import files
from itertools import combinations

import pytest

from siguiente.course.data.instructions import (
    KINDS,
    Instruction,
    follows_form,
    load_instructions,
)

TRAIN, TEST = map(load_instructions, ("train", "test"))
BOTH = TRAIN + TEST
NUMBERS = {
    2: "dos",
    3: "tres",
    4: "cuatro",
    5: "cinco",
    6: "seis",
    8: "ocho",
    10: "diez",
    12: "doce",
    15: "quince",
}


def words(text):
    return re.findall(r"\w+", text.lower())


def conditions(name):
    """Las instrucciones que tienen esa condición, con su detalle."""
    for instruction in BOTH:
        for condition in instruction.form.split(";"):
            if condition.partition(":")[0] == name:
                yield instruction, condition.partition(":")[2]


def asked(form, prompt=""):
    return Instruction("", "", form, prompt, "")


@pytest.mark.parametrize(("form", "good", "bad"), [
    ("frase", ["Es azul.", "¿Puede venir?", "Diga «sí».", "  Mide 2,5 m.\n"],
     ["", "Es", "es azul.", "Es azul", "Es azul. Y verde.", "Es azul.\nY verde.", "¡Sí! Es azul."]),
    ("frase:3", ["Es muy azul."], ["Es de color azul."]),
    ("propia", ["Sirve para cruzar."], ["¿Qué es un puente?", "Un puente"]),
    ("pregunta", ["¿Viene?", "Oye, ¿vienes?"], ["Viene.", "Viene?"]),
    ("lista:2", ["- Pera\n- Uva", "-Pera\n-Uva"],
     ["", "Pera\nUva", "- Pera", "- Pera\n- pera", "- A\n- B\n- C", "- A\n\n- B", "Dos:\n- A", "- A\n- "]),
    ("palabra:sí|no", ["sí", "No.", "«sí»"], ["", "si", "sí, claro", "sí no", "s"]),
    ("cita", ["el puente viejo", "El puente."],
     ["", "puente el", "el puente viejo cruza", "¿Qué cruza?", "uente"]),
    ("con:a ver|pronto", ["A ver si nos vemos pronto."], ["Haber si nos vemos pronto.", "Pronto a verlo."]),
    ("sin:dame|ya", ["Deme los papeles de la playa."], ["¡Dame eso!", "Hágalo ya"]),
    ("límite", ["No lo sé.", "Nadie puede saberlo.", "Lo siento, no puedo ver la caja."],
     ["", "Son las tres.", "Sé que no.", "Lo sé.", "No lo sé.\nSon las tres."]),
    ("frase;con:azul;sin:muy", ["Es azul."], ["Es verde.", "Es muy azul.", "azul"]),
])  # fmt: skip
def test_each_form_accepts_and_rejects_these(form, good, bad):
    instruction = asked(form, "¿Qué es un puente? ¿Qué cruza? «El puente viejo cruza el río.»")
    assert all(follows_form(instruction, answer) for answer in good)
    assert not [answer for answer in bad if follows_form(instruction, answer)]


def test_a_form_or_a_split_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="La forma «verso» no se conoce"):
        follows_form(asked("verso"), "Rosa.")
    with pytest.raises(ValueError, match="No hay una parte «dev»"):
        load_instructions("dev")


def test_kinds_alternate_and_are_enough():
    assert [i.kind for i in TRAIN] == list(KINDS) * 30
    assert [i.kind for i in TEST] == list(KINDS) * 7
    assert all(i.id.startswith(i.kind) for i in BOTH)
    assert len({i.id for i in BOTH}) == len({i.prompt for i in BOTH}) == len(BOTH)


def test_no_pair_is_near_another_nor_across_the_split():
    """Dos parejas comparten menos de la mitad de sus palabras, y ninguna respuesta de prueba se enseña."""
    vocabularies = {i.id: set(words(i.prompt + " " + i.completion)) for i in BOTH}
    for (one, a), (other, b) in combinations(vocabularies.items(), 2):
        assert len(a & b) < 0.5 * len(a | b), (one, other)
    taught = {i.completion for i in TRAIN if i.kind != "clasificar"}
    assert not [i.id for i in TEST if i.completion in taught]


def test_every_answer_has_the_form_that_was_asked_and_copying_does_not():
    for instruction in BOTH:
        assert follows_form(instruction, instruction.completion), instruction
        source = re.sub("^[^«]*«|»[^»]*$", "", instruction.prompt)
        for copied in (instruction.prompt, source, instruction.completion + "\n" + instruction.prompt, ""):
            assert not follows_form(instruction, copied), (instruction, copied)


def test_the_words_to_choose_from_are_given_and_their_order_tells_nothing():
    for instruction, detail in conditions("palabra"):
        options = detail.split("|")
        assert instruction.completion in options
        assert all(follows_form(instruction, option) for option in options)
        assert all(option in words(instruction.prompt) for option in options)
    firsts = [detail.split("|")[0] == i.completion for i, detail in conditions("palabra")]
    assert 0.3 < sum(firsts) / len(firsts) < 0.6


def test_the_prompt_asks_for_the_form():
    for instruction, length in conditions("lista"):
        assert NUMBERS[int(length)] in words(instruction.prompt)
        assert re.search("gui(ó|o)n", instruction.prompt)
    for instruction, length in conditions("frase"):
        if length:
            assert f"{NUMBERS[int(length)]} palabras como máximo" in instruction.prompt
        if "propia" in instruction.form:
            assert "frase" in words(instruction.prompt), instruction
    for instruction, _ in conditions("cita"):
        assert instruction.prompt.count("«") == 1


def test_a_summary_is_shorter_and_its_text_is_not_one_sentence():
    for instruction in BOTH:
        if instruction.kind == "resumir":
            text = re.search("«(.*)»", instruction.prompt)[1]
            assert len(words(instruction.completion)) < len(words(text))
            assert not follows_form(replace(instruction, form="frase"), text)


def test_texts_are_clean_and_short():
    for instruction in BOTH:
        assert instruction.prompt == " ".join(instruction.prompt.split())
        assert len(words(instruction.completion)) <= 30
        for text in (instruction.prompt, instruction.completion):
            assert not set(text) & set('"\\⏎')
            for left, right in ("¿?", "¡!", "«»", "“”"):
                assert text.count(left) == text.count(right), text


def test_no_opening_repeats():
    """No más de seis peticiones empiezan por las mismas tres palabras, ni dos por las mismas seis."""
    for length, most in ((3, 6), (6, 1)):
        openings = [tuple(words(i.prompt)[:length]) for i in BOTH if len(words(i.prompt)) >= length]
        assert max(map(openings.count, openings)) <= most


def test_the_card_states_what_the_file_holds():
    card = (files("siguiente.course.data") / "instructions.md").read_text(encoding="utf-8")
    assert f"{len(BOTH)} parejas" in card
    assert f"`train`, {len(TRAIN)}" in card
    assert f"`test`, {len(TEST)}" in card
    assert all(f"`{kind}`" in card for kind in KINDS)
