"""De un texto a un vector: la media de lo que una red calcula para cada uno de sus tokens."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from siguiente.llm.files.catalogue import MINILM, MINILM_TOKENIZER
from siguiente.llm.files.sources import find, verify

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from siguiente.language_models.protocol import TextModel
    from siguiente.llm.pretrained import PretrainedModel


MAX_TOKENS = 256  # lo que leía MiniLM cuando se ajustó
Read = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class SentenceEncoder:
    """Una red de la familia de BERT, con su tokenizador: lee un texto hacia los dos lados y da un vector."""

    network: Any
    tokenizer: "Tokenizer"

    def embed(self, texts: Sequence[str], batch_size: int = 32) -> Tensor:
        """Convierte N textos en vectores de norma 1, (N, C), en float32.

        De los que pasan de `MAX_TOKENS` tokens se lee solo el comienzo. El resultado no depende de
        `batch_size`.
        """
        rows = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        return embed_rows(self._read, rows, batch_size)

    def _read(self, ids: Tensor, mask: Tensor) -> Tensor:
        hidden: Tensor = self.network(input_ids=ids, attention_mask=mask).last_hidden_state
        return hidden


def load_encoder() -> SentenceEncoder:
    """Abre all-MiniLM-L6-v2, que se ajustó con parejas de textos en inglés :cite:p:`reimers2019`; C = 384.

    >>> cat, kitten, train = load_encoder().embed(["a cat", "a kitten", "the train timetable"])
    >>> bool(cat @ kitten > cat @ train)
    True
    """
    from safetensors.torch import load_file

    sys.audit("siguiente.resource", f"model:{MINILM.name}")
    weights, tokenizer = encoder_files()
    return open_encoder(MINILM.config, load_file(weights), tokenizer)


def encoder_files() -> tuple[Path, Path]:
    """Busca los pesos y el tokenizador de MiniLM y comprueba que son los publicados."""
    found = []
    for card in (MINILM, MINILM_TOKENIZER):
        parts = find(card)
        verify(card, parts)
        found.append(parts[0])
    return found[0], found[1]


def open_encoder(config: Any, weights: dict[str, Tensor], tokenizer: Path) -> SentenceEncoder:
    """Monta la red con sus pesos y el tokenizador que está en un archivo."""
    from tokenizers import Tokenizer
    from transformers.initialization import no_init_weights
    from transformers.models.bert.configuration_bert import BertConfig
    from transformers.models.bert.modeling_bert import BertModel

    with no_init_weights():
        network = BertModel(BertConfig(**config), add_pooling_layer=False)
    network.load_state_dict({n: w for n, w in weights.items() if n in network.state_dict()}, assign=True)
    backend = Tokenizer.from_file(str(tokenizer))
    backend.no_padding()
    backend.enable_truncation(min(MAX_TOKENS, network.config.max_position_embeddings))
    return SentenceEncoder(network.requires_grad_(False).eval(), backend)


def embed_hidden(model: "TextModel[PretrainedModel]", texts: Sequence[str], batch_size: int = 16) -> Tensor:
    """Convierte N textos en vectores de norma 1, (N, C), con la última capa de un modelo que continúa textos.

    A un modelo así nadie le pidió que textos parecidos tuvieran vectores parecidos: es un uso prestado. El
    token de comienzo no entra en la media, porque es igual en todos los textos.
    """
    rows = [model.prompt(text)[0].tolist() for text in texts]
    skip = model.tokenizer.bos_id is not None
    return embed_rows(lambda ids, mask: model.model.hidden(ids), rows, batch_size, skip)


def embed_rows(read: Read, rows: Sequence[list[int]], batch_size: int, skip: int = 0) -> Tensor:
    """Lee por lotes filas de tokens desiguales; juntas van las de largo parecido, y salen en su orden."""
    if min(map(len, rows)) <= skip:
        raise ValueError("Un texto vacío no tiene vector: quítelo.")
    order = torch.tensor([len(row) for row in rows]).argsort(descending=True)
    parts = []
    for chosen in order.split(batch_size):
        batch = [torch.tensor(rows[i]) for i in chosen]
        ids = torch.nn.utils.rnn.pad_sequence(batch, batch_first=True)
        mask = torch.arange(ids.shape[1]) < torch.tensor([[len(row)] for row in batch])
        with torch.inference_mode():
            parts.append(mean_pool(read(ids, mask)[:, skip:], mask[:, skip:]))
    return torch.cat(parts)[order.argsort()]


def mean_pool(hidden: Tensor, mask: Tensor) -> Tensor:
    """Media de los vectores de los tokens, sin el relleno, llevada a norma 1: (B, T, C) pasa a (B, C).

    Con :math:`h_t` el vector del token :math:`t`, es :math:`\\bar h/\\lVert\\bar h\\rVert`, donde
    :math:`\\bar h=\\frac1T\\sum_t h_t`; `mask`, (B, T), es cierta donde hay un token de verdad.

    >>> hidden = torch.tensor([[[3.0, 0.0], [3.0, 8.0], [99.0, 99.0]]])
    >>> mean_pool(hidden, torch.tensor([[True, True, False]]))
    tensor([[0.6000, 0.8000]])
    """
    mean = (hidden * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
    return torch.nn.functional.normalize(mean, dim=-1)
