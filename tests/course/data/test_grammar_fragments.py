"""Los trozos de una gramática: los de todos sus textos, y ninguno más."""

import random
from itertools import pairwise

import pytest

from siguiente.course.data.grammar import readings, write
from siguiente.course.data.grammar_fragments import fragments
from siguiente.course.data.grammar_notation import compile_template
from siguiente.course.data.stories import STOP, impossible_share, load_stories, story_grammar
from siguiente.course.data.story_words import nouns

POOLS = {
    "ANIMALS": nouns(m="perro", f="gata rana", mp="patos"),
    "NAMES": nouns(m="Luis Hugo", f="Ana"),
    "PLACES": nouns(m="parque"),
}
TEMPLATE = (
    "{a=NAMES} [vio|no oyó] {x=ANIMALS:un|una|unos|unas} {x} [|muy cansad{x:o|a|os|as}] y "
    "{b=NAMES} llamó {a+b:a los|a las} dos. [Fin.|{b} se fue.]"
)


def all_texts(tree):
    """Todos los textos de una plantilla pequeña: los que salen de sortear muchas veces."""
    rng = random.Random(0)
    return {write(tree, rng, {}) for _ in range(20_000)}


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7])
def test_they_are_those_of_all_the_texts_and_no_more(n):
    tree = compile_template(TEMPLATE, POOLS)
    texts = [text.split(" ") for text in all_texts(tree)]
    assert len(texts) == 3 * 2 * 4 * 2 * 2 * 2
    expected = {" ".join(words[i : i + n]) for words in texts for i in range(len(words) - n + 1)}
    assert fragments(tree, n) == expected


def test_a_text_shorter_than_asked_has_none():
    assert fragments(compile_template("Hola, Ana.", {}), 3) == set()


def test_a_surface_of_several_words_is_cut_too():
    place = compile_template("[en un banco|junto a una mesa] rojo hoy", {})
    assert fragments(place, 3) == {"en un banco", "un banco rojo", "banco rojo hoy"} | {
        "junto a una", "a una mesa", "una mesa rojo", "mesa rojo hoy",
    }  # fmt: skip


def test_no_story_has_an_impossible_run():
    assert [impossible_share(story) for story in load_stories("test", 500)] == [0.0] * 500


def test_an_agreement_broken_is_impossible():
    story = next(story for story in load_stories("test", 300) if " una gata negra" in story)
    assert impossible_share(story.replace(" una gata negra", " una gata negro")) > 0


def test_each_possible_run_is_read_by_the_grammar():
    """Por otro camino: la gramática lee un cuento que lo contiene."""
    story = load_stories("test", 1)[0]
    assert any(
        reading.end == len(story) for tree in story_grammar().options for reading in readings(tree, story)
    )
    words = [*story.split(" "), STOP.strip()]
    assert impossible_share(story) == 0
    swapped = [
        " ".join([*words[:i], b, a, *words[i + 2 : -1]]) for i, (a, b) in enumerate(pairwise(words[:-1]))
    ]
    assert all(impossible_share(text) > 0 for text in swapped if text.split(" ") != words[:-1])
