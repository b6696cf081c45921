"""El valor: qué recompensa se espera de lo que va escrito."""

from copy import deepcopy

from torch import Tensor, nn

from siguiente.transformers.gpt import GPT

__all__ = ["ValueModel"]


class ValueModel(nn.Module):
    """Un GPT que, en vez del token siguiente, predice un número en cada posición.

    Parameters
    ----------
    model : GPT
        De donde parte. Se copia: lo que aprenda el valor no cambia la política.

    Notes
    -----
    La última capa empieza a cero, y al principio todos los valores son 0: no se espera nada. El valor de la
    posición t es el de haber leído hasta el token t; con `answers.ids[:, :-1]`, (B, T - 1), casa con
    :func:`siguiente.alignment.answers.answer_logprobs`.

    Examples
    --------
    >>> import torch
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
