"""Un n-grama, escrito en el formato ARPA: KenLM, que lee el archivo, da lo mismo que el modelo."""

import math

import pytest
import torch

from siguiente.language_models.kneser_ney import kneser_ney
from siguiente.language_models.ngram_counts import count_ngrams
from siguiente.language_models.protocol import ByteTokenizer
from siguiente.language_models.scoring import score
from siguiente.language_models.smoothing import interpolate

END, VOCAB = 257, 258
NEVER = -99.0  # así se escribe en ARPA el logaritmo de cero
WORDS = [f"w{token}" for token in range(VOCAB)]
TEXTS = ["el gato come pescado", "el perro come pan", "el gato duerme", "¿y el año?", "  dos\u2009espacios\n"]


@pytest.fixture(params=[1, 2, 3, 5])
def counts(request):
    rows = [ByteTokenizer().encode(text) for text in TEXTS]
    return count_ngrams(
        torch.tensor([END, *(i for row in rows for i in [*row, END])]), request.param, VOCAB, END
    )


def arpa_lines(model):
    """Un n-grama visto lleva ya la parte del orden menor, y su peso es la b(h) de `mix`.

    El límite entre textos es ``</s>`` cuando se predice y ``<s>`` cuando es contexto.
    """
    yield "\\data\\"
    for k in range(1, model.order + 1):
        yield f"ngram {k}={model.index.size(k) + (2 if k == 1 else 0)}"
    seen = zip(gram_texts(model.index), seen_probabilities(model), strict=True)
    for k, (texts, p) in enumerate(seen, start=1):
        backoff = model.tables[k].backoff[:-1] if k < model.order else torch.ones(len(p))
        if k == 1:
            texts, p, backoff = with_start(model.index.boundary, texts, p, backoff)
        yield f"\n\\{k}-grams:"
        for text, value, rest in zip(texts, log10(p), log10(backoff), strict=True):
            yield f"{value:.8f}\t{text}" + (f"\t{rest:.8f}" if rest else "")
    yield "\n\\end\\"


def gram_texts(index):
    """Por orden, el texto de cada n-grama."""
    last = ["</s>" if x == index.boundary else word for x, word in enumerate(WORDS)]
    yield last
    before = ["<s>" if x == index.boundary else word for x, word in enumerate(WORDS)]
    for k in range(2, index.order + 1):
        pairs = zip(index.prefixes(k).tolist(), index.tokens(k).tolist(), strict=True)
        before = [f"{before[h]} {last[x]}" for h, x in pairs]
        yield before


def seen_probabilities(model):
    """Por orden, la probabilidad de cada n-grama visto."""
    p = torch.tensor([1 / model.vocab_size], dtype=torch.double)
    orders = zip(model.tables, model.index.suffixes(), strict=True)
    for k, (table, suffixes) in enumerate(orders, start=1):
        p = table.direct[:-1] + table.backoff[model.index.prefixes(k)] * p[suffixes]
        yield p


def with_start(boundary, texts, p, backoff):
    """Añade el comienzo, que nunca se predice y lleva el peso del límite, y la palabra desconocida."""
    kept = backoff.index_fill(0, torch.tensor([boundary]), 1.0)
    weights = torch.cat([kept, backoff[[boundary]], torch.ones(1)])
    return [*texts, "<s>", "<unk>"], torch.cat([p, torch.zeros(2)]), weights


def log10(values):
    return values.log10().clamp(min=NEVER).tolist()


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
    entries = read_arpa(arpa_lines(model))
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
    (tmp_path / "model.arpa").write_text("".join(f"{line}\n" for line in arpa_lines(model)), encoding="utf-8")
    peer = kenlm.Model(str(tmp_path / "model.arpa"))
    for text in [*TEXTS, "el perro duerme", "ñandú", "\n\t "]:
        ids = [END, *ByteTokenizer().encode(text), END]
        theirs = list(peer.full_scores(" ".join(WORDS[i] for i in ids[1:-1])))
        expected = score(model, torch.tensor([ids]))[0] / math.log(10)
        torch.testing.assert_close(torch.tensor([s for s, _, _ in theirs]), expected, atol=1e-4, rtol=0)
        assert not any(unknown for _, _, unknown in theirs)


def test_the_counts_of_the_header_are_those_of_the_sections(counts):
    lines = list(arpa_lines(kneser_ney(counts)))
    for k in range(1, counts.order + 1):
        said = next(int(line.split("=")[1]) for line in lines if line.startswith(f"ngram {k}="))
        assert said == sum("\t" in line and len(line.split("\t")[1].split()) == k for line in lines)
