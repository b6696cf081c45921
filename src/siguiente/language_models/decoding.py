"""Filtros: qué se hace con los logits de un modelo antes de elegir el token siguiente.

Son funciones puras de logits (..., V) a logits (..., V); un token descartado queda en menos infinito.
"""

import math

import torch
from torch import Tensor


def temperature(logits: Tensor, t: float) -> Tensor:
    """Concentra la distribución, con `t` menor que 1, o la aplana, con `t` mayor que 1.

    :math:`p_i\\propto e^{z_i/t}`; el cociente de dos probabilidades se eleva a :math:`1/t`.

    >>> temperature(torch.tensor([2.0, 0.0]), 0.5)
    tensor([4., 0.])
    """
    return logits / t


def top_k(logits: Tensor, k: int) -> Tensor:
    """Deja los `k` tokens más probables, y los que empaten con el último :cite:p:`fan2018`.

    >>> top_k(torch.tensor([1.0, 3.0, 2.0]), 2)
    tensor([-inf, 3., 2.])
    """
    least = logits.topk(min(k, logits.shape[-1])).values[..., -1:]
    return logits.masked_fill(logits < least, -torch.inf)


def top_p(logits: Tensor, p: float) -> Tensor:
    """Deja el núcleo: los menos tokens, de más a menos probables, que juntan una probabilidad `p`.

    Es el muestreo de núcleo :cite:p:`holtzman2020`. Se calcula por la cola: se quitan los menos probables
    mientras entre todos no pasen de :math:`1-p`; queda siempre al menos uno. Repetirlo puede quitar más: al
    renormalizar, el primero de los que quedan ya puede bastar.

    >>> top_p(torch.tensor([0.2, 0.5, 0.3]).log(), 0.7).exp()
    tensor([0.0000, 0.5000, 0.3000])
    """
    ascending = logits.sort(-1)
    tail = ascending.values.softmax(-1).cumsum(-1) <= 1 - p
    tail[..., -1] = False
    return logits.masked_fill(tail.scatter(-1, ascending.indices, tail), -torch.inf)


def min_p(logits: Tensor, p: float) -> Tensor:
    """Deja los tokens con al menos una parte `p` de la probabilidad del más probable.

    :math:`p_i\\ge p\\max_j p_j`, esto es, :math:`z_i\\ge\\max_j z_j+\\ln p` :cite:p:`nguyen2025minp`: lo
    que se exige baja cuando el modelo duda.

    >>> min_p(torch.tensor([0.6, 0.3, 0.1]).log(), 0.4).exp()
    tensor([0.6000, 0.3000, 0.0000])
    """
    least = logits.amax(-1, keepdim=True) + math.log(p)
    return logits.masked_fill(logits < least, -torch.inf)


def repetition_penalty(logits: Tensor, written: Tensor, penalty: float) -> Tensor:
    """Resta probabilidad en los logits (B, V) a los tokens ya escritos, (B, t), si `penalty` es mayor que 1.

    CTRL :cite:p:`keskar2019` los divide a todos, y dividir un logit negativo lo premia. Aquí, como en la
    variante de uso común, los negativos se multiplican. Sigue dependiendo de dónde esté el cero de los
    logits, que el softmax no ve, y una aparición se castiga igual que diez.

    >>> repetition_penalty(torch.tensor([[2.0, -1.0, 1.0]]), torch.tensor([[0, 1, 0]]), 2.0)
    tensor([[ 1., -2., 1.]])
    """
    seen = logits.gather(-1, written)
    return logits.scatter(-1, written, torch.where(seen < 0, seen * penalty, seen / penalty))
