"""Elegir lo más probable sin leer enteros los pesos de salida: 8 bits para descartar y 32 para decidir."""

import copy
from dataclasses import replace

import torch
from torch import Tensor, nn

from siguiente.llm.pretrained import PretrainedModel

__all__ = ["QuickHead", "quick_greedy"]

ROWS = 1 << 14  # filas que se redondean a la vez: con C = 640, 42 MB


class QuickHead(nn.Module):
    """La última capa de un modelo, con sus pesos redondeados a 8 bits y, si hacen falta, los verdaderos.

    Parameters
    ----------
    weight : Tensor
        Los pesos verdaderos, (V, C), en float32.

    Notes
    -----
    Si :math:`\\hat w_i` y :math:`\\hat h` son los redondeados, por la desigualdad de Cauchy-Schwarz,

    .. math:: |w_i\\cdot h-\\hat w_i\\cdot\\hat h|\\le
              \\lVert w_i-\\hat w_i\\rVert\\lVert\\hat h\\rVert+\\lVert w_i\\rVert\\lVert h-\\hat h\\rVert.

    Solo pueden ganar los tokens cuyo logit aproximado, con ese margen a favor, alcanza al mejor con el margen
    en contra. De ellos, que son pocos, se calcula el logit con los pesos verdaderos: el más probable es el de
    siempre. Los demás se quedan con el aproximado.

    Examples
    --------
    >>> head = QuickHead(torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
    >>> head(torch.tensor([[[1.0, 1.0]]])).argmax(-1)
    tensor([[1]])
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)
        parts = [rounded(rows) for rows in weight.split(ROWS)]
        self.numbers, self.scales, self.errors = (torch.cat(part) for part in zip(*parts, strict=True))
        self.norms = weight.norm(dim=1)

    def forward(self, hidden: Tensor) -> Tensor:
        """De vectores (B, T, C) a logits (B, T, V); el mayor de cada posición es exacto."""
        h = hidden.flatten(0, -2)
        coarse, step, _ = rounded(h)
        fine, small_step, lost = rounded(h - coarse * step[:, None])  # 16 bits en dos partes
        coarse_part, fine_part = torch._int_mm(torch.cat([coarse, fine]), self.numbers.T).chunk(2)
        logits = (coarse_part * step[:, None] + fine_part * small_step[:, None]) * self.scales
        slack = (h.norm(dim=1) + lost)[:, None] * self.errors + lost[:, None] * self.norms
        floor = (logits - slack).amax(1, keepdim=True)
        places, tokens = (logits + slack >= floor).nonzero(as_tuple=True)
        logits[places, tokens] = (h[places] * self.weight[tokens]).sum(1)
        return logits.view(*hidden.shape[:-1], -1)


def rounded(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Redondea filas (N, C) a enteros de 8 bits: los enteros, la escala de cada fila y lo que se pierde."""
    scales = rows.abs().amax(1).clamp(min=torch.finfo(rows.dtype).tiny) / 127
    numbers = (rows / scales[:, None]).round()
    return numbers.to(torch.int8), scales, (rows - numbers * scales[:, None]).norm(dim=1)


def quick_greedy(model: PretrainedModel) -> PretrainedModel:
    """El mismo modelo, más rápido para elegir siempre el token más probable.

    Parameters
    ----------
    model : PretrainedModel
        El modelo; no cambia, y comparte con el nuevo todos sus pesos.

    Returns
    -------
    PretrainedModel
        Con él, :func:`~siguiente.language_models.sampling.greedy` elige los mismos tokens. No sirve para
        sortear, ni para puntuar, ni con `adjust`: salvo los mayores, los logits son aproximados.
    """
    network = copy.copy(model.network)
    head = QuickHead(model.network.lm_head.weight)
    network._modules = {**model.network._modules, "lm_head": head}
    return replace(model, network=network)
