"""Modelo de recompensa: Bradley–Terry, la red, su entrenamiento y su sesgo de longitud."""

import sys
from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import islice
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siguiente.alignment.sequences import Answers, Pairs, in_batches, join_answers, last_token, shuffled_rows
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.language_models.training import TrainingConfig, make_optimizer, update
from siguiente.runtime.resume import Progress, fingerprint
from siguiente.transformers.gpt import GPT


def preference_probability(difference: Tensor) -> Tensor:
    """Probabilidad de preferir una respuesta a otra según la diferencia de sus recompensas.

    :eq:`eq-bradley-terry` :cite:p:`bradley1952`.

    >>> preference_probability(torch.tensor([0.0, 1.0, 3.0]))
    tensor([0.5000, 0.7311, 0.9526])
    """
    return difference.sigmoid()


def bradley_terry_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    """La pérdida que hace probables las preferencias observadas: de recompensas (B,) a nats por comparación.

    :math:`L = -\\log\\sigma(r_w - r_l)`, de media: :eq:`eq-reward-loss`.

    >>> bradley_terry_loss(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0]))
    tensor(1.1269)
    """
    return -F.logsigmoid(chosen - rejected).mean()


def fit_strengths(wins: Tensor) -> Tensor:
    """Las recompensas que hacen más probables unas comparaciones, (K,), de media 0.

    Solo tienen sentido sus diferencias. De cuántas veces cada respuesta (fila) venció a cada otra (columna),
    (K, K), las halla el algoritmo de :cite:t:`hunter2004`. Con :math:`p_i = e^{r_i}`, :math:`W_i` victorias y
    :math:`n_{ij}` comparaciones, repite :math:`p_i \\leftarrow W_i \\big/ \\sum_j \\frac{n_{ij}}{p_i + p_j}`;
    ningún paso hace menos probables los datos. Si unas no perdieron nunca contra las demás, su recompensa
    crecería sin límite, y es un error.

    >>> fit_strengths(torch.tensor([[0, 3], [1, 0]])).diff().neg().exp().round(decimals=4)
    tensor([3.], dtype=torch.float64)
    """
    wins = wins.double() * (1 - torch.eye(len(wins)))
    check_beaten(wins)
    games, p = wins + wins.T, torch.ones(len(wins), dtype=torch.double)
    for _ in range(100_000):
        previous, p = p, wins.sum(1) / (games / (p[:, None] + p)).sum(1)
        p = p / p.log().mean().exp()
        if (p.log() - previous.log()).abs().max() < 1e-12:
            break
    return p.log()


def check_beaten(wins: Tensor) -> None:
    """Comprueba que nadie es invencible: que de cualquiera se llega a cualquier otro, derrota a derrota."""
    above = (wins > 0).double() + torch.eye(len(wins))  # quién está por encima de quién: directamente...
    for _ in range(len(wins).bit_length()):
        above = (above @ above > 0).double()  # ...o a través de otros
    highest = above[:, above.sum(0).argmin()].nonzero().flatten().tolist()
    if len(highest) < len(wins):
        raise ValueError(
            f"Las respuestas {highest} nunca perdieron contra las demás: su recompensa no tiene máximo. "
            "Añada comparaciones o quítelas."
        )


class ValueModel(nn.Module):
    """Un GPT que, en vez del token siguiente, predice un número en cada posición.

    El GPT de partida se copia: lo que aprenda el valor no cambia la política. La última capa empieza a cero,
    y al principio no se espera nada. El valor de la posición t es el de haber leído hasta el token t; con
    `answers.ids[:, :-1]`, (B, T - 1), casa con :func:`siguiente.alignment.sequences.answer_logprobs`.

    >>> from siguiente.transformers.gpt import GPTConfig
    >>> policy = GPT(GPTConfig(vocab_size=10, context_length=8, layers=1, heads=1, channels=4))
    >>> ValueModel(policy)(torch.tensor([[3, 1, 4]]))
    tensor([[0., 0., 0.]], grad_fn=<SqueezeBackward1>)
    """

    def __init__(self, model: GPT) -> None:
        super().__init__()
        self.body = deepcopy(model)
        self.head = nn.Linear(model.config.channels, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: Tensor) -> Tensor:
        """De tokens (B, T) a valores (B, T)."""
        values: Tensor = self.head(self.body.norm(self.body.hidden(ids))).squeeze(-1)
        return values


class RewardModel(nn.Module):
    """Un GPT que, leída una respuesta, le da una nota: la de la última posición de su :class:`ValueModel`.

    El GPT de partida se copia: lo que aprenda la recompensa no cambia la política. `length_slope` son los
    puntos que se descuentan por cada token de la respuesta: 0, hasta que :func:`correct_length` lo cambie.

    >>> from siguiente.transformers.gpt import GPTConfig
    >>> policy = GPT(GPTConfig(vocab_size=10, context_length=8, layers=1, heads=1, channels=4))
    >>> RewardModel(policy)(join_answers([[1, 2], [3]], [[4], [5, 6]])).tolist()
    [0.0, 0.0]
    """

    length_slope: Tensor

    def __init__(self, model: GPT) -> None:
        super().__init__()
        self.values = ValueModel(model)
        self.register_buffer("length_slope", torch.zeros(()))

    def forward(self, answers: Answers) -> Tensor:
        """De B respuestas a B recompensas, (B,)."""
        rewards: Tensor = self.values(answers.ids).gather(1, last_token(answers.mask)).squeeze(1)
        return rewards - self.length_slope * answers.mask.sum(1)


def train_reward_model(
    model: nn.Module, pairs: Pairs, config: TrainingConfig, checkpoint: Path | None = None
) -> Iterator[float]:
    """Ajusta un modelo de recompensa a unas preferencias y da la pérdida de cada paso, en nats por pareja.

    Minimiza :eq:`eq-reward-loss`, que solo mira diferencias: sumar una constante a todas las recompensas no
    cambia nada. Dónde está el cero se decide después, con :func:`centre_rewards`.

    Parameters
    ----------
    model : nn.Module
        De B respuestas a B recompensas, (B,), como :class:`RewardModel`. Se ajusta en su sitio.
    pairs : Pairs
        Las preferencias.
    config : TrainingConfig
        De ella no cuentan `length` ni `boundary`.
    checkpoint : Path, optional
        Donde se guarda todo cada `config.evaluate_every` pasos y al final; si existe, se sigue donde quedó.

    Examples
    --------
    >>> from siguiente.transformers.gpt import GPTConfig
    >>> model = RewardModel(GPT(GPTConfig(vocab_size=4, context_length=2, layers=1, heads=1, channels=4)))
    >>> pairs = Pairs(join_answers([[1]], [[2]]), join_answers([[1]], [[3]]))
    >>> losses = list(train_reward_model(model, pairs, TrainingConfig(steps=20, learning_rate=0.1)))
    >>> round(losses[0], 4), losses[-1] < 0.01, preference_accuracy(model, pairs)
    (0.6931, True, 1.0)
    """
    optimizer = make_optimizer(model, config)
    seen = torch.cat([answers.ids.flatten() for answers in pairs])
    run = Progress(checkpoint, fingerprint(model, seen, config), model, optimizer, float)

    def steps() -> Iterator[float]:
        batches = shuffled_rows(len(pairs.chosen.ids), config.batch_size, config.seed)
        pending = islice(enumerate(batches), len(run.log), config.steps)
        for step, rows in pending:
            batch = pairs.select(rows)
            loss = bradley_terry_loss(model(batch.chosen), model(batch.rejected))
            update(loss, model, optimizer, config, step)
            yield loss.item()

    return run.reports(steps(), config.evaluate_every, config.steps)


def score_answers(model: nn.Module, answers: Answers) -> Tensor:
    """La recompensa de unas respuestas, (B,), sin gradiente y por lotes."""
    return in_batches(model, answers)


def score_texts(
    model: nn.Module, reader: TextModel[LanguageModel], prompts: Sequence[str], texts: Sequence[str]
) -> list[float]:
    """La recompensa de B respuestas escritas, que `reader`, la política, pasa a tokens.

    A todas se les pone su final, que es lo que el modelo leyó al ajustarse: también a las que se quedaron sin
    sitio, y a las vacías, que son solo el final. La que no cabe se corta: un texto puede ocupar más tokens al
    leerlo que al escribirlo.
    """
    end, asked = reader.tokenizer.eos_id, [reader.encode(prompt) for prompt in prompts]
    if end is None:
        raise ValueError("Este tokenizador no tiene token de final, y la recompensa se lee en él.")
    limit = reader.model.context_length or sys.maxsize
    room = [limit - len(prompt) - 1 for prompt in asked]
    answers = [[*reader.tokenizer.encode(text)[:left], end] for text, left in zip(texts, room, strict=True)]
    found: list[float] = score_answers(model, join_answers(asked, answers)).tolist()
    return found


def preference_accuracy(model: nn.Module, pairs: Pairs) -> float:
    """La proporción de parejas en que la preferida puntúa más; un empate es media.

    Antes de aprender todo empata, y es 0,5: lo mismo que elegir al azar.
    """
    margins = score_answers(model, pairs.chosen) - score_answers(model, pairs.rejected)
    return ((margins.sign() + 1) / 2).mean().item()


@torch.no_grad()
def centre_rewards(model: RewardModel, answers: Answers) -> float:
    """Pone el cero de la recompensa en la media de unas respuestas, y dice dónde estaba.

    La pérdida no fija el cero; aquí lo hace el sesgo de la última capa. InstructGPT, antes del aprendizaje
    por refuerzo, lo puso así: recompensa media 0 en las demostraciones :cite:p:`ouyang2022`.
    """
    mean = score_answers(model, answers).mean()
    model.values.head.bias.sub_(mean)
    return mean.item()


def length_slope(rewards: Tensor, gold: Tensor, lengths: Tensor) -> float:
    """Lo que cambia la recompensa por cada token de más, en puntos, entre respuestas igual de buenas.

    De la recompensa, lo buena que es y los tokens de cada respuesta, (N,): con los mínimos cuadrados de
    :math:`r = a + b\\,g + c\\,\\ell`, devuelve :math:`c`. Sin el término :math:`b\\,g`, lo bueno que además
    es largo contaría como sesgo.

    >>> gold, lengths = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([10, 30, 20, 40])
    >>> round(length_slope(2 * gold + 0.5 * lengths, gold, lengths), 4)
    0.5
    """
    design = torch.stack([torch.ones(len(gold)).double(), gold.double(), lengths.double()], 1)  # (N, 3)
    if torch.linalg.matrix_rank(design) < 3:
        raise ValueError("La longitud no varía entre respuestas igual de buenas: use más, o más distintas.")
    return torch.linalg.lstsq(design, rewards.double()[:, None]).solution[2].item()


def correct_length(model: RewardModel, answers: Answers, gold: Tensor) -> float:
    """Quita de una recompensa lo que paga por la longitud, y dice cuánto era: la :func:`length_slope`.

    La nueva recompensa es :math:`r - c\\,\\ell`, y la corrección se suma a la que hubiera. No basta dar la
    longitud como otra variable al ajustar: la red también ve lo larga que es la respuesta, y nada dice cuál
    de las dos se la queda. Por eso hace falta alguien que sepa lo buenas que son, (N,), unas pocas
    respuestas; aquí lo dice la recompensa verdadera. Al corregir, el cero se mueve: use después
    :func:`centre_rewards`.
    """
    slope = length_slope(score_answers(model, answers), gold, answers.mask.sum(1))
    model.length_slope += slope
    return slope
