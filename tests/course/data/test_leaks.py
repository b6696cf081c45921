"""Lo que mide cuánto regala el vocabulario: a mano, con todas las reglas posibles y con ruido."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

TEXTS = ["qué gol", "vaya gol", "gol de pan", "qué pan", "mi cuenta", "su cuenta"]
LABELS = ["deportes", "deportes", "alimentos", "alimentos", "bancos", "bancos"]
labelled = st.lists(st.tuples(st.text("abc ", max_size=8), st.sampled_from("xyz")), min_size=1, max_size=12)


def hits(rule, texts, labels):
    return sum(a == b for a, b in zip(rule.predict(texts), labels, strict=True))


def test_the_majority_is_the_first_of_the_most_frequent(leaks):
    assert leaks.majority_label(["b", "a", "a", "b", "c"]) == "b"


def test_one_word_by_hand(leaks):
    """«cuenta» acierta sus dos textos y, de los otros cuatro, dos; «gol» y «pan» no pasan de tres y dos."""
    rule = leaks.word_rule(TEXTS, LABELS)
    assert rule == leaks.WordRule({"cuenta": "bancos"}, "deportes")
    assert hits(rule, TEXTS, LABELS) == 4


def test_one_word_per_label_by_hand(leaks):
    """Las diferencias: «cuenta», 2 - 0; «gol», 2 - 1; «pan», 2 - 0. «gol de pan» tiene dos y manda «pan»."""
    rule = leaks.word_rule(TEXTS, LABELS, per_label=True)
    assert rule.labels == {"pan": "alimentos", "cuenta": "bancos", "gol": "deportes"}
    assert list(rule.labels)[-1] == "gol"
    assert hits(rule, TEXTS, LABELS) == 6


@given(labelled)
def test_no_other_word_is_better_than_the_chosen_one(leaks, rows):
    texts, labels = [text for text, _ in rows], [label for _, label in rows]
    chosen = hits(leaks.word_rule(texts, labels), texts, labels)
    every = [
        leaks.WordRule({word: a}, b)
        for text in texts
        for word in leaks.words_in(text)
        for a in "xyz"
        for b in "xyz"
    ]
    assert chosen == max([hits(rule, texts, labels) for rule in every] + [max(Counter(labels).values())])


@given(labelled)
def test_the_rule_of_one_word_per_label_knows_at_most_that(leaks, rows):
    texts, labels = [text for text, _ in rows], [label for _, label in rows]
    rule = leaks.word_rule(texts, labels, per_label=True)
    assert len(set(rule.labels.values())) == len(rule.labels) <= len(set(labels))
    assert rule.otherwise == leaks.majority_label(labels)


def test_tfidf_learns_what_the_words_give_away_and_nothing_from_noise(leaks):
    animals = [f"el {animal} duerme" for animal in ("gato", "gatito", "gatazo", "gata", "gatuno", "gatos")]
    things = [f"el {thing} brilla" for thing in ("faro", "farol", "farola", "faroles", "farito", "faros")]
    texts, labels = animals + things, ["animal"] * 6 + ["cosa"] * 6
    assert leaks.tfidf_cross_validated(texts, labels, folds=3) == labels
    noise = ["abc"] * 12
    predicted = leaks.tfidf_cross_validated(noise, labels, folds=3)
    assert sum(a == b for a, b in zip(predicted, labels, strict=True)) == 6


def test_out_of_fold_means_that_a_text_never_sees_its_own_label(leaks):
    """Cada texto es único: si su etiqueta se filtrara, se acertaría siempre."""
    texts = [word * 2 for word in ("ab", "cd", "ef", "gh", "ij", "kl", "mn", "op")]
    labels = ["x", "y"] * 4
    assert (
        sum(a == b for a, b in zip(leaks.tfidf_cross_validated(texts, labels, folds=4), labels, strict=True))
        <= 4
    )


def test_the_seed_decides_the_folds(leaks):
    texts = [f"{a}{b} {c}" for a in "lmn" for b in "aeo" for c in ("sur", "mar")]
    labels = ["x" if "a" in text.split()[0] or "n" in text else "y" for text in texts]
    runs = [leaks.tfidf_cross_validated(texts, labels, folds=4, seed=seed) for seed in (0, 0, 1, 2, 3)]
    assert runs[0] == runs[1]
    assert any(run != runs[0] for run in runs[2:])
