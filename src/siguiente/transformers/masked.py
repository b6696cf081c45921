"""El gemelo enmascarado: los mismos bloques sin máscara causal, entrenados para rellenar huecos."""

from collections.abc import Iterator
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from siguiente.language_models.training import TrainingConfig, steps
from siguiente.language_models.windows import IGNORED, Windows, cut_windows, find_windows, shuffled_windows
from siguiente.transformers.gpt import GPT, GPTConfig

CHOSEN, HIDDEN, SWAPPED = 0.15, 0.8, 0.1  # se elige el 15 %; de eso, 80 % marca, 10 % al azar, 10 % igual


def mask_tokens(
    ids: Tensor, mask_id: int, generator: Generator, places: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Altera un texto, (B, T), como BERT: de cada fila elige el 15 % de los tokens, que habrá que adivinar.

    De los elegidos, el 80 % se sustituye por la marca, el 10 % por un token al azar y el 10 % se deja igual,
    como en :cite:t:`devlin2019`. Se eligen entre los `places`, (B, T), al menos uno por fila. Devuelve el
    texto alterado y lo que había en los sitios elegidos, (B, T); en los demás, `IGNORED`.

    >>> ids = torch.arange(100).view(1, 100)
    >>> inputs, targets = mask_tokens(ids, mask_id=100, generator=torch.Generator().manual_seed(1))
    >>> (targets != IGNORED).sum().item(), (inputs == 100).sum().item()
    (15, 12)
    """
    places = torch.ones_like(ids, dtype=torch.bool) if places is None else places
    count = (CHOSEN * places.sum(1, keepdim=True)).round().clamp(min=1)  # (B, 1)
    draw = torch.rand(ids.shape, generator=generator).masked_fill(~places, 2)  # los demás, al final
    chosen = places & (draw.argsort(1).argsort(1) < count)  # el segundo `argsort` da el puesto de cada sitio
    fate = torch.rand(ids.shape, generator=generator)
    inputs = ids.masked_fill(chosen & (fate < HIDDEN), mask_id)
    swapped = chosen & (fate >= HIDDEN) & (fate < HIDDEN + SWAPPED)
    random = torch.randint(mask_id, ids.shape, generator=generator)
    return torch.where(swapped, random, inputs), ids.masked_fill(~chosen, IGNORED)


class MaskedModel(nn.Module):
    """Un GPT sin máscara causal, cualquiera que sea `config.causal`: mira a los dos lados, como BERT.

    No cumple el protocolo :class:`siguiente.language_models.protocol.LanguageModel`: da la probabilidad de un
    hueco según lo que hay a ambos lados, y el producto de esas probabilidades no es la de ningún texto, así
    que no puede puntuar ni escribir. La marca del hueco va detrás de los V tokens.

    >>> model = MaskedModel(GPTConfig(vocab_size=10, context_length=8, layers=1, heads=2, channels=4))
    >>> model.mask_id, model(torch.tensor([[3, 10, 4]])).shape
    (10, torch.Size([1, 3, 10]))
    """

    def __init__(self, config: GPTConfig, seed: int = 0) -> None:
        super().__init__()
        self.mask_id, self.context_length = config.vocab_size, config.context_length
        self.network = GPT(replace(config, vocab_size=config.vocab_size + 1, causal=False), seed)

    def forward(self, ids: Tensor) -> Tensor:
        """Predice qué token va en cada posición: (B, T) pasa a logits (B, T, V), sin la marca."""
        x = self.network.norm(self.network.hidden(ids))
        return F.linear(x, self.network.tokens.weight[: self.mask_id])


@torch.no_grad()
def fill(model: MaskedModel, ids: Tensor, position: int) -> Tensor:
    """Tapa un token de un texto, (T,), y da la probabilidad de cada uno en su lugar, (V,), según lo demás.

    >>> model = MaskedModel(GPTConfig(vocab_size=4, context_length=8, layers=1, heads=1, channels=4))
    >>> fill(model, torch.tensor([3, 1, 2]), position=1).sum().round(decimals=4)
    tensor(1.)
    """
    covered = ids.clone()
    covered[position] = model.mask_id
    return model(covered[None])[0, position].softmax(-1)


@torch.no_grad()
def fill_in_steps(model: MaskedModel, ids: Tensor) -> Tensor:
    """Rellena todas las marcas de un texto, (T,), de una en una: primero el hueco en que está más seguro.

    Cada palabra puesta ayuda a las siguientes. Así escriben los modelos de difusión enmascarada.

    >>> model = MaskedModel(GPTConfig(vocab_size=4, context_length=8, layers=1, heads=1, channels=4))
    >>> filled = fill_in_steps(model, torch.tensor([3, 4, 2, 4]))  # la marca es el 4
    >>> filled[[0, 2]], bool((filled == 4).any())
    (tensor([3, 2]), False)
    """
    ids = ids.clone()
    while len(gaps := (ids == model.mask_id).nonzero()[:, 0]):
        chances, words = model(ids[None])[0, gaps].softmax(-1).max(-1)  # (G,)
        surest = chances.argmax()
        ids[gaps[surest]] = words[surest]
    return ids


def train_masked(model: MaskedModel, stream: Tensor, config: TrainingConfig) -> Iterator[float]:
    """Entrena con las mismas ventanas que un GPT y da la pérdida de cada paso, en nats por hueco.

    La semilla de `config` decide también qué se tapa, distinto cada vez que se ve un texto. Los huecos nunca
    caen en el relleno ni en la separación entre textos; el relleno sí se mira, y no estorba: es la separación
    repetida.

    >>> model = MaskedModel(GPTConfig(vocab_size=4, context_length=8, layers=1, heads=1, channels=8))
    >>> config = TrainingConfig(steps=30, batch_size=8, length=8, learning_rate=0.03)
    >>> losses = list(train_masked(model, torch.arange(400) % 4, config))
    >>> losses[-1] < losses[0]
    True
    """
    windows = find_windows(stream, config.length, config.boundary)
    if config.boundary is not None:  # una ventana que acaba en la separación no tiene nada más
        windows = windows.select(stream[windows.end - 1] != config.boundary)
    batches = masked_batches(model.mask_id, stream, windows, config)
    return (loss.item() for loss in steps(model, batches, config))


def masked_batches(
    mask_id: int, stream: Tensor, windows: Windows, config: TrainingConfig
) -> Iterator[tuple[Tensor, Tensor]]:
    """Da sin fin lotes con huecos, que nunca caen en el relleno ni en la separación entre textos."""
    generator = torch.Generator().manual_seed(config.seed)
    for batch in shuffled_windows(windows, config.batch_size, config.seed):
        ids, following = cut_windows(stream, batch)
        places = following != IGNORED
        if config.boundary is not None:
            places &= ids != config.boundary
        yield mask_tokens(ids, mask_id, generator, places)
