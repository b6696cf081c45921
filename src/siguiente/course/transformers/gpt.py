"""La página del GPT: si lo que escribe es un cuento, los sentidos de una palabra y el gemelo enmascarado."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from siguiente.course.data.stories import possible_words, story_logprob
from siguiente.course.report.numbers import percent
from siguiente.course.stories.corpus import load_story_corpus
from siguiente.language_models.protocol import LanguageModel, TextModel, Tokenizer
from siguiente.language_models.scoring import top_tokens
from siguiente.language_models.training import TrainingConfig
from siguiente.language_models.words import END
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPT, GPTConfig
from siguiente.transformers.masked import MaskedModel, fill, train_masked

CHECKED = 8  # tokens que se tapan, uno a uno, para comprobar los pesos
#: Cómo se entrenan el GPT pequeño y su gemelo.
SMALL_TRAINING = TrainingConfig(
    steps=600, batch_size=8, length=128, learning_rate=5e-3, warmup=40, evaluate_every=100, boundary=END
)


def legible(text: str, length: int = 260) -> str:
    """El comienzo de un texto, con un punto por cada carácter que no se puede escribir."""
    return "".join(c if c.isprintable() else "·" for c in text[:length]) + "…"


def is_story(text: str) -> bool:
    """Dice si la gramática pudo escribir exactamente este texto, entero.

    >>> from siguiente.course.data.stories import load_stories
    >>> story = load_stories("test", 1)[0]
    >>> is_story(story), is_story(story[:40])
    (True, False)
    """
    try:
        story_logprob(text)
    except ValueError:
        return False
    return True


def split_at_error(text: str, before: int = 90, after: int = 30) -> tuple[str, str]:
    """Lo que hay a ambos lados de donde un texto deja de poder ser un cuento, con tantos caracteres.

    >>> split_at_error("Samuel escondía tres neveras", before=8)
    ('…escondía', 'tres neveras…')
    """
    words, good = text.split(" "), possible_words(text)
    return "…" + " ".join(words[:good])[-before:], " ".join(words[good:])[:after] + "…"


def likely_after(model: TextModel[LanguageModel], text: str, phrase: str, k: int = 3) -> str:
    """Los `k` tokens más probables tras la primera vez que un texto dice una frase, en una línea.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> likely_after(uniform, "Hola, sol", "Hola", k=2).count("%")
    2
    """
    start = text[: text.index(phrase) + len(phrase)]
    likely = top_tokens(model, start, k)
    return ", ".join(f"{token.text.strip()} ({percent(token.probability)})" for token in likely)


def cut_at_phrase(tokenizer: Tokenizer, texts: Sequence[str], phrase: str, before: int) -> Tensor:
    """Recorta de cada uno de N textos la primera vez que aparece una frase, con `before` tokens delante.
    Da (N, `before` + tokens de la frase): todos los recortes miden lo mismo y terminan en la frase, así que
    ni la posición ni las palabras más cercanas pueden delatar el sentido de la última. El espacio que precede
    a la frase, si lo hay, es parte de ella.

    >>> from siguiente.language_models.words import WordTokenizer
    >>> texts = ["Ayer fue al banco y luego a otro banco", "Mañana iremos juntos al banco"]
    >>> tokenizer = WordTokenizer.from_texts(texts)
    >>> [tokenizer.decode(row) for row in cut_at_phrase(tokenizer, texts, " al banco", before=1).tolist()]
    [' fue al banco', ' juntos al banco']
    """
    wanted, rows = tokenizer.encode(phrase), []
    for text in texts:
        ids = tokenizer.encode(text)
        starts = (i for i in range(len(ids)) if ids[i : i + len(wanted)] == wanted)
        start = next(starts, -1)
        if start < before:
            raise ValueError(f"«{phrase}» no está, o no tiene {before} tokens delante, en «{text[:60]}».")
        rows.append(ids[start - before : start + len(wanted)])
    return torch.tensor(rows, dtype=torch.int64).view(len(rows), before + len(wanted))


@torch.no_grad()
def layer_vectors(model: GPT, ids: Tensor) -> Tensor:
    """El vector del último token, (N, T) -> (L + 1, N, C): antes del primer bloque y después de cada uno."""
    return torch.stack([model.hidden(ids, layer)[:, -1] for layer in range(model.config.layers + 1)])


def nearest_centroid(vectors: Tensor, labels: Tensor, queries: Tensor) -> Tensor:
    """Da a cada vector, (M, C) -> (M,), la clase cuyo centro, la media de sus ejemplos, (N, C), queda más
    cerca. Si dos centros quedan a la misma distancia, la de número menor. Se calcula en doble precisión: si
    todos los vectores son iguales, los centros son exactamente iguales.

    >>> examples = torch.tensor([[0.0, 0], [2, 0], [9, 9]])
    >>> nearest_centroid(examples, torch.tensor([0, 0, 1]), torch.tensor([[1.0, 1], [6, 6]]))
    tensor([0, 1])
    """
    examples = [vectors[labels == label].double() for label in range(int(labels.max()) + 1)]
    centroids = torch.stack([rows.mean(0) for rows in examples])  # (K, C)
    offsets = queries.double()[:, None] - centroids  # (M, K, C)
    return offsets.square().sum(-1).argmin(1)


def small_config(vocab_size: int) -> GPTConfig:
    """La forma del GPT pequeño de los cuentos, con un vocabulario de V tokens.

    >>> small_config(300).channels
    96
    """
    return GPTConfig(vocab_size, context_length=128, layers=2, heads=4, channels=96)


def load_story_twin() -> MaskedModel:
    """Abre el gemelo, ya entrenado; si falta, lo entrena."""
    return STORY_TWIN.restore(MaskedModel(small_config(load_story_corpus().tokenizer.vocab_size)))


def learn_gaps(part: Part) -> Run:
    """Entrena el gemelo con los cuentos."""
    corpus = load_story_corpus()
    twin = MaskedModel(small_config(corpus.tokenizer.vocab_size), seed=1)

    def measure(rows: list[Any]) -> list[float]:
        text = corpus.held_out[: twin.context_length]
        found = [fill(twin.eval(), text, place)[text[place]] for place in range(1, CHECKED + 1)]
        return torch.stack(found).log().tolist()

    return Run(twin, train_masked(twin, corpus.train, SMALL_TRAINING), measure)


STORY_TWIN = Trained("story-twin", __name__, learn_gaps)
