"""BPE: los casos hechos a mano, ningún texto que no vuelva y la codificación de otra biblioteca."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from siguiente.course.data.tweets import load_tweets
from siguiente.language_models.bpe import (
    BPETokenizer,
    best_pair,
    byte_words,
    count_pairs,
    merge,
    train,
)
from siguiente.language_models.fast.bpe_training import train_bpe
from siguiente.language_models.words import byte_alphabet

# Las palabras de Sennrich, Haddow y Birch (2016), con su marca de final, que aquí es un punto.
LOWER = {"low.": 5, "lower.": 2, "newest.": 6, "widest.": 3}
TEXTS = [tweet.text for tweet in load_tweets("development")]
tokenizer = train_bpe(TEXTS, 700)
writable = st.text(st.characters(exclude_categories=["Cs"]))


def written(tokens):
    return "".join(chr(token) if token < 256 else f"<{token}>" for token in tokens)


def test_the_textbook_example_by_hand():
    words = {tuple(word.encode()): times for word, times in LOWER.items()}
    counts = count_pairs(words)
    found = {written(pair): n for pair, n in counts.most_common(3)}
    assert found == {"es": 9, "st": 9, "t.": 9}
    assert best_pair(counts) == tuple(b"es")
    made = []
    for new in (257, 258, 259):
        made.append(best_pair(count_pairs(words)))
        words = {merge(word, made[-1], new): times for word, times in words.items()}
    # En el artículo, tras «es» va «est» y después «est.»: empatan a 9, y aquí se unen antes «t» y el punto.
    assert made == [tuple(b"es"), tuple(b"t."), (257, 258)]
    assert [written(word) for word in words] == ["low.", "lower.", "new<259>", "wid<259>"]


def test_the_example_of_wikipedia_by_hand():
    word, made = tuple(b"aaabdaaabac"), []
    for new in (257, 258, 259):
        pair = best_pair(count_pairs({word: 1}))
        word = merge(word, pair, new)
        made.append(pair)
    assert made == [(97, 97), (97, 98), (257, 258)]
    assert written(word) == "<259>d<259>ac"


def test_learning_is_counting_and_merging_until_nothing_repeats():
    """El ejemplo de Wikipedia, entero: tras tres uniones, ninguna pareja se repite."""
    assert train(["aaabdaaabac"], 1000).merges == ((97, 97), (97, 98), (257, 258))
    assert train(["aaabdaaabac"], 259).merges == ((97, 97), (97, 98))
    assert train([], 300).merges == train(["abc"], 300).merges == train(["aa aa"], 257).merges == ()


@pytest.mark.parametrize(
    ("word", "merged"),
    [
        ((), ()),
        ((7,), (7,)),
        ((7, 7, 7), (9, 7)),
        ((7,) * 4, (9, 9)),
        ((1, 7, 7), (1, 9)),
        ((7, 1, 7), (7, 1, 7)),
    ],
)
def test_a_pair_is_merged_from_left_to_right(word, merged):
    assert merge(word, (7, 7), 9) == merged


@given(st.dictionaries(st.lists(st.integers(0, 3)).map(tuple), st.integers(1, 5)))
def test_each_pair_of_each_word_is_counted(words):
    counts = count_pairs(words)
    assert counts.total() == sum(times * max(0, len(word) - 1) for word, times in words.items())


def test_ties_go_by_the_order_of_the_alphabet_and_old_tokens_first():
    assert best_pair({(257, 97): 2, (32, 97): 2, (0xC3, 0xB1): 2}) == (0xC3, 0xB1)
    assert best_pair({(258, 97): 2, (257, 98): 2}) == (257, 98)


def test_pieces_never_join():
    assert set(byte_words(["no no, no"])) == {tuple(b"no"), tuple(b" no"), tuple(b",")}


@given(writable | st.lists(st.sampled_from(TEXTS)).map(" ".join))
def test_any_text_comes_back(text):
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert b"".join(map(tokenizer.token_bytes, ids)) == text.encode()
    assert all(0 <= i < tokenizer.vocab_size and i != tokenizer.eos_id for i in ids)


@pytest.fixture(scope="module")
def oracle():
    """La misma tabla de uniones, en la biblioteca tokenizers."""
    visible = {byte: character for character, byte in byte_alphabet().items()}
    shown = ["".join(visible[b] for b in tokenizer.token_bytes(i)) for i in range(tokenizer.vocab_size)]
    vocabulary = {token: i for i, token in enumerate(shown) if i != 256}
    backend = Tokenizer(models.BPE(vocabulary, [(shown[a], shown[b]) for a, b in tokenizer.merges]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return Tokenizer.from_str(json.dumps(json.loads(backend.to_str())))


def test_it_encodes_as_the_tokenizers_library(oracle):
    for text in [*TEXTS, "aaaaaaaaaaa", "  \n\n x", "ñandú 😀 ¿¡", "El pingüino comió 23 kg."]:
        assert tokenizer.encode(text) == oracle.encode(text).ids


@given(st.text("aeos nr,ñ1\n"))
def test_it_encodes_anything_as_the_tokenizers_library(oracle, text):
    assert tokenizer.encode(text) == oracle.encode(text).ids


def test_a_long_piece_does_not_take_forever():
    assert tokenizer.decode(tokenizer.encode("a" * 100_000)) == "a" * 100_000


def test_every_token_writes_something_different():
    written = [tokenizer.token_bytes(i) for i in range(tokenizer.vocab_size)]
    assert len(set(written)) == tokenizer.vocab_size


@pytest.mark.parametrize(
    "merges",
    [((97, 98), (97, 98)), ((97, 257),), ((97, 256),), ((-1, 97),), ((97, 98), (258, 97))],
)
def test_impossible_merges_are_refused(merges):
    with pytest.raises(ValueError, match="se repite o usa otros"):
        BPETokenizer(merges)


def test_half_a_character_is_refused():
    with pytest.raises(ValueError, match="medio carácter"):
        tokenizer.encode("no \udc80")
