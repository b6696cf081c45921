"""La divergencia KL: cuánto se ha alejado la política del modelo de partida, exacta o con unas muestras."""

from torch import Tensor


def exact_kl(logits: Tensor, ref_logits: Tensor) -> Tensor:
    """Divergencia KL de cada predicción, sumando sobre todo el vocabulario: de logits (..., V) a nats (...).

    :math:`D_{\\mathrm{KL}}(\\pi\\,\\|\\,\\pi_{\\mathrm{ref}}) = \\sum_v \\pi(v)\\,
    \\log\\frac{\\pi(v)}{\\pi_{\\mathrm{ref}}(v)}`. Sirven también log-probabilidades.

    >>> import torch
    >>> exact_kl(torch.tensor([0.5, 0.5]).log(), torch.tensor([0.9, 0.1]).log())
    tensor(0.5108)
    """
    logprobs, ref_logprobs = logits.log_softmax(-1), ref_logits.log_softmax(-1)
    return (logprobs.exp() * (logprobs - ref_logprobs)).sum(-1)


def k1(logprobs: Tensor, ref_logprobs: Tensor) -> Tensor:
    """El estimador directo de la divergencia KL, en nats, (...): sin sesgo, pero ruidoso y a veces negativo.

    De lo que la política y el modelo de partida dan a cada token, (...), si los escribió la política.
    :math:`k_1 = \\log\\frac{\\pi}{\\pi_{\\mathrm{ref}}} = -\\log\\rho`, con
    :math:`\\rho = \\pi_{\\mathrm{ref}}/\\pi` :cite:p:`schulman2020kl`. Como pérdida, su gradiente es de media
    0: no frena nada.

    >>> import torch
    >>> k1(torch.tensor([0.5, 0.5]).log(), torch.tensor([0.9, 0.1]).log())
    tensor([-0.5878,  1.6094])
    """
    return logprobs - ref_logprobs


def k2(logprobs: Tensor, ref_logprobs: Tensor) -> Tensor:
    """El estimador con poco ruido y con sesgo, que se va cuando las dos políticas se juntan.

    :math:`k_2 = \\frac12(\\log\\rho)^2` :cite:p:`schulman2020kl`. Como pérdida, su gradiente es de media el
    de la divergencia: el sesgo está en el valor.

    >>> import torch
    >>> k2(torch.tensor([0.5, 0.5]).log(), torch.tensor([0.9, 0.1]).log())
    tensor([0.1727, 1.2951])
    """
    return k1(logprobs, ref_logprobs).square() / 2


def k3(logprobs: Tensor, ref_logprobs: Tensor) -> Tensor:
    """El estimador sin sesgo que nunca es negativo.

    :math:`k_3 = \\rho - 1 - \\log\\rho` :cite:p:`schulman2020kl`. Añade a :math:`k_1` algo de media nula,
    :math:`\\rho - 1`, que se calcula con ``expm1``: cerca de cero, restar 1 a un número casi 1 borraría el
    resultado. Como pérdida, su gradiente medio no es el de esta divergencia, sino el de la contraria,
    :math:`D_{\\mathrm{KL}}(\\pi_{\\mathrm{ref}}\\,\\|\\,\\pi)` :cite:p:`tang2025kl`; véase
    :func:`siguiente.alignment.optimum.grpo_fixed_point`.

    >>> import torch
    >>> k3(torch.tensor([0.5, 0.5]).log(), torch.tensor([0.9, 0.1]).log())
    tensor([0.2122, 0.8094])
    """
    log_ratio = -k1(logprobs, ref_logprobs)
    return log_ratio.expm1() - log_ratio
