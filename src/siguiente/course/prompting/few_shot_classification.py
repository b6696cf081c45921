"""La página de los tweets: la exactitud por métodos, TF-IDF, los sesgos y lo que cuestan los ejemplos."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from siguiente.language_models.completions import completions_trie
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.prompting.few_shot import FewShotScores, FewShotTemplate
from siguiente.prompting.labels import LabelledText, label_completions

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def accuracies(runs: Mapping[str, FewShotScores], targets: Tensor) -> dict[str, list[Tensor]]:
    """La exactitud de cada puntuación con cada una de `METHODS`; `targets` son las etiquetas, (N,).

    >>> run = FewShotScores(torch.tensor([[0.9, 0.1], [0.6, 0.4]]).log(), torch.tensor([[0.5, 0.5]]).log())
    >>> accuracies({"con uno": run}, torch.tensor([0, 1]))
    {'con uno': [tensor(0.5000), tensor(0.5000), tensor(1.)]}
    """
    return {name: [hits.mean() for hits in run.hits(targets).values()] for name, run in runs.items()}


def favoured(probabilities: Tensor) -> tuple[Tensor, Tensor]:
    """La probabilidad de cada etiqueta cuando el prompt la favorece y, de media, cuando favorece a otra,
    (N, C). En `probabilities`, (C, N, C), la fila i tiene las de C etiquetas tras N textos con un prompt que
    favorece a la etiqueta i.

    >>> favoured(torch.tensor([[[0.75, 0.25]], [[0.5, 0.5]]]))
    (tensor([[0.7500, 0.5000]]), tensor([[0.5000, 0.2500]]))
    """
    own = probabilities.diagonal(dim1=0, dim2=2)
    return own, (probabilities.sum(0) - own) / (len(probabilities) - 1)


def tfidf_hits(examples: Sequence[LabelledText], cases: Sequence[LabelledText]) -> Tensor:
    """Los casos que acierta una regresión logística sobre TF-IDF aprendida con unos ejemplos, (N,).

    >>> examples = [LabelledText("Qué golazo", "deportes"), LabelledText("El saldo de mi cuenta", "bancos")]
    >>> tfidf_hits(examples, [LabelledText("¡Vaya gol!", "deportes"), LabelledText("Otro gol", "bancos")])
    tensor([1., 0.])
    """
    learned = tfidf().fit([case.text for case in examples], [case.label for case in examples])
    guesses = learned.predict([case.text for case in cases])
    return torch.tensor([guess == case.label for guess, case in zip(guesses, cases, strict=True)]).float()


def tfidf() -> "Pipeline":
    """La regresión logística sobre TF-IDF, sin nada aprendido todavía.

    Los rasgos son los trozos de tres a cinco letras de cada palabra, con sus bordes: así «cuenta» y «cuentas»
    comparten casi todos, y con pocos ejemplos eso vale más que la palabra entera. Cada uno pesa
    :math:`(1 + \\ln n)\\left(1 + \\ln\\frac{1 + N}{1 + d}\\right)`, donde :math:`n` son sus veces en el
    texto, :math:`N` los textos y :math:`d` los que lo tienen; después, el vector se divide por su norma.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    features = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    return make_pipeline(features, LogisticRegression(max_iter=1000))


def token_costs(
    model: TextModel[LanguageModel],
    template: FewShotTemplate,
    texts: Sequence[str],
    labels: Sequence[str],
    examples: Sequence[LabelledText] = (),
) -> tuple[float, float]:
    """Los tokens del *prompt* de cada texto, de media, y los que se leen si lo común se lee una vez.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> from siguiente.prompting.templates import Template
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> token_costs(uniform, FewShotTemplate(Template("<text>:")), ["a", "b"], ["no", "sí"])
    (3.0, 6.5)
    """
    prompts = template.prompts(texts, examples)
    sent = sum(len(model.encode(prompt)) for prompt in prompts)
    trie, _ = completions_trie(model, prompts, [label_completions(labels)] * len(prompts))
    return sent / len(texts), trie.read_tokens / len(texts)
