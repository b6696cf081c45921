"""Abrir la carpeta de un modelo ajeno: su plantilla, su comienzo y lo que le falta."""

import json

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import LlamaConfig, LlamaForCausalLM

from siguiente.llm.chat import Message, render
from siguiente.llm.files.folder import is_folder, load_folder

TEMPLATE = "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}[assistant]"
WORDS = {"<s>": 0, "</s>": 1, "hola": 2, "adiós": 3, "[UNK]": 4}


@pytest.fixture(params=[True, False], ids=["bos", "no-bos"])
def made(request, tmp_path):
    """Un Llama diminuto, guardado como los publican, con comienzo o sin él."""
    config = LlamaConfig(
        vocab_size=5,
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=16,
    )
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    tokenizer = Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<s>", "</s>"])
    if request.param:
        tokenizer.post_processor = processors.TemplateProcessing("<s> $A", special_tokens=[("<s>", 0)])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    kind = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(kind | {"chat_template": TEMPLATE}))
    return tmp_path, request.param


def test_the_beginning_is_put_only_if_its_tokenizer_puts_it(made):
    folder, starts = made
    model = load_folder(folder)
    assert model.prompt("hola").tolist() == ([[0, 2]] if starts else [[2]])
    assert model.tokenizer.eos_id == 1
    assert model.model.context_length == 16


def test_its_own_chat_template_is_used(made):
    model = load_folder(made[0])
    assert render(model.tokenizer, [Message("user", "hola")]).endswith("[user] hola\n[assistant]")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_what_is_missing_is_said(made, name):
    folder, _ = made
    (folder / name).unlink()
    with pytest.raises(ValueError, match=f"falta {name}"):
        load_folder(folder)


def test_damaged_weights_are_said(made):
    folder, _ = made
    (folder / "model.safetensors").write_bytes(b"nada")
    with pytest.raises(ValueError, match="transformers no puede abrir"):
        load_folder(folder)


def test_a_folder_is_told_from_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gpt").mkdir()
    assert [is_folder(name) for name in ("gpt", "./otro", "gemma-3-270m")] == [True, True, False]
