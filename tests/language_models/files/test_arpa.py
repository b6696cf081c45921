"""Un n-grama, escrito en el formato ARPA: KenLM, que lee el archivo, da lo mismo que el modelo."""

import math

import pytest
import torch

from siguiente.language_models.files.arpa import arpa_lines, arpa_words, write_arpa
from siguiente.language_models.kneser_ney import kneser_ney
from siguiente.language_models.ngram_counts import count_ngrams
from siguiente.language_models.protocol import ByteTokenizer
from siguiente.language_models.scoring import score
from siguiente.language_models.smoothing import add_k, interpolate

END, VOCAB = 257, 258
WORDS = [f"w{token}" for token in range(VOCAB)]
TEXTS = ["el gato come pescado", "el perro come pan", "el gato duerme", "¿y el año?", "  dos\u2009espacios\n"]


@pytest.fixture(params=[1, 2, 3, 5])
def counts(request):
    rows = [ByteTokenizer().encode(text) for text in TEXTS]
    return count_ngrams(
        torch.tensor([END, *(i for row in rows for i in [*row, END])]), request.param, VOCAB, END
    )


def read_arpa(lines):
    """Un lector mínimo: por texto del n-grama, su logaritmo y su peso de retroceso."""
    entries = [line.split("\t") for line in lines if "\t" in line]
    return {e[1]: (float(e[0]), float(e[2]) if len(e) > 2 else 0.0) for e in entries}


def arpa_logprob(entries, words):
    """La regla del formato: si está, su probabilidad; si no, retroceder."""
    gram = " ".join(words)
    if gram in entries:
        return entries[gram][0]
    return entries.get(" ".join(words[:-1]), (0.0, 0.0))[1] + arpa_logprob(entries, words[1:])


def test_the_file_read_by_its_own_rule_gives_the_model(counts):
    model = kneser_ney(counts)
    entries = read_arpa(arpa_lines(model, WORDS))
    for text in ["el perro duerme", "año", "zzz"]:
        ids = [END, *ByteTokenizer().encode(text), END]
        spelled = ["<s>", *(WORDS[i] for i in ids[1:-1]), "</s>"]
        read = [
            arpa_logprob(entries, spelled[max(0, t - model.order + 1) : t + 1]) for t in range(1, len(ids))
        ]
        expected = score(model, torch.tensor([ids]))[0] / math.log(10)
        torch.testing.assert_close(torch.tensor(read), expected, atol=1e-5, rtol=0)


@pytest.mark.oracle
@pytest.mark.parametrize("smoothing", ["Kneser-Ney", "interpolation"])
def test_kenlm_scores_the_same(counts, smoothing, tmp_path):
    kenlm = pytest.importorskip("kenlm")
    if counts.order == 1:
        pytest.skip("KenLM no lee modelos de orden 1")
    weights = [1 / (counts.order + 1)] * (counts.order + 1)
    model = kneser_ney(counts) if smoothing == "Kneser-Ney" else interpolate(counts, weights)
    write_arpa(model, WORDS, tmp_path / "model.arpa")
    peer = kenlm.Model(str(tmp_path / "model.arpa"))
    for text in [*TEXTS, "el perro duerme", "ñandú", "\n\t "]:
        ids = [END, *ByteTokenizer().encode(text), END]
        theirs = list(peer.full_scores(" ".join(WORDS[i] for i in ids[1:-1])))
        expected = score(model, torch.tensor([ids]))[0] / math.log(10)
        torch.testing.assert_close(torch.tensor([s for s, _, _ in theirs]), expected, atol=1e-4, rtol=0)
        assert not any(unknown for _, _, unknown in theirs)


def test_the_counts_of_the_header_are_those_of_the_sections(counts):
    lines = list(arpa_lines(kneser_ney(counts), WORDS))
    for k in range(1, counts.order + 1):
        said = next(int(line.split("=")[1]) for line in lines if line.startswith(f"ngram {k}="))
        assert said == sum("\t" in line and len(line.split("\t")[1].split()) == k for line in lines)


def test_a_model_whose_orders_do_not_combine_is_refused(counts, tmp_path):
    path = tmp_path / "model.arpa"
    with pytest.raises(ValueError, match="Kneser-Ney o interpolación"):
        write_arpa(add_k(counts), WORDS, path)
    assert not path.exists()


def test_every_token_has_its_own_word():
    words = arpa_words(ByteTokenizer())
    assert len(set(words)) == len(words) == VOCAB
    assert all(word.split() == [word] for word in words)
