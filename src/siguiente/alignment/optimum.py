"""A dónde llega cada método cuando todas las respuestas caben en una tabla y todo se puede calcular."""

from collections.abc import Callable

from torch import Tensor

from siguiente.alignment.kl import k3


def kl_optimum(ref_logprobs: Tensor, rewards: Tensor, beta: float) -> Tensor:
    """La política que maximiza la recompensa media menos :math:`\\beta` veces la divergencia KL, (K,).

    De las log-probabilidades (o logits) del modelo de partida y de las recompensas, ambas (K,), a
    log-probabilidades. :math:`\\pi^*(y) = \\frac1Z\\,\\pi_{\\mathrm{ref}}(y)\\,e^{r(y)/\\beta}`, el máximo de
    :eq:`eq-rlhf` :cite:p:`rafailov2023`: a cualquier otra le faltan :math:`\\beta` veces su divergencia hasta
    ella.

    >>> import torch
    >>> kl_optimum(torch.tensor([0.8, 0.2]).log(), torch.tensor([0.0, 1.0]), beta=0.5).exp()
    tensor([0.3512, 0.6488])
    """
    return (ref_logprobs + rewards / beta).log_softmax(-1)


def group_loss(
    logprobs: Tensor,
    ref_logprobs: Tensor,
    rewards: Tensor,
    beta: float,
    penalty: Callable[[Tensor, Tensor], Tensor] = k3,
    divided: bool = True,
) -> Tensor:
    """La pérdida media de GRPO, sin azar: infinitas respuestas de un token, recién escritas.

    De log-probabilidades y recompensas (K,) a un número: :math:`L = -\\sum_y\\pi(y)\\bigl[A(y)\\log\\pi(y) -
    \\beta\\,k(y)\\bigr]`, donde :math:`\\pi(y)` y la ventaja :math:`A = (r-\\mu)/\\sigma` no llevan gradiente
    :cite:p:`shao2024`. `penalty` es :math:`k`; si no `divided`, no se divide entre :math:`\\sigma`
    :cite:p:`liu2025`.

    >>> import torch
    >>> logprobs, rewards = torch.tensor([0.5, 0.5]).log(), torch.tensor([0.0, 1.0])
    >>> group_loss(logprobs, logprobs, rewards, beta=1).item()
    0.0
    """
    policy = logprobs.detach().exp()
    advantages = rewards - policy @ rewards
    if divided:
        advantages = advantages / (policy @ advantages.square()).sqrt()
    return -policy @ (advantages * logprobs - beta * penalty(logprobs, ref_logprobs))


def grpo_fixed_point(ref_logprobs: Tensor, rewards: Tensor, beta: float) -> Tensor:
    """La política en la que se detiene GRPO, que no es la de :func:`kl_optimum`: log-probabilidades (K,).

    Es un caso, el del grupo infinito, de las políticas estacionarias de :cite:t:`vojnovic2025`. Con infinitas
    respuestas por grupo, de un solo token y escritas por la propia política, la ventaja es
    :math:`A(y) = (r(y)-\\mu)/\\sigma`, con la media y la desviación típica según :math:`\\pi`, y no lleva
    gradiente. El de :math:`k_3 = \\rho - 1 - \\log\\rho`, con :math:`\\rho=\\pi_{\\mathrm{ref}}/\\pi`, es
    :math:`(1-\\rho)\\nabla\\log\\pi`; de media, :math:`-\\sum_y\\pi_{\\mathrm{ref}}(y)\\nabla\\log\\pi(y)`:
    el de :math:`D_{\\mathrm{KL}}(\\pi_{\\mathrm{ref}}\\,\\|\\,\\pi)`. GRPO se detiene, pues, cuando

    .. math::

       \\sum_y\\bigl[\\pi(y)A(y) + \\beta\\pi_{\\mathrm{ref}}(y)\\bigr]\\nabla\\log\\pi(y) = 0.

    En una tabla, :math:`\\nabla\\log\\pi(y)` es :math:`\\mathbf 1_y - \\pi`; y como
    :math:`\\sum_y\\pi(y)A(y)=0`, queda :math:`\\pi(y)A(y) + \\beta\\pi_{\\mathrm{ref}}(y) = \\beta\\pi(y)`:

    .. math::

       \\pi(y) = \\pi_{\\mathrm{ref}}(y)\\,\\frac{\\beta}{\\beta - A(y)}
               = \\pi_{\\mathrm{ref}}(y)\\,\\frac{\\beta\\sigma}{c - r(y)}, \\qquad c = \\mu + \\beta\\sigma.

    No hay exponencial, y multiplicar la recompensa por diez no cambia nada: GRPO
    no ve su escala. Para hallar :math:`c`: de la igualdad anterior, :math:`\\mathbb E_\\pi[(c-r)^2]` es
    :math:`\\beta\\sigma(c-\\mu_{\\mathrm{ref}})`, con :math:`\\mu_{\\mathrm{ref}}` la media según
    :math:`\\pi_{\\mathrm{ref}}`; y también :math:`\\sigma^2 + (c-\\mu)^2 = \\sigma^2(1+\\beta^2)`. Al
    igualarlas, y como :math:`\\pi` suma 1, queda

    .. math::

       \\sum_y\\pi_{\\mathrm{ref}}(y)\\,\\frac{r(y)-\\mu_{\\mathrm{ref}}}{c - r(y)} = \\frac1{\\beta^2}.

    El lado izquierdo decrece cuando :math:`c` crece desde :math:`\\max r`: hay una sola solución, por
    bisección.

    >>> import torch
    >>> ref, rewards = torch.tensor([0.8, 0.2]).log(), torch.tensor([0.0, 1.0])
    >>> [round(grpo_fixed_point(ref, k * rewards, beta=0.5).exp()[1].item(), 4) for k in (1, 10)]
    [0.8708, 0.8708]
    """
    ref, rewards = ref_logprobs.double().softmax(-1), rewards.double()
    gaps = rewards.max() - rewards  # c - r = t + gaps, con t > 0
    if not gaps.any():
        return ref.log()
    weights = ref * (beta**2 * (rewards - ref @ rewards))
    low, high = 0.0, weights.clamp(min=0).sum().item()
    for _ in range(200):
        t = (low + high) / 2
        low, high = (t, high) if (weights / (t + gaps)).sum() > 1 else (low, t)
    return (ref.log() - (high + gaps).log()).log_softmax(-1)
