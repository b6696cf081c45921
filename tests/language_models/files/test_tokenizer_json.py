"""El archivo que se escribe lo abren tokenizers y transformers, y cortan igual que el nuestro."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from siguiente.language_models.bpe import BPETokenizer
from siguiente.language_models.fast.bpe_training import train_bpe
from siguiente.language_models.files.tokenizer_json import END_TEXT, as_tokenizers, write_tokenizer_json
from siguiente.language_models.words import WordTokenizer

TEXTS = ["El gato come pescado y el perro come pan.", "—¿Vienes, Ana? —dijo a las 10.", "niño, niña, niños"]
OURS = [train_bpe(TEXTS, 300), WordTokenizer.from_texts(TEXTS), BPETokenizer(())]
THEIRS = [as_tokenizers(tokenizer) for tokenizer in OURS]
WRITTEN = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("gato ñ\n\t\x1c\u0301²_"))


@given(WRITTEN)
def test_any_text_without_the_end_mark_is_cut_alike(text):
    assume(END_TEXT not in text)
    for ours, theirs in zip(OURS, THEIRS, strict=True):
        assert theirs.encode(text).ids == ours.encode(text)
        assert theirs.decode(ours.encode(text)) == text


@pytest.mark.parametrize("ours", OURS, ids=["bpe", "words", "bytes"])
def test_the_file_is_opened_by_tokenizers_and_transformers(ours, tmp_path):
    path = tmp_path / "tokenizer.json"
    write_tokenizer_json(ours, path)
    assert Tokenizer.from_file(str(path)).get_vocab_size() == ours.vocab_size
    fast = PreTrainedTokenizerFast(tokenizer_file=str(path), eos_token=END_TEXT)
    assert fast(TEXTS[1])["input_ids"] == ours.encode(TEXTS[1])
    assert fast.eos_token_id == ours.eos_id
