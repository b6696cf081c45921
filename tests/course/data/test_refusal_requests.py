import re
from importlib.resources import files
from itertools import combinations

import pytest

from siguiente.course.data.refusal_requests import COLUMNS, load_request_pairs


@pytest.mark.parametrize("language", COLUMNS)
def test_each_pair_shares_words_and_no_request_is_near_another(language):
    pairs = load_request_pairs(language)
    texts = [text for pair in pairs for text in (pair.mischief, pair.harmless)]
    words = [set(re.findall(r"\w+", text.lower())) for text in texts]
    assert len(pairs) == 20
    assert all(words[i] & words[i + 1] for i in range(0, len(words), 2))
    assert all(len(a & b) < 0.75 * len(a | b) for a, b in combinations(words, 2))


def test_each_language_is_written_as_such():
    spanish, english = (load_request_pairs(language) for language in ("español", "inglés"))
    for pair in english:
        assert not set(pair.mischief + pair.harmless) & set("ñáéíóúü¿¡«»")
    assert all(pair.mischief[0] in "¿E" for pair in spanish)


def test_the_card_states_what_the_file_holds():
    card = (files("siguiente.course.data") / "refusal_requests.md").read_text(encoding="utf-8")
    assert f"{len(load_request_pairs('español'))} parejas" in card
    assert load_request_pairs("español")[0].harmless in card
