import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.language_models.completions import score_completions
from siguiente.prompting.retrieval import (
    Bm25,
    abstention_threshold,
    best_passages,
    chunks,
    cosine_scores,
    mean_reciprocal_rank,
    quotations,
    ranks_of,
    recall_at_k,
    rerank,
    retrieval_prompt,
    search_words,
)

PASSAGES = ["el tren azul", "el tren verde tren", "una barca azul pequeña", "nada"]


def by_hand(question, k1=1.5, b=0.75):
    """La fórmula de la documentación, escrita otra vez."""
    docs = [search_words(passage) for passage in PASSAGES]
    mean = sum(map(len, docs)) / len(docs)
    scores = []
    for doc in docs:
        total = 0.0
        for word in search_words(question):
            n = sum(word in other for other in docs)
            rarity = math.log(1 + (len(docs) - n + 0.5) / (n + 0.5))
            f = doc.count(word)
            total += rarity * f / (f + k1 * (1 - b + b * len(doc) / mean))
        scores.append(total)
    return scores


@pytest.mark.parametrize("question", ["¿el tren?", "tren azul", "barca barca", "avión"])
def test_bm25_is_the_formula(question):
    scores = Bm25(PASSAGES).scores([question])[0]
    assert scores.tolist() == pytest.approx(by_hand(question), abs=1e-5)


def test_an_accent_in_two_pieces_does_not_split_the_word():
    assert search_words("el vago\u0301n") == search_words("el vagón") == ["vagón"]


def test_case_and_empty_words_do_not_count():
    index = Bm25(PASSAGES)
    assert torch.equal(index.scores(["¿Y el TREN?"]), index.scores(["tren"]))


@pytest.mark.parametrize("passages", [[], ["", "¿?"], ["de la que"]])
def test_nothing_to_search_in(passages):
    with pytest.raises(ValueError, match="No hay dónde buscar"):
        Bm25(passages)


def test_an_empty_passage_beside_others_is_never_found():
    assert Bm25(["", "tren"]).scores(["tren"])[0, 0] == 0


@pytest.mark.parametrize("question", ["", "  ", "¿?", "¿de la que?"])
def test_a_question_without_words_is_refused(question):
    with pytest.raises(ValueError, match="no tiene palabras que buscar"):
        Bm25(PASSAGES).scores(["tren", question])


def test_cosine_does_not_see_the_length():
    a, b = (
        torch.randn(3, 5, generator=torch.manual_seed(0)),
        torch.randn(4, 5, generator=torch.manual_seed(1)),
    )
    expected = torch.nn.functional.cosine_similarity(a[:, None], b[None], dim=-1)
    torch.testing.assert_close(cosine_scores(7 * a, b / 3), expected)


@pytest.mark.parametrize("k", [0, 4, -1])
def test_k_outside_the_passages_is_refused(k):
    with pytest.raises(ValueError, match=f"Se piden {k} pasajes y hay 3: pida entre 1 y 3"):
        best_passages(torch.zeros(2, 3), k)


@given(st.permutations(range(6)), st.integers(0, 5), st.integers(1, 6))
def test_a_passage_is_among_the_best_k_when_its_rank_says_so(order, target, k):
    scores = torch.tensor([order]).float()
    rank = ranks_of(scores, torch.tensor([target]))
    assert bool(recall_at_k(rank, k)[0]) == (target in best_passages(scores, k)[0])
    assert mean_reciprocal_rank(rank) == pytest.approx(1 / rank.item())


def test_a_tie_is_not_a_hit():
    assert ranks_of(torch.zeros(1, 4), torch.tensor([2])).tolist() == [4]


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=20), st.floats(0.05, 1))
def test_the_threshold_is_the_lowest_that_reaches_the_target(cases, target):
    confidence, right = (torch.tensor(column) for column in zip(*cases, strict=True))
    confidence = confidence.float()

    def reached(value):
        return right[confidence >= value].double().mean() >= target

    if not any(reached(value) for value in confidence):
        with pytest.raises(ValueError, match="Ningún umbral"):
            abstention_threshold(confidence, right, target)
        return
    threshold = abstention_threshold(confidence, right, target)
    assert reached(threshold)
    assert not any(reached(value) for value in confidence if value < threshold)


@given(st.text(min_size=1).filter(str.strip), st.lists(st.text().filter(str.strip), max_size=3))
def test_a_document_cannot_add_lines_to_the_prompt(question, passages):
    lines = retrieval_prompt(question, passages).split("\n")
    assert len(lines) == len(passages) + 2
    assert [line.removeprefix("Texto: ") for line in lines[:-2]] == [" ".join(p.split()) for p in passages]
    assert lines[-1] == "Respuesta:"


def test_braces_and_gaps_of_a_passage_are_text():
    assert "{0} <question> {x}" in retrieval_prompt("¿Qué?", ["{0} <question> {x}"])


def test_reranking_reads_only_the_best_and_scores_the_question(text_gru):
    passages, questions = ["el tren", "la barca\n azul", "nada"], ["¿Qué?", "¿Cuál?"]
    scores = torch.tensor([[0.1, 0.2, 0.3], [3.0, 1.0, 2.0]])
    again = rerank(text_gru, questions, passages, scores, k=2)
    assert again.isinf().tolist() == [[True, False, False], [False, True, False]]
    prompts = ["Texto: la barca azul\nPregunta:", "Texto: nada\nPregunta:"]
    expected = score_completions(text_gru, prompts, [" ¿Qué?"]).logprobs[:, 0]
    torch.testing.assert_close(again[0, 1:], expected)


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=40), st.integers(1, 9), st.integers(1, 9))
def test_chunks_hold_every_word_in_order_and_none_is_longer(words, size, step):
    step = min(step, size)
    pieces = [piece.split() for piece in chunks(" ".join(words), size, step)]
    assert all(1 <= len(piece) <= size for piece in pieces)
    assert [
        word for i, piece in enumerate(pieces) for word in (piece if i == 0 else piece[size - step :])
    ] == words


def test_chunks_that_would_lose_text_are_refused():
    with pytest.raises(ValueError, match="se perdería texto: baje `step`"):
        chunks("uno dos", size=2, step=3)


def test_what_may_be_quoted_is_what_is_written():
    pattern = re.compile(f"({quotations('Vale (hoy) 3 coronas, como ayer.', most=3)})")
    assert all(pattern.fullmatch(text) for text in ("Vale", "hoy) 3 coronas", "coronas, como ayer"))
    assert not any(pattern.fullmatch(text) for text in ("vale", "3 como", "Vale (hoy) 3 coronas"))
