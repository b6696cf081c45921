"""La página de comparar: de qué tokens es lo que se paga de más, quién trae los nombres y qué paga Gemma."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from siguiente.course.data.stories import load_stories, prefix_logprob, story_logprob
from siguiente.course.data.story_words import PEOPLE, POOLS
from siguiente.course.language_models.recall import name_returns, word_numbers
from siguiente.course.scoring import batches, scoring
from siguiente.language_models.protocol import LanguageModel, Tokenizer
from siguiente.language_models.scoring import score, text_nats
from siguiente.language_models.words import END
from siguiente.llm.files.loading import opened
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPT
from siguiente.transformers.heads import head_weights

BASE = "gemma-3-270m"
STORIES, TOGETHER = 20, 5  # cuentos que se puntúan, y cuántos de cada vez
#: Cuántos cuentos de entrenamiento lee antes, por nombre de lo anotado.
CONTEXTS = {"cold": 0, "warm": 3}


def story_context(kind: str) -> str:
    """Lo que Gemma lee antes de un cuento, sin pagarlo, en uno de los `CONTEXTS`.

    >>> story_context("cold")
    '\\n\\n'
    >>> story_context("warm").count("\\n\\n")
    3
    """
    return "\n\n".join(load_stories("train", CONTEXTS[kind])) + "\n\n"


def load_gemma_nats(kind: str) -> Tensor:
    """Abre lo que pagó, en nats, por 20 cuentos apartados, (20,), tras uno de los `CONTEXTS`, o puntúa."""
    paid = [nats for some in GEMMA_STORIES.rows(kind) for nats in some]
    return torch.tensor(paid, dtype=torch.double)


def score_stories(part: Part) -> Run:
    """Puntúa los cuentos con un contexto."""
    texts, context = load_stories("test", STORIES), story_context(part.name)

    def paid(some: Sequence[str]) -> Tensor:
        return text_nats(opened(BASE), some, context=context)

    return scoring(paid, batches(texts, TOGETHER), texts[:1])


GEMMA_STORIES = Trained("gemma-stories", __name__, score_stories, parts=tuple(CONTEXTS))

#: De qué puede ser un token; «cosa» es cualquier otra palabra que la gramática sortea.
KINDS = ("nombre que vuelve", "nombre nuevo", "cosa que vuelve", "cosa nueva", "lo demás")


class StoryTokens(NamedTuple):
    """Un cuento, token a token, con el de final."""

    ids: Tensor
    """El comienzo de texto y los T tokens, (T + 1,)."""
    truths: Tensor
    """Lo que la gramática paga por cada uno, en bits, (T,)."""
    kinds: Tensor
    """El lugar en `KINDS` de cada uno, (T,)."""


def read_story(text: str, tokenizer: Tokenizer) -> StoryTokens:
    """Reparte entre los tokens de un cuento lo que paga la gramática: de cada comienzo al siguiente.

    Un comienzo que acaba en «tren» cuenta con los que siguen por «trenes»: esa duda la paga lo que va detrás.
    La suma es, exacta, la del cuento.

    >>> from siguiente.course.stories.corpus import load_story_corpus
    >>> corpus = load_story_corpus()
    >>> story = read_story(corpus.texts[0], corpus.tokenizer)
    >>> paid = -story_logprob(corpus.texts[0]) / math.log(2)
    >>> len(story.ids) - 1 == len(story.truths) == len(story.kinds)
    True
    >>> abs(story.truths.sum().item() - paid) < 1e-6
    True
    """
    ids = tokenizer.encode(text)
    starts = [prefix_logprob(tokenizer.decode(ids[:t])) for t in range(len(ids) + 1)]
    paid = -torch.tensor([*starts, story_logprob(text)], dtype=torch.double).diff() / math.log(2)
    return StoryTokens(torch.tensor([END, *ids, END]), paid, token_kinds([*ids, END], tokenizer))


def token_kinds(ids: Sequence[int], tokenizer: Tokenizer) -> Tensor:
    """De qué es cada token, (T,): el lugar de su clase en `KINDS`."""
    names = word_numbers(tokenizer, [person.text for person in PEOPLE])
    things = word_numbers(tokenizer, drawn_things())
    seen: set[tuple[bool, int]] = set()
    kinds = []
    for token in ids:
        word = (True, int(names[token])) if names[token] >= 0 else (False, int(things[token]))
        kinds.append(4 if word[1] < 0 else 2 * (not word[0]) + (word not in seen))
        seen.add(word)
    return torch.tensor(kinds)


def drawn_things() -> list[str]:
    """Todas las formas de las palabras que la gramática sortea, menos los nombres de persona.

    >>> "trenes" in drawn_things(), "Ana" in drawn_things()
    (False, False)
    """
    words = [word for name, pool in POOLS.items() if name != "PEOPLE" for word in pool]
    return sorted({form for word in words for form in (word.text, *word.agreed, *word.forms.values())})


def split_excess(model: LanguageModel, stories: Sequence[StoryTokens]) -> Tensor:
    """Los bits que un modelo paga de más en cada cuento, por clases de token, (N, K): :eq:`eq-regret`."""
    rows = []
    for story in stories:
        paid = -score(model, story.ids[None])[0].double() / math.log(2)
        extra = torch.zeros(len(KINDS), dtype=torch.double)
        rows.append(extra.index_add(0, story.kinds, paid - story.truths))
    return torch.stack(rows)


def weight_on_name(model: GPT, ids: Tensor, names: Tensor, beyond: int) -> Tensor | None:
    """Cuánto mira cada cabeza a un nombre justo antes de que vuelva, (2, L, H): al que vuelve y a los demás.

    Es la media de las veces en que el nombre quedó a más de `beyond` tokens; `None` si no hay ninguna.
    `names` es como el de :func:`~siguiente.course.language_models.recall.recall`.
    """
    weights, found, who = head_weights(model, ids), [], names[ids]
    for t, distance in name_returns(ids, names):
        if distance > beyond:
            same, other = who[:t] == who[t], (who[:t] >= 0) & (who[:t] != who[t])
            row = weights[:, :, t - 1, :t]  # quien predice el token t está en t - 1
            found.append(torch.stack([row[..., same].sum(-1), row[..., other].sum(-1)]))
    return torch.stack(found).mean(0) if found else None
