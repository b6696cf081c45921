"""Cómo le va a una política mientras aprende: cuánto se aleja, lo que puntúa y lo que vale lo que escribe."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Generator, Tensor, nn

from siguiente.alignment.rl import Reward
from siguiente.alignment.rollouts import sample_answers
from siguiente.alignment.sequences import answer_totals
from siguiente.course.alignment.sft import ANSWER_LENGTH, load_story_policy
from siguiente.course.data.story_requests import distinct_requests
from siguiente.course.data.story_reward import WEIGHTS, Merits, gold_rewards, score_merits
from siguiente.evaluation.intervals import Estimate, mean_interval, widened
from siguiente.language_models.protocol import TextModel
from siguiente.runtime.trained import Part, Run, Trained

DIGITS = 4  # cifras decimales de cada medida, al anotarla
SEED = 5  # con que se mide siempre mientras aprende
EVERY = 10  # pasos entre dos medidas
SHOWN = 4  # cuentos que se guardan de cada medida
ANSWERS = 2  # cuentos con que se mide cada petición
#: Lo que además se ve en cada medida, de peticiones y respuestas a unos números con nombre.
Watch: TypeAlias = Callable[[Sequence[str], Sequence[str]], Mapping[str, float]]


class PolicyScores(NamedTuple):
    """Lo que hace una política con B peticiones, una respuesta a cada una."""

    kl: Tensor
    """Log-probabilidad de la respuesta menos la que le da el modelo de partida, en nats, (B,)."""
    proxy: Tensor
    """La recompensa que se optimiza, (B,)."""
    merits: Tensor
    """Los méritos de cada respuesta, (B, 5)."""
    texts: list[str]
    """Las respuestas."""

    @property
    def gold(self) -> Tensor:
        """La recompensa verdadera, (B,)."""
        return self.merits @ torch.tensor(WEIGHTS)


def score_policy(
    policy: TextModel[Any], reference: nn.Module, prompts: Sequence[str], proxy: Reward, generator: Generator
) -> PolicyScores:
    """Responde a B peticiones y mide las respuestas.

    La recompensa que se optimiza va de B peticiones y B respuestas a B números. Con la misma semilla, dos
    políticas se comparan petición a petición.
    """
    rollouts = sample_answers(policy, prompts, generator, ANSWER_LENGTH)
    own, start = (answer_totals(model, rollouts.answers) for model in (policy.model, reference))
    given = torch.tensor(list(proxy(prompts, rollouts.texts)))
    return PolicyScores(own - start, given, score_merits(prompts, rollouts.texts), rollouts.texts)


def measured_prompts() -> list[str]:
    """Las peticiones con que se mide: combinaciones que nadie vio al aprender, cada una `ANSWERS` veces."""
    return [request.text for request in distinct_requests("test") for _ in range(ANSWERS)]


def rounded(values: Iterable[float]) -> list[float]:
    """Unas medidas, con las cifras que se anotan."""
    return [round(value, DIGITS) for value in values]


def written(step: int, scores: PolicyScores, watched: Mapping[str, float]) -> dict[str, Any]:
    """Una medida como se anota: medias, y los primeros cuentos.

    >>> scores = PolicyScores(torch.ones(1) / 3, torch.zeros(1), torch.ones(1, 5), ["Un cuento."])
    >>> row = written(10, scores, {"disagreement": 0.5})
    >>> row["kl"], row["gold"], row["words"], row["disagreement"]
    (0.3333, 16.5, 2.0, 0.5)
    """
    words = [float(len(text.split())) for text in scores.texts]
    means = {"kl": scores.kl, "proxy": scores.proxy, "gold": scores.gold, "words": torch.tensor(words)}
    means |= dict(zip(Merits._fields, scores.merits.T, strict=True))
    values = {name: value.mean().item() for name, value in means.items()} | dict(watched)
    named = dict(zip(values, rounded(values.values()), strict=True))
    return {"step": step, **named, "texts": scores.texts[:SHOWN]}


def unwatched(prompts: Sequence[str], texts: Sequence[str]) -> Mapping[str, float]:
    """No mira nada más.

    >>> unwatched(["Quiero un cuento."], ["Ana."])
    {}
    """
    return {}


def measured_rows(
    policy: TextModel[Any],
    steps: Iterable[object],
    reward: Reward,
    watch: Watch = unwatched,
    every: int = EVERY,
) -> Iterator[dict[str, Any]]:
    """Las medidas de una política antes de aprender y cada tantos pasos, siempre con el mismo azar.

    Los pasos son el entrenamiento, sin empezar: avanza al recorrerlos. `watch` da lo que además se mira.
    """
    start, prompts = load_story_policy().model, measured_prompts()

    def measure(step: int) -> dict[str, Any]:
        scores = score_policy(policy, start, prompts, reward, Generator().manual_seed(SEED))
        return written(step, scores, watch(prompts, scores.texts))

    yield measure(0)
    for done, _ in enumerate(steps, 1):
        if done % every == 0:
            yield measure(done)


def shown_gold(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """La recompensa verdadera de los cuentos que se guardaron: con ella se comprueba lo registrado."""
    prompts = measured_prompts()
    return [gold for row in rows for gold in gold_rewards(prompts[: len(row["texts"])], row["texts"])]


def measure_start(part: Part) -> Run:
    """Mide la política de partida con otro azar."""
    policy = load_story_policy()

    def rows() -> Iterator[dict[str, Any]]:
        generator = Generator().manual_seed(int(part.seed or 0))
        yield written(0, score_policy(policy, policy.model, measured_prompts(), gold_rewards, generator), {})

    return Run(None, rows(), shown_gold)


#: La política de partida, con los cuentos de otras veinte semillas.
STORY_START = Trained("story-start", __name__, measure_start, ("start",), range(100, 120))


def load_starts() -> dict[str, Tensor]:
    """Abre lo que vale la política de partida con cada una de esas semillas; si falta, la mide."""
    rows = [STORY_START.rows("start", seed)[0] for seed in STORY_START.seeds]
    return {name: torch.tensor([row[name] for row in rows]) for name in ("gold", "words", *Merits._fields)}


@dataclass(frozen=True)
class Paths:
    """Un mismo entrenamiento con S semillas, medido a los mismos K pasos.

    >>> start = {"step": 0, "kl": 0.0, "gold": 9.0}
    >>> paths = Paths([[start, {"step": 10, "kl": 4.0, "gold": end}] for end in (9.0, 11.0)])
    >>> paths.steps, paths.gain("gold").tolist(), paths.distance()[0].tolist()
    ([0, 10], [[0.0, 0.0], [0.0, 2.0]], [0.0, 2.0])
    """

    rows: Sequence[Sequence[Mapping[str, Any]]]
    """De cada semilla, las medidas que escribió :func:`written`."""
    starts: Mapping[str, Tensor] = field(default_factory=dict, kw_only=True)
    """Lo que :func:`load_starts` midió de la política de partida."""

    @property
    def steps(self) -> list[int]:
        """Los pasos dados en cada medida."""
        return [row["step"] for row in self.rows[0]]

    def of(self, name: str) -> Tensor:
        """Lo que valía una cifra en cada semilla y cada medida, (S, K)."""
        return torch.tensor([[float(row[name]) for row in rows] for rows in self.rows])

    def gain(self, name: str) -> Tensor:
        """Lo que subió una cifra desde el principio, (S, K)."""
        return self.of(name) - self.of(name)[:, :1]

    def kept(self) -> Tensor:
        """En cada medida, qué proporción de los cuentos que se guardaron son los del principio, (K,)."""
        told = [[row.get("texts", ()) for row in rows] for rows in self.rows]
        same = [[[a == b for a, b in zip(seen[0], now, strict=True)] for now in seen] for seen in told]
        return torch.tensor(same, dtype=torch.float).mean((0, 2)).nan_to_num()

    def gains(self, name: str) -> list[Estimate]:
        """Lo que había subido una cifra en cada medida, K, de media sobre las semillas.

        Todas parten de los mismos cuentos, que pudieron salir mejores o peores. La parte de ellos que ya no
        está, :math:`1-q`, se compara con lo que la política de partida vale de media en otras veinte medidas;
        si estas se apartan :math:`\\sigma`, al intervalo se suma :math:`\\sigma\\sqrt{(1-q)(q+(1-q)/20)}`.
        """
        gain, known = self.gain(name), self.starts.get(name)
        if known is None:
            return list(map(mean_interval, gain.T))
        gone = 1 - self.kept()
        fair = gain + gone * (self.of(name)[0, 0] - known.mean())
        errors = known.std() * (gone * (1 - gone + gone / len(known))).sqrt()
        return [widened(mean_interval(column), e) for column, e in zip(fair.T, errors.tolist(), strict=True)]

    def gained(self, name: str) -> Estimate:
        """Lo que subió de principio a fin."""
        return self.gains(name)[-1]

    def over(self, other: "Paths", name: str) -> Estimate:
        """Lo que una cifra subió de principio a fin más que con otro método, semilla a semilla."""
        return mean_interval((self.gain(name) - other.gain(name))[:, -1])

    def distance(self) -> Tensor:
        """Raíz de la divergencia KL, (S, K); 0 si el azar la hizo negativa."""
        return self.of("kl").clamp(min=0).sqrt()


def load_paths(recipe: Trained, name: str) -> Paths:
    """Abre lo que se midió de una parte de una receta, con todas sus semillas; si falta, entrena y mide."""
    rows = [recipe.rows(name, seed) for seed in recipe.seeds]
    return Paths(rows, starts=load_starts() if "gold" in rows[0][0] else {})  # las de SFT parten de la base
