"""Los experimentos de la página de DPO."""

from collections.abc import Callable

import torch
from torch import Tensor

from siguiente.course.alignment.story_pool import StoryPool
from siguiente.course.data.story_reward import gold_rewards


def descend(loss: Callable[[Tensor], Tensor], start: Tensor, steps: int = 500) -> Tensor:
    """Las probabilidades, (K,), a que llega una pérdida de log-probabilidades al bajar por su gradiente.

    >>> descend(lambda logprobs: -logprobs[0], torch.zeros(2), steps=100)[0] > 0.9
    tensor(True)
    """
    logits = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(logits.log_softmax(0)).backward()
        optimizer.step()
    return logits.detach().softmax(0)


def pool_gold(pool: StoryPool) -> Tensor:
    """La recompensa verdadera de los M cuentos de cada una de N peticiones, (N, M).

    >>> pool_gold(StoryPool(["Quiero un cuento con Ana y una mascota.\\n"], [["Ana.", "No."]], {}))
    tensor([[3., 2.]])
    """
    rows = zip(pool.prompts, pool.texts, strict=True)
    return torch.tensor([gold_rewards([prompt] * len(texts), texts) for prompt, texts in rows])
