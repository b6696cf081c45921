import pytest
import torch

from siguiente.llm.checkpoints import checkpoint
from siguiente.llm.loading import load_card


def test_a_path_that_does_not_exist_is_refused_even_if_the_model_was_converted(tiny, tmp_path):
    checkpoint(tiny.card, tiny.path)
    with pytest.raises(FileNotFoundError, match=r"No existe .*nada\.gguf"):
        load_card(tiny.card, tmp_path / "nada.gguf")


def test_a_folder_of_published_weights_is_opened_as_it_is(tiny, tmp_path):
    folder = checkpoint(tiny.card, tiny.path).rename(tmp_path / "official")
    ids = torch.tensor([[5, 6, 7]])
    official = load_card(tiny.card, folder).model.step(ids)[0]
    torch.testing.assert_close(official, load_card(tiny.card, tiny.path).model.step(ids)[0])
