"""Puntuar continuaciones: qué probabilidad da un modelo a seguir un prompt con un texto entero."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from siguiente.language_models.fast.trie import TokenTrie, score_trie
from siguiente.language_models.protocol import LanguageModel, TextModel, check_room


@dataclass(frozen=True)
class CompletionScores:
    """Puntuación de cada continuación tras cada prompt, (P, C).

    `logprobs` es la suma, en nats, sobre *todos* los tokens de la continuación; `tokens`, cuántos tiene.
    """

    logprobs: Tensor
    tokens: Tensor

    def per_token(self) -> Tensor:
        """Log-probabilidad media por token, (P, C): no castiga a las continuaciones largas."""
        return self.logprobs / self.tokens

    def among(self) -> Tensor:
        """Probabilidad renormalizada entre las continuaciones dadas, (P, C); cada fila suma 1."""
        return self.logprobs.softmax(-1)


def score_completions(
    model: TextModel[LanguageModel], prompts: Sequence[str], completions: Sequence[str]
) -> CompletionScores:
    """Log-probabilidad de cada continuación entera tras cada prompt, (P, C).

    :math:`\\log p(y\\mid x)=\\sum_t \\log p(y_t\\mid x,y_{<t})`. Los prefijos comunes se calculan una vez
    (:func:`~siguiente.language_models.fast.trie.score_trie`).

    Parameters
    ----------
    model : TextModel
        El modelo y su tokenizador.
    prompts : sequence of str
        P textos; no deben terminar en espacio.
    completions : sequence of str
        C continuaciones, las mismas para todos los prompts; el espacio inicial les pertenece.

    Examples
    --------
    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> scores = score_completions(uniform, ["El cielo es"], [" azul", " gris", " rosado"])
    >>> scores.tokens, scores.per_token()
    (tensor([[5, 5, 7]]), tensor([[-5.5530, -5.5530, -5.5530]]))
    """
    return score_options(model, prompts, [completions] * len(prompts))


def score_options(
    model: TextModel[LanguageModel], prompts: Sequence[str], options: Sequence[Sequence[str]]
) -> CompletionScores:
    """Como :func:`score_completions`, pero cada prompt tiene sus C continuaciones.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> score_options(uniform, ["2 + 2 =", "3 + 3 ="], [[" 4", " 22"], [" 6", " 33"]]).tokens.tolist()
    [[2, 3], [2, 3]]
    """
    trie, paths = completions_trie(model, prompts, options)
    return path_scores(model.model, trie, paths, len(prompts))


def path_scores(
    model: LanguageModel, trie: TokenTrie, paths: Sequence[Sequence[int]], rows: int
) -> CompletionScores:
    """Suma las log-probabilidades de cada camino de un trie y las dispone en `rows` filas."""
    logprobs = score_trie(model, trie)
    return CompletionScores(
        torch.stack([logprobs[path].sum() for path in paths]).view(rows, -1),
        torch.tensor([len(path) for path in paths]).view(rows, -1),
    )


def completions_trie(
    model: TextModel[LanguageModel], prompts: Sequence[str], options: Sequence[Sequence[str]]
) -> tuple[TokenTrie, list[list[int]]]:
    """El trie de unos prompts, cada uno con sus continuaciones, y los nodos de cada pareja, prompt a prompt.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> trie, paths = completions_trie(uniform, ["a", "ab"], [[" sí", " no"]] * 2)
    >>> trie.read_tokens, [len(path) for path in paths]
    (11, [4, 3, 4, 3])
    """
    trie, paths = TokenTrie(), []
    for prompt, completions in zip(prompts, options, strict=True):
        head = model.encode(prompt)
        tails = [tail(model, prompt, head, completion) for completion in completions]
        last = trie.insert(head, wanted_from=len(head))[-1]
        paths += [trie.insert(ids, wanted_from=0, node=last) for ids in tails]
    return trie, paths


def tail(model: TextModel[LanguageModel], prompt: str, head: list[int], completion: str) -> list[int]:
    """Los tokens de la continuación, que deben seguir tal cual a los del prompt, `head`."""
    ids = model.encode(prompt + completion)
    if ids[: len(head)] != head:
        raise ValueError(
            f"El tokenizador funde el final de {prompt[-20:]!r} con {completion!r}: "
            "quite el espacio final del prompt y empiece la continuación con él."
        )
    if len(ids) == len(head):
        raise ValueError(f"No hay qué puntuar: prompt {prompt[:40]!r}, continuación {completion!r}.")
    check_room(model.model, len(ids))
    return ids[len(head) :]
