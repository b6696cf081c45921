"""Lo que se exporta lo abren transformers y el curso, y escribe lo mismo."""

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from siguiente.course.cli.export import MODEL_FILES, save_gpt
from siguiente.language_models.fast.bpe_training import train_bpe
from siguiente.language_models.protocol import ByteTokenizer, TextModel
from siguiente.language_models.sampling import complete
from siguiente.language_models.words import WordTokenizer
from siguiente.llm.files.folder import load_folder
from siguiente.transformers.gpt import GPT, GPTConfig

TEXTS = ["El gato come pescado y el perro come pan.", "—¿Vienes, Ana? —dijo a las 10."]


@pytest.fixture(params=[WordTokenizer.from_texts(TEXTS), train_bpe(TEXTS, 300)], ids=["words", "bpe"])
def saved(request, tmp_path):
    config = GPTConfig(request.param.vocab_size, context_length=64, layers=2, heads=2, channels=16)
    model = TextModel(GPT(config, seed=3).eval(), request.param)
    assert save_gpt(model, tmp_path, "un GPT de prueba") == MODEL_FILES
    return model, tmp_path


def test_transformers_opens_it_and_computes_the_same(saved):
    model, folder = saved
    theirs, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(TEXTS[0], return_tensors="pt")["input_ids"]
    assert ids.tolist() == model.prompt(TEXTS[0]).tolist()
    with torch.no_grad():
        torch.testing.assert_close(theirs(ids).logits, model.model(ids), atol=1e-5, rtol=0)
    assert tokenizer.eos_token_id == model.tokenizer.eos_id


def test_the_course_opens_it_and_writes_the_same(saved):
    model, folder = saved
    again = load_folder(folder)
    assert again.model.context_length == 64
    assert again.tokenizer.eos_id == model.tokenizer.eos_id
    for text in TEXTS:
        assert again.tokenizer.encode(text) == model.tokenizer.encode(text)
        assert complete(again, text, 8) == complete(model, text, 8)


def test_its_card_says_how_to_open_it(saved):
    model, folder = saved
    card = (folder / "README.md").read_text("utf8")
    assert "from_pretrained" in card
    assert "**Licencia.**" in card
    assert str(model.tokenizer.vocab_size) in card


def test_a_tokenizer_that_others_do_not_have_is_refused(tmp_path):
    config = GPTConfig(258, context_length=8, layers=1, heads=1, channels=4)
    with pytest.raises(ValueError, match="Solo se exporta"):
        save_gpt(TextModel(GPT(config), ByteTokenizer()), tmp_path, "uno")
    assert not any(tmp_path.iterdir())
