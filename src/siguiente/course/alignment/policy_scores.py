"""Cómo le va a una política: cuánto se ha alejado, lo que puntúa y lo que vale."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor, nn

from siguiente.alignment.rl import Reward
from siguiente.alignment.rollouts import sample_answers
from siguiente.alignment.sequences import answer_totals
from siguiente.course.alignment.sft import ANSWER_LENGTH, load_story_policy
from siguiente.course.data.story_reward import gold_rewards
from siguiente.language_models.protocol import TextModel

DIGITS = 4  # cifras decimales de cada medida, al anotarla
SEED = 5  # con que se mide siempre mientras aprende
EVERY = 10  # pasos entre dos medidas


class PolicyScores(NamedTuple):
    """Lo que hace una política con B peticiones, una respuesta a cada una."""

    kl: Tensor
    """Log-probabilidad de la respuesta menos la que le da el modelo de partida, en nats, (B,)."""
    proxy: Tensor
    """La recompensa que se optimiza, (B,)."""
    gold: Tensor
    """La recompensa verdadera, (B,)."""
    texts: list[str]
    """Las respuestas."""

    @property
    def distance(self) -> float:
        """Raíz de la divergencia KL media; 0 si el azar la hizo negativa."""
        return max(0.0, self.kl.mean().item()) ** 0.5


def score_policy(
    policy: TextModel[Any],
    reference: nn.Module,
    prompts: Sequence[str],
    proxy: Reward,
    gold: Reward,
    generator: Generator,
    length: int,
) -> PolicyScores:
    """Responde a B peticiones, con `length` tokens como mucho, con el final, y mide las respuestas.
    La recompensa que se optimiza y la verdadera van de B peticiones y B respuestas a B números. Con la misma
    semilla, dos políticas se comparan petición a petición.
    """
    rollouts = sample_answers(policy, prompts, generator, length)
    own, start = (answer_totals(model, rollouts.answers) for model in (policy.model, reference))
    given, true = (torch.tensor(list(reward(prompts, rollouts.texts))) for reward in (proxy, gold))
    return PolicyScores(own - start, given, true, rollouts.texts)


def score_during(
    reports: Iterable[object], score: Callable[[], PolicyScores], every: int
) -> Iterator[tuple[int, PolicyScores]]:
    """Mide una política antes de aprender y, mientras aprende, cada tantos pasos: los que lleva y la medida.
    Los informes son el entrenamiento, sin empezar: avanza al recorrerlos.
    """
    yield 0, score()
    for done, _ in enumerate(reports, 1):
        if done % every == 0:
            yield done, score()


def rounded(values: Iterable[float]) -> list[float]:
    """Unas medidas, con las cifras que se anotan."""
    return [round(value, DIGITS) for value in values]


def write_scores(step: int, scores: PolicyScores) -> list[Any]:
    """Deja una medida en forma de JSON, con cuatro cifras decimales; la lee :func:`read_scores`.

    >>> write_scores(10, PolicyScores(torch.ones(1) / 3, torch.zeros(1), torch.ones(1), ["Un cuento."]))
    [10, [0.3333], [0.0], [1.0], ['Un cuento.']]
    """
    return [step, *(rounded(field.tolist()) for field in scores[:3]), scores.texts]


def read_scores(rows: Iterable[Any]) -> dict[int, PolicyScores]:
    """Lee las medidas que escribió :func:`write_scores`, por pasos dados.

    >>> read_scores([[10, [0.25], [0.0], [1.0], ["Un cuento."]]])[10].distance
    0.5
    """
    return {
        step: PolicyScores(torch.tensor(kl), torch.tensor(proxy), torch.tensor(gold), texts)
        for step, kl, proxy, gold, texts in rows
    }


def scored_rows(
    policy: TextModel[Any],
    steps: Iterable[object],
    reward: Reward,
    tests: Sequence[str],
    keep: Callable[[int, list[str]], list[str]],
) -> Iterator[list[Any]]:
    """Las medidas de una política mientras aprende, siempre con el mismo azar; de los textos, los de `keep`.
    No hay punto de control: cada medida necesita los pesos de su paso.
    """
    start = load_story_policy().model

    def score() -> PolicyScores:
        seeded = Generator().manual_seed(SEED)
        return score_policy(policy, start, tests, reward, gold_rewards, seeded, ANSWER_LENGTH)

    for step, scores in score_during(steps, score, EVERY):
        yield write_scores(step, scores._replace(texts=keep(step, scores.texts)))
