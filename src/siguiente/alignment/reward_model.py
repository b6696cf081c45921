"""El modelo de recompensa: una red que puntúa una respuesta, aprendida de comparaciones."""

import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn

from siguiente.alignment.answers import Answers, join_answers
from siguiente.alignment.bradley_terry import bradley_terry_loss
from siguiente.alignment.masks import check_finite
from siguiente.alignment.preferences import Pairs, shuffled_rows
from siguiente.alignment.updates import update
from siguiente.alignment.value_head import ValueModel
from siguiente.language_models.protocol import LanguageModel
from siguiente.language_models.text import TextModel
from siguiente.language_models.training import TrainingConfig, make_optimizer
from siguiente.language_models.training_checkpoint import fingerprint, resume
from siguiente.transformers.gpt import GPT

__all__ = [
    "RewardModel",
    "centre_rewards",
    "fit_reward_model",
    "preference_accuracy",
    "score_answers",
    "score_texts",
]

BATCH = 64


class RewardModel(nn.Module):
    """Un GPT que, leída una respuesta, le da una nota.

    Parameters
    ----------
    model : GPT
        De donde parte. Se copia: lo que aprenda la recompensa no cambia la política.

    Attributes
    ----------
    values : ValueModel
        Un número en cada posición. La nota es el de la última, que ha leído toda la respuesta.
    length_slope : Tensor
        Los puntos que se descuentan por cada token de la respuesta; al principio, 0. Lo pone
        :func:`siguiente.alignment.length_bias.correct_length`.

    Examples
    --------
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
        last = (answers.mask * torch.arange(answers.mask.shape[1])).argmax(1, keepdim=True)  # (B, 1)
        rewards: Tensor = self.values(answers.ids).gather(1, last).squeeze(1)
        return rewards - self.length_slope * answers.mask.sum(1)


def fit_reward_model(
    model: nn.Module, pairs: Pairs, config: TrainingConfig, checkpoint: Path | None = None
) -> Iterator[float]:
    """Ajusta un modelo de recompensa a unas preferencias y da la pérdida de cada paso, en nats por pareja.

    Parameters
    ----------
    model : nn.Module
        De B respuestas a B recompensas, (B,), como :class:`RewardModel`. Se ajusta en su sitio.
    pairs : Pairs
        Las preferencias.
    config : TrainingConfig
        De ella no cuentan `length` ni `boundary`.
    checkpoint : Path, optional
        Archivo en que se guarda todo cada `config.evaluate_every` pasos y al final; si existe, se sigue donde
        quedó.

    Raises
    ------
    ValueError
        Si alguna recompensa deja de ser un número o el punto de control es de otro entrenamiento.
    DivergedError
        Si la pérdida o su gradiente dejan de ser números.

    Notes
    -----
    Minimiza :eq:`eq-reward-loss`, que solo mira diferencias: sumar una constante a todas las recompensas no
    cambia nada. Dónde está el cero se decide después, con :func:`centre_rewards`.

    Examples
    --------
    >>> from siguiente.transformers.gpt import GPTConfig
    >>> model = RewardModel(GPT(GPTConfig(vocab_size=4, context_length=2, layers=1, heads=1, channels=4)))
    >>> pairs = Pairs(join_answers([[1]], [[2]]), join_answers([[1]], [[3]]))
    >>> losses = list(fit_reward_model(model, pairs, TrainingConfig(steps=20, learning_rate=0.1)))
    >>> round(losses[0], 4), losses[-1] < 0.01, preference_accuracy(model, pairs)
    (0.6931, True, 1.0)
    """
    optimizer = make_optimizer(model, config)
    seen = torch.cat([answers.ids.flatten() for answers in pairs])

    def steps(losses: list[float]) -> Iterator[float]:
        batches = shuffled_rows(len(pairs.chosen.ids), config.batch_size, config.seed)
        for step, rows in islice(enumerate(batches), len(losses), config.steps):
            batch = pairs.select(rows)
            loss = bradley_terry_loss(model(batch.chosen), model(batch.rejected)).loss
            update(loss, model, optimizer, config, step)
            yield loss.item()

    identity, last = fingerprint(model, seen, config, None), config.steps
    yield from resume(checkpoint, identity, model, optimizer, float, steps, config.evaluate_every, last)


@torch.no_grad()
def score_answers(model: nn.Module, answers: Answers) -> Tensor:
    """La recompensa de unas respuestas, (B,), sin gradiente y por lotes.

    Raises
    ------
    ValueError
        Si alguna no es un número finito.
    """
    parts = zip(answers.ids.split(BATCH), answers.mask.split(BATCH), strict=True)
    rewards = torch.cat([model(Answers(*part)) for part in parts])
    check_finite("Las recompensas", rewards)
    return rewards


def score_texts(
    model: nn.Module, reader: TextModel[LanguageModel], prompts: Sequence[str], texts: Sequence[str]
) -> list[float]:
    """La recompensa de unas respuestas escritas.

    A todas se les pone su final, que es lo que el modelo leyó al ajustarse: también a las que se quedaron sin
    sitio, y a las vacías, que son solo el final. La que no cabe se corta: un texto puede ocupar más tokens al
    leerlo que al escribirlo.

    Parameters
    ----------
    model : nn.Module
        El modelo de recompensa.
    reader : TextModel
        Quien pasa el texto a tokens: la política, de tokenizador con token de final.
    prompts, texts : sequence of str
        B peticiones y B respuestas.

    Raises
    ------
    ValueError
        Si no hay tantas como peticiones o si una recompensa no es un número finito.
    """
    end, asked = reader.tokenizer.eos_id, [reader.encode(prompt) for prompt in prompts]
    if end is None:
        raise ValueError("Este tokenizador no tiene token de final, y la recompensa se lee en él.")
    limit = reader.model.context_length or sys.maxsize
    room = [limit - len(prompt) - 1 for prompt in asked]
    answers = [[*reader.tokenizer.encode(text)[:left], end] for text, left in zip(texts, room, strict=True)]
    rows = join_answers(asked, answers)
    found: list[float] = score_answers(model, rows).tolist()
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

    Parameters
    ----------
    model : RewardModel
        Cambia solo el sesgo de su última capa.
    answers : Answers
        Las respuestas de referencia, como unas demostraciones.

    Returns
    -------
    float
        La media que tenían: lo que se resta a todas.

    Notes
    -----
    La pérdida no fija el cero. Así lo fijó InstructGPT antes del aprendizaje por refuerzo: con recompensa
    media 0 en las demostraciones :cite:p:`ouyang2022`.
    """
    mean = score_answers(model, answers).mean()
    model.values.head.bias.sub_(mean)
    return mean.item()
