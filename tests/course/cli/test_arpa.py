"""La exportación a ARPA: KenLM, que lee el archivo, debe dar lo mismo que el modelo."""

import math

import pytest
import torch

from siguiente.course.cli.arpa import arpa_lines, arpa_words, write_arpa
from siguiente.language_models.kneser_ney import kneser_ney
from siguiente.language_models.ngram_counts import count_ngrams
from siguiente.language_models.protocol import ByteTokenizer
from siguiente.language_models.scoring import score
from siguiente.language_models.smoothing import add_k, interpolate

END, VOCAB = 257, 258
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
    model, words = kneser_ney(counts), arpa_words(ByteTokenizer())
    entries = read_arpa(arpa_lines(model, words))
    for text in ["el perro duerme", "año", "zzz"]:
        ids = [END, *ByteTokenizer().encode(text), END]
        spelled = ["<s>", *(words[i] for i in ids[1:-1]), "</s>"]
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
    words = arpa_words(ByteTokenizer())
    write_arpa(model, words, tmp_path / "model.arpa")
    peer = kenlm.Model(str(tmp_path / "model.arpa"))
    for text in [*TEXTS, "el perro duerme", "ñandú", "\n\t "]:
        ids = [END, *ByteTokenizer().encode(text), END]
        theirs = list(peer.full_scores(" ".join(words[i] for i in ids[1:-1])))
        expected = score(model, torch.tensor([ids]))[0] / math.log(10)
        torch.testing.assert_close(torch.tensor([s for s, _, _ in theirs]), expected, atol=1e-4, rtol=0)
        assert not any(unknown for _, _, unknown in theirs)


def test_the_counts_of_the_header_are_those_of_the_sections(counts):
    lines = list(arpa_lines(kneser_ney(counts), arpa_words(ByteTokenizer())))
    for k in range(1, counts.order + 1):
        said = next(int(line.split("=")[1]) for line in lines if line.startswith(f"ngram {k}="))
        assert said == sum("\t" in line and len(line.split("\t")[1].split()) == k for line in lines)


def test_words_have_no_spaces_and_are_all_different():
    words = arpa_words(ByteTokenizer())
    assert len(set(words)) == VOCAB
    assert all(word.split() == [word] for word in words)


def test_a_refused_model_leaves_the_file_that_was_there(counts, tmp_path):
    path = tmp_path / "model.arpa"
    path.write_text("lo de antes", encoding="utf-8")
    with pytest.raises(ValueError, match="combinan sus órdenes"):
        write_arpa(add_k(counts), arpa_words(ByteTokenizer()), path)
    assert path.read_text(encoding="utf-8") == "lo de antes"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_holds_the_lines_and_replaces_the_old_one(counts, tmp_path):
    model, words, path = kneser_ney(counts), arpa_words(ByteTokenizer()), tmp_path / "model.arpa"
    path.write_text("lo de antes", encoding="utf-8")
    write_arpa(model, words, path)
    assert path.read_bytes().decode().split("\n") == [*"\n".join(arpa_lines(model, words)).split("\n"), ""]


def test_what_does_not_fit_is_explained(counts):
    words = arpa_words(ByteTokenizer())
    with pytest.raises(ValueError, match="combinan sus órdenes"):
        next(arpa_lines(add_k(counts), words))
    with pytest.raises(ValueError, match="una palabra distinta por token"):
        next(arpa_lines(kneser_ney(counts), words[:-1]))
    with pytest.raises(ValueError, match="'a b'"):
        next(arpa_lines(kneser_ney(counts), ["a b", *words[1:]]))
    with pytest.raises(ValueError, match="<unk>"):
        next(arpa_lines(kneser_ney(counts), ["<unk>", *words[1:]]))
