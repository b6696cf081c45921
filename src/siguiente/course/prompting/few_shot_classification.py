"""La página de los tweets: la exactitud por métodos, TF-IDF y lo que cuestan los ejemplos."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from siguiente.course.prompting.baselines import tfidf_predictions
from siguiente.language_models.completions import completions_trie
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.prompting.few_shot import FewShotScores, FewShotTemplate
from siguiente.prompting.labels import LabelledText, label_completions


def accuracies(runs: Mapping[str, FewShotScores], targets: Tensor) -> dict[str, list[Tensor]]:
    """La exactitud de cada puntuación con cada una de `METHODS`; `targets` son las etiquetas, (N,).

    >>> run = FewShotScores(torch.tensor([[0.9, 0.1], [0.6, 0.4]]).log(), torch.tensor([[0.5, 0.5]]).log())
    >>> accuracies({"con uno": run}, torch.tensor([0, 1]))
    {'con uno': [tensor(0.5000), tensor(0.5000), tensor(1.)]}
    """
    return {name: [hits.mean() for hits in run.hits(targets).values()] for name, run in runs.items()}


def tfidf_hits(examples: Sequence[LabelledText], cases: Sequence[LabelledText]) -> Tensor:
    """Los casos que acierta una regresión logística sobre TF-IDF aprendida con unos ejemplos, (N,).

    >>> examples = [LabelledText("Qué golazo", "deportes"), LabelledText("El saldo de mi cuenta", "bancos")]
    >>> tfidf_hits(examples, [LabelledText("¡Vaya gol!", "deportes"), LabelledText("Otro gol", "bancos")])
    tensor([1., 0.])
    """
    known = [case.text for case in examples], [case.label for case in examples]
    guesses = tfidf_predictions(*known, [case.text for case in cases])
    return torch.tensor([guess == case.label for guess, case in zip(guesses, cases, strict=True)]).float()


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
