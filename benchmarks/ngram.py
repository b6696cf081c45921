"""Puntuar con Kneser-Ney de orden 5: frente a nltk, con las mismas cuentas y el mismo descuento."""

from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path

import torch
from pairs import Benchmark

Scorer = Callable[[list[int]], torch.Tensor]
ORDER, DISCOUNT, SCORED = 5, 0.75, 2


def benchmarks(folder: Path) -> list[Benchmark]:
    """Dos cuentos, tras contar cincuenta o doscientos; nltk tardaría horas con todos los del curso."""
    return [scoring(stories) for stories in (50, 200)]


def scoring(stories: int) -> Benchmark:
    """Comprueba que los dos dan las mismas probabilidades y los prepara."""
    from siguiente.course.data.stories import load_stories
    from siguiente.language_models.words import WordTokenizer

    texts = load_stories("train", stories)
    tokenizer = WordTokenizer.from_texts(texts)
    stream = list(chain.from_iterable(map(tokenizer.encode, texts)))
    stream += stream[: ORDER - 1]  # así nada empieza el texto: nltk dividiría por cero
    scored = [tokenizer.encode(text) for text in load_stories("test", SCORED)]
    ours, peer = our_scorer(stream, tokenizer.vocab_size), nltk_scorer(stream)
    for ids in scored:
        torch.testing.assert_close(ours(ids), peer(ids), atol=1e-5, rtol=0)
    pair = partial(list_of, ours, scored), partial(list_of, peer, scored)
    tokens = sum(map(len, scored)) - SCORED
    return Benchmark(f"Orden {ORDER}, {stories} cuentos: nltk", *pair, 1 / 20, 5, (tokens, tokens))


def list_of(scorer: Scorer, texts: list[list[int]]) -> list[torch.Tensor]:
    """Puntúa los textos, de uno en uno."""
    return [scorer(ids) for ids in texts]


def our_scorer(stream: list[int], vocab_size: int) -> Scorer:
    """Lo nuestro, sin límites entre textos y sin mezclar los unigramas con la uniforme, como nltk."""
    from siguiente.language_models.kneser_ney import kneser_ney
    from siguiente.language_models.ngram_counts import count_ngrams

    counts = count_ngrams(torch.tensor(stream), ORDER, vocab_size + 1, boundary=vocab_size)
    model = kneser_ney(counts, [0.0] + [DISCOUNT] * (ORDER - 1))
    return lambda ids: model.score(torch.tensor([ids]))[0].exp()


def nltk_scorer(stream: list[int]) -> Scorer:
    """El modelo de nltk; cada token, con los cuatro anteriores."""
    from nltk.lm import KneserNeyInterpolated
    from nltk.util import everygrams

    words = list(map(str, stream))
    model = KneserNeyInterpolated(ORDER, discount=DISCOUNT)
    model.fit([list(everygrams(words, max_len=ORDER))], sorted(set(words)))

    def scores(ids: list[int]) -> torch.Tensor:
        text = list(map(str, ids))
        contexts = (text[max(0, t - ORDER + 1) : t] for t in range(1, len(text)))
        return torch.tensor([model.score(x, h) for x, h in zip(text[1:], contexts, strict=True)])

    return scores
