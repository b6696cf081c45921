import pytest
import torch

from siguiente.llm.files import loading
from siguiente.llm.files.checkpoints import checkpoint
from siguiente.llm.files.loading import load_card


def test_a_path_that_does_not_exist_is_refused_even_if_the_model_was_converted(tiny, tmp_path):
    checkpoint(tiny.card, tiny.path)
    with pytest.raises(FileNotFoundError, match=r"No existe .*nada\.gguf"):
        load_card(tiny.card, tmp_path / "nada.gguf")


def test_a_folder_of_published_weights_is_opened_as_it_is(tiny, tmp_path):
    folder = checkpoint(tiny.card, tiny.path).rename(tmp_path / "official")
    ids = torch.tensor([[5, 6, 7]])
    official = load_card(tiny.card, folder).model.step(ids)[0]
    torch.testing.assert_close(official, load_card(tiny.card, tiny.path).model.step(ids)[0])


def test_a_tokenizer_alone_is_the_one_of_its_model_and_reads_no_weights(tiny, monkeypatch):
    whole = load_card(tiny.card, tiny.path).tokenizer
    monkeypatch.setattr(loading, "card", lambda name: tiny.card)
    monkeypatch.setattr("siguiente.llm.pretrained.open_network", None)
    alone = loading.load_pretrained_tokenizer(tiny.card.name)
    assert alone.encode("El niño") == whole.encode("El niño")
    assert (alone.bos_id, alone.eos_id, alone.name) == (whole.bos_id, whole.eos_id, whole.name)
