import random
import re

import pytest

from siguiente.course.data.grammar import Word, readings, write
from siguiente.course.data.grammar_notation import compile_template
from siguiente.course.data.story_words import adjectives, noun, nouns

POOLS = {
    "COSAS": nouns(m="auto", f="pelota", mp="guantes", fp="botas"),
    "MASCOTAS": (noun("perro", "m", voz="ladró"), noun("gata", "f", voz="maulló")),
    "COLORES": adjectives("rojo verde azul marrón"),
    "UNO": nouns(m="mar"),
}


def texts(template):
    return {write(compile_template(template, POOLS), random.Random(seed), {}) for seed in range(200)}


def test_articles_verbs_and_adjectives_agree_in_gender_and_number():
    assert texts("{x=COSAS:El|La|Los|Las} {x} {c=COLORES/x} {x#está|están} aquí.") >= {
        "El auto rojo está aquí.",
        "La pelota marrón está aquí.",
        "Los guantes marrones están aquí.",
        "Las botas verdes están aquí.",
        "Las botas rojas están aquí.",
    }


def test_another_form_of_the_word_recalls_it():
    assert texts("{x=MASCOTAS:Un|Una} {x} {x.voz}.") == {"Un perro ladró.", "Una gata maulló."}


def test_two_words_of_a_list_are_never_the_same():
    assert not [text for text in texts("{x=COSAS}-{y=COSAS}") if text.split("-")[0] == text.split("-")[1]]


def test_line_breaks_are_a_space_except_beside_a_bracket_or_a_bar():
    assert texts(" uno\n  dos[\n  a|\n  b\n  ] ") == {"uno dosa", "uno dosb"}


def test_what_an_option_draws_is_forgotten_outside():
    with pytest.raises(ValueError, match="nombra «x», que no se ha sorteado antes"):
        compile_template("[{x=COSAS}|nada] {x}", POOLS)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{x}", "nombra «x»"),
        ("{x=NADA}", "«{x=NADA}» no puede sortear"),
        ("{x=COSAS} {x=COSAS}", "no puede sortear"),
        ("{x=UNO} {y=UNO}", "faltan palabras"),
        ("{x=UNO} {x!o}", "No se entiende el hueco «{x!o}»"),
        ("{x=UNO", "No se entiende el hueco «{»"),
        ("[a|b", "Falta un «]»"),
        ("[", "Falta un «]»"),
        ("[0:a|b]", "tiene peso 0"),
        ("[0:a]", "tiene peso 0"),
        ("a|b", "Sobra «|»"),
        ("{x=COSAS} {x:un|una}", "le faltan o le sobran formas"),
        ("{x=UNO} {x#a|b|c}", "le faltan o le sobran formas"),
    ],
)
def test_a_bad_template_says_what_is_wrong(template, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        compile_template(template, POOLS)


def test_a_weight_multiplies_the_chances_of_its_option():
    tree = compile_template("[3:sí|no]", POOLS)
    assert [reading.probability for reading in readings(tree, "sí")] == [0.75]


def test_words_know_their_gender_and_number():
    assert [word.agreement for word in POOLS["COSAS"]] == [0, 1, 2, 3]
    assert Word("perro") == Word("perro", forms={"voz": "ladró"})
