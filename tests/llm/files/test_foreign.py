"""Modelos ajenos: un GGUF suelto, que es el del catálogo o no, y un nombre del repositorio público."""

import pytest

from siguiente.llm.files import foreign, loading
from siguiente.llm.files.catalogue import card
from siguiente.llm.files.sources import find, join


def test_a_hub_name_that_is_not_here_is_said(monkeypatch, tmp_path):
    monkeypatch.delenv("SIGUIENTE_HUB", raising=False)
    with pytest.raises(ValueError, match=r"«nadie/nada» no es una carpeta .* SIGUIENTE_HUB=1"):
        foreign.load_hub("nadie/nada")


def test_a_folder_with_the_shape_of_a_hub_name_is_a_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mis" / "pesos").mkdir(parents=True)
    assert not foreign.is_hub_name("mis/pesos")
    assert foreign.is_hub_name("mis/otros")


def test_the_file_of_the_catalogue_is_opened_as_the_course_does(monkeypatch):
    (path,) = find(card("smollm2-135m-instruct"))
    opened = []
    monkeypatch.setattr(loading, "load", lambda name, file: opened.append((name, file)))
    foreign.load_gguf(path)
    assert opened == [("smollm2-135m-instruct", path)]


@pytest.mark.parametrize(("content", "reason"), [(None, "No existe"), (b"GGU", "no es un archivo GGUF")])
def test_a_file_that_is_none_is_said(tmp_path, content, reason):
    path = tmp_path / "modelo.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=reason):
        foreign.load_gguf(path)


def test_a_truncated_file_is_said(tmp_path):
    path = tmp_path / "modelo.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="transformers no puede abrir"):
        foreign.load_gguf(path)


@pytest.mark.slow
def test_another_file_gives_the_same_logits_through_transformers(monkeypatch, tmp_path):
    import torch

    path = join(find(card("smollm2-135m-instruct")), tmp_path / "otro.gguf")
    ours = loading.load("smollm2-135m-instruct")
    monkeypatch.setattr(foreign, "known_card", lambda path: None)
    theirs = foreign.load_gguf(path)
    text = "El pingüino  emperador\nvive en 2024 ."
    assert theirs.encode(text) == ours.encode(text)
    torch.testing.assert_close(
        theirs.model.step(theirs.prompt(text))[0], ours.model.step(ours.prompt(text))[0], atol=1e-3, rtol=0
    )
    assert theirs.tokenizer.chat_template == ours.tokenizer.chat_template
    assert theirs.tokenizer.eos_id == ours.tokenizer.eos_id
