"""Un tokenizador guardado vuelve igual, y uno dañado lo dice."""

import json

import pytest

from siguiente.course.cli.saved_tokenizer import load_tokenizer, save_tokenizer
from siguiente.course.data.tweets import load_tweets
from siguiente.language_models.fast.bpe_training import train_bpe
from siguiente.language_models.words import WordTokenizer

TEXTS = [tweet.text for tweet in load_tweets("test")]
TOKENIZERS = [WordTokenizer.from_texts(TEXTS), train_bpe(TEXTS, 400)]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_it_comes_back_the_same(tmp_path, tokenizer):
    path = tmp_path / "tokenizer.json"
    path.write_text("lo que hubiera", encoding="utf-8")
    save_tokenizer(tokenizer, path)
    found = load_tokenizer(path)
    assert found == tokenizer
    assert found.encode("Ñandú: ¿qué?") == tokenizer.encode("Ñandú: ¿qué?")
    assert [p.name for p in tmp_path.iterdir()] == ["tokenizer.json"]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("kept", [0, 0.3, 0.9, 0.999])
def test_half_a_file_is_refused(tmp_path, tokenizer, kept):
    path = tmp_path / "tokenizer.json"
    save_tokenizer(tokenizer, path)
    data = path.read_bytes().strip()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(ValueError, match=r"tokenizer\.json está dañado"):
        load_tokenizer(path)


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"words": 3},
        {"words": [1, 2]},
        {"words": ["a", ""]},
        {"words": ["uno", "uno"]},
        {"merges": [[97]]},
        {"merges": [[97, "98"]]},
        {"merges": [[97, 98.0]]},
        {"merges": [[97, 300]]},
        {"model": {"vocab": {}}},
    ],
)
def test_another_content_is_refused(tmp_path, content):
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match="está dañado o no es un tokenizador"):
        load_tokenizer(path)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"[" * 100_000, b"\x00"])
def test_what_is_not_json_is_refused(tmp_path, data):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="está dañado"):
        load_tokenizer(path)


def test_what_cannot_be_opened(tmp_path):
    with pytest.raises(OSError, match="No se puede abrir"):
        load_tokenizer(tmp_path / "no.json")
    with pytest.raises(OSError, match=r".+"):
        save_tokenizer(TOKENIZERS[0], tmp_path / "no" / "tokenizer.json")
