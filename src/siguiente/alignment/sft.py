"""Ajuste fino supervisado: imitar buenas respuestas, sin aprender a escribir las peticiones."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from siguiente.alignment.sequences import Answers, Demonstrations, shuffled_answers
from siguiente.language_models.training import TrainingConfig, make_optimizer, training_step
from siguiente.language_models.windows import IGNORED
from siguiente.runtime.resume import Progress, fingerprint


def sft_loss(logprobs: Tensor, mask: Tensor) -> Tensor:
    """La entropía cruzada media de los tokens que cuentan: de log-probabilidades (B, T) a nats por token, ().

    Con la máscara :math:`m`, :math:`-\\sum_t m_t\\log p(x_t\\mid x_{<t})/\\sum_t m_t`.

    >>> sft_loss(torch.tensor([[-9.0, -1.0, -2.0]]), torch.tensor([[False, True, True]]))
    tensor(1.5000)
    """
    return -logprobs.where(mask, 0.0).sum() / mask.sum()


def sft_batch(answers: Answers) -> tuple[Tensor, Tensor]:
    """Lo que se lee y lo que se predice, (B, T - 1): solo se aprenden los tokens de la respuesta.

    Con él, :func:`siguiente.language_models.training.steps` es el ajuste fino supervisado.

    >>> from siguiente.alignment.sequences import join_answers
    >>> sft_batch(join_answers([[1, 2]], [[3, 0]]))
    (tensor([[1, 2, 3]]), tensor([[-100,    3,    0]]))
    """
    return answers.ids[:, :-1], answers.ids[:, 1:].masked_fill(~answers.mask[:, 1:], IGNORED)


class AnswerLogits(nn.Module):
    """Una red de transformers que da logits solo donde se predice la respuesta.

    Con un vocabulario de 262 144 tokens, los demás ocuparían gigabytes. La red es la de un modelo
    preentrenado, como la de :func:`siguiente.llm.files.loading.load`.
    """

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, answers: Answers) -> Tensor:
        """De B respuestas, con N tokens entre todas, a logits (1, N, V)."""
        hidden = self.network.get_decoder()(input_ids=answers.ids[:, :-1], use_cache=False).last_hidden_state
        logits: Tensor = self.network.lm_head(hidden[answers.mask[:, 1:]])
        return logits[None]


def answers_only(answers: Answers) -> tuple[Answers, Tensor]:
    """Lo mismo que :func:`sft_batch`, para :class:`AnswerLogits`: lo que se lee y los N tokens, (1, N).

    >>> from siguiente.alignment.sequences import join_answers
    >>> answers_only(join_answers([[1, 2]], [[3, 0]]))[1]
    tensor([[3, 0]])
    """
    return answers, answers.ids[:, 1:][answers.mask[:, 1:]][None]


def train_sft(
    model: nn.Module, data: Demonstrations, config: TrainingConfig, checkpoint: Path | None = None
) -> Iterator[float]:
    """Ajusta una red y da la pérdida de cada paso, en nats por token de la respuesta.

    Parameters
    ----------
    model : nn.Module
        De tokens (B, T) a logits (B, T, V), o una :class:`AnswerLogits`. Aprende en su sitio lo no congelado.
    data : Demonstrations
        Las demostraciones.
    config : TrainingConfig
        Cómo se entrena; de ella no cuentan `length` ni `boundary`.
    checkpoint : Path, optional
        Archivo en que se guarda lo aprendido cada `evaluate_every` pasos y al final. Si ya existe, se sigue
        donde quedó: las pérdidas de antes se dan otra vez, y el resultado es el de no haber parado.
    """
    learned = nn.ParameterList(weights for weights in model.parameters() if weights.requires_grad)
    optimizer = make_optimizer(learned, config)
    seen = [token for pair in zip(*data, strict=True) for part in pair for token in (*part, -1)]
    identity = fingerprint(learned, torch.tensor(seen), config)
    run = Progress(checkpoint, identity, learned, optimizer, float)
    prepare: Any = answers_only if isinstance(model, AnswerLogits) else sft_batch

    def steps() -> Iterator[float]:
        batches = shuffled_answers(data, config.batch_size, config.seed)
        pending = islice(enumerate(batches), len(run.log), config.steps)
        for step, answers in pending:
            batch = prepare(answers)
            yield training_step(model, optimizer, batch, config, step).item()

    return run.reports(steps(), config.evaluate_every, config.steps)
