"""La página de los dos bancos: los vectores de una palabra, por capas, y el sentido que queda más cerca."""

import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from siguiente.course.data.homonyms import Homonym
from siguiente.language_models.protocol import TextModel
from siguiente.llm.pretrained import PretrainedModel

TOGETHER = 20  # frases por pasada


def last_vectors(network: Any, rows: Sequence[Sequence[int]]) -> Tensor:
    """El vector del último token de N textos, (L + 1, N, C): antes del primer bloque y después de cada uno.

    `network` es una red causal de transformers. Las filas cortas se rellenan por la derecha, que nadie ve.
    """
    found = []
    for start in range(0, len(rows), TOGETHER):
        some = rows[start : start + TOGETHER]
        longest = max(map(len, some))
        ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in some])  # (B, T)
        with torch.inference_mode():
            layers = network.get_decoder()(
                input_ids=ids, use_cache=False, output_hidden_states=True
            ).hidden_states
        ends = torch.tensor([len(row) - 1 for row in some])
        found.append(torch.stack([layer[torch.arange(len(some)), ends] for layer in layers]))
    return torch.cat(found, 1).float()


def untrained_twin(model: TextModel[PretrainedModel], seed: int) -> Any:
    """Una red con la forma de otra de transformers y los pesos al azar, como antes de entrenarla."""
    from transformers import AutoModelForCausalLM

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return AutoModelForCausalLM.from_config(model.model.network.config).float().eval()


def word_counts(texts: Sequence[str]) -> Tensor:
    """Cuántas veces está cada palabra en cada uno de N textos, (N, W): lo que ve quien no mira el orden.

    >>> word_counts(["el pan y el vino", "el vino"])  # el, pan, vino, y
    tensor([[2., 1., 1., 1.],
            [1., 0., 1., 0.]])
    """
    split = [re.findall(r"\w+", text.lower()) for text in texts]
    words = sorted({word for row in split for word in row})
    return torch.tensor([[float(row.count(word)) for word in words] for row in split])


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


def told_apart(vectors: Tensor, cases: Sequence[Homonym]) -> Tensor:
    """Qué frases se aciertan, (N, C) -> (N,), con los centros de la otra parte de la misma palabra.

    >>> from siguiente.course.data.homonyms import load_homonyms
    >>> cases = load_homonyms()
    >>> told_apart(torch.zeros(80, 2), cases).mean()  # vectores iguales: se acierta la mitad
    tensor(0.5000)
    """
    right = torch.empty(len(cases))
    for word in dict.fromkeys(case.word for case in cases):
        mine = [i for i, case in enumerate(cases) if case.word == word]
        senses = sorted({cases[i].sense for i in mine})
        labels = torch.tensor([senses.index(case.sense) if case.word == word else -1 for case in cases])
        for part in "ab":
            known = torch.tensor([i for i in mine if cases[i].part != part])
            asked = torch.tensor([i for i in mine if cases[i].part == part])
            guesses = nearest_centroid(vectors[known], labels[known], vectors[asked])
            right[asked] = (guesses == labels[asked]).float()
    return right
