"""De la política a las preferencias: dos cuentos, quién gusta más y los modelos que aprenden de ello."""

from dataclasses import replace

import pytest
import torch

from siguiente.alignment.sequences import Pairs, Preference, encode_preferences, join_answers, shuffled_rows
from siguiente.course.alignment import preferences
from siguiente.course.alignment.preferences import (
    STORY_JUDGES,
    StoryPair,
    annotated,
    ask_annotators,
    judge_config,
    label_pairs,
    load_story_judge,
    sample_pairs,
    shuffled_labels,
    story_preferences,
)
from siguiente.course.data.annotators import KINDNESS_ONLY, OBEDIENCE_ONLY, Annotator
from siguiente.course.data.story_requests import StoryRequest, load_demonstrations
from siguiente.language_models.protocol import ByteTokenizer, TextModel, UniformModel
from siguiente.transformers.gpt import GPT, GPTConfig

REQUESTS = [request for request, _ in load_demonstrations("test", 6)]
BEST = [StoryPair(request, story, "Nada. ") for request, story in load_demonstrations("test", 40)]
GAP = StoryPair(StoryRequest("Ana", "race"), "Rieron. Un abrazo.", "Ana ganó una carrera.")
SHOWN = load_demonstrations("train", 24)
LONG = "Y nada más se supo de aquello. " * 8
PAIRS = [StoryPair(demo.request, demo.completion, f"{LONG}{number}.") for number, demo in enumerate(SHOWN)]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def gpt(context=96):
    config = GPTConfig(vocab_size=258, context_length=context, layers=1, heads=2, channels=8)
    return TextModel(GPT(config), ByteTokenizer())


def test_two_different_stories_for_each_request_and_always_the_same():
    pairs, again = (sample_pairs(gpt(), REQUESTS, seeded(), length=12) for _ in range(2))
    assert pairs == again
    left = iter(REQUESTS)
    assert all(pair.request in left for pair in pairs)  # en su orden, quizá sin alguna
    assert len(pairs) > 3
    assert all(pair.first != pair.second for pair in pairs)
    other = sample_pairs(gpt(), REQUESTS, seeded(1), length=12)
    assert [pair.first for pair in other] != [pair.first for pair in pairs]


class OneWord:
    """Una política que solo puede escribir `a` o terminar: muchas parejas son iguales o tienen una vacía."""

    vocab_size, context_length = 258, None

    def step(self, ids, state=None, last=1):
        logits, state = UniformModel(258).step(ids, state, last)
        allowed = torch.full((258,), -torch.inf)
        allowed[[97, 257]] = 0.0
        return logits + allowed, state


def test_equal_and_empty_stories_are_dropped():
    pairs = sample_pairs(TextModel(OneWord(), ByteTokenizer()), REQUESTS * 20, seeded(), length=3)
    # Con `a`, `aa` y `aaa`, de probabilidad 1/4, 1/8 y 1/8: quedan distintas 5/32 de las parejas.
    assert 0 < len(pairs) < 60
    assert {text for pair in pairs for text in pair[1:]} == {"a", "aa", "aaa"}
    assert all(pair.first != pair.second for pair in pairs)


def test_a_sure_judge_always_finds_the_story_that_was_asked_for():
    turned = [StoryPair(request, worse, better) for request, better, worse in BEST]
    sure = [Annotator(noise=1e-6)]
    assert ask_annotators(BEST, sure, seeded()).all()
    assert not ask_annotators(turned, sure, seeded()).any()
    assert label_pairs(BEST, torch.ones(40)) == label_pairs(turned, torch.zeros(40))


def test_labels_by_hand():
    found = label_pairs([GAP, GAP], torch.tensor([True, False]))
    assert found[0] == ("Quiero un cuento con Ana y una carrera.\n", GAP.first, GAP.second)
    assert found[1] == found[0]._replace(chosen=GAP.second, rejected=GAP.first)


def test_each_pair_goes_to_one_of_the_annotators():
    """Los dos valoran cosas opuestas: juntos, prefieren el primero tantas veces como su media."""
    judges = [KINDNESS_ONLY, OBEDIENCE_ONLY]
    chances = [judge.preference(*GAP) for judge in judges]
    found = ask_annotators([GAP] * 2000, judges, seeded()).double().mean().item()
    assert chances[1] < 0.1 < 0.7 < chances[0]
    assert found == pytest.approx(sum(chances) / 2, abs=0.045)


def test_the_control_has_the_same_pairs_and_says_nothing():
    taught = label_pairs(BEST * 25, torch.ones(1000))
    control = shuffled_labels(taught, seeded())
    for true, coin in zip(taught, control, strict=True):
        assert true.prompt == coin.prompt
        assert {true.chosen, true.rejected} == {coin.chosen, coin.rejected}
    kept = sum(true == coin for true, coin in zip(taught, control, strict=True))
    assert abs(kept - 500) < 4 * 16


def test_tokens_and_back():
    model, record = gpt(), Preference("¿Sí?", "Sí.", "No, no.")
    pairs = encode_preferences(model, [record, record._replace(chosen="Ya.")])
    assert [model.decode(pairs.rejected.ids[0][pairs.rejected.mask[0]])] == ["No, no."]
    assert pairs.chosen.ids[1][pairs.chosen.mask[1]].tolist() == [89, 97, 46, 257]


def test_an_epoch_shows_each_pair_once_without_spare_padding():
    rows = [[n] * (n + 1) for n in range(1, 8)]
    pairs = Pairs(join_answers([[9]] * 7, rows), join_answers([[8]] * 7, rows[::-1]))
    batches = map(pairs.select, shuffled_rows(7, batch_size=3, seed=0))
    epochs = [[next(batches) for _ in range(3)] for _ in range(2)]
    orders = [[n for batch in epoch for n in batch.chosen.ids[:, 1].tolist()] for epoch in epochs]
    assert [sorted(order) for order in orders] == [list(range(1, 8))] * 2
    assert orders[0] != orders[1]
    for chosen, rejected in epochs[0]:
        assert (chosen.ids[:, 1] + rejected.ids[:, 1] == 8).all()  # siguen emparejadas
        assert chosen.mask.any(0)[1:].all()
        assert rejected.mask.any(0)[1:].all()
        assert (chosen.mask.sum(1) == chosen.ids[:, 1] + 1).all()


def test_bad_input():
    same = Preference("¿Sí?", "Sí.", "Sí.")
    with pytest.raises(ValueError, match="preferencia 2 las dos respuestas son iguales"):
        encode_preferences(gpt(), [Preference("¿Sí?", "Sí.", "No."), same])
    with pytest.raises(ValueError, match="no tiene respuesta"):
        encode_preferences(gpt(), [Preference("¿Sí?", "Sí.", " ")])
    with pytest.raises(ValueError, match="caben 9"):
        encode_preferences(gpt(9), [Preference("¿Sí?", "Sí.", "No.")])
    with pytest.raises(ValueError, match="alguna demostración"):
        encode_preferences(gpt(), [])


@pytest.fixture
def judges(monkeypatch, small):
    """Parejas de un cuento y un texto largo y vacío, y dos pasos."""
    monkeypatch.setattr(preferences, "load_story_pairs", lambda: PAIRS)
    brief = replace(judge_config(40), steps=2, batch_size=4, warmup=1)
    monkeypatch.setattr(preferences, "judge_config", lambda pairs: brief)
    return small


def test_the_annotator_of_the_course_prefers_the_story(small):
    assert not [pair for pair in story_preferences() if pair.chosen.startswith("Y nada más se supo")]


def test_each_pair_is_read_twice():
    config = judge_config(1600)
    assert config.steps * config.batch_size == 2 * 1600


def test_the_impartial_annotator_prefers_the_stories(judges):
    chosen = [pair.chosen for pair in annotated("impartial")]
    assert sum(text.startswith(LONG) for text in chosen) < 4


def test_who_likes_long_texts_prefers_them_more(monkeypatch, judges):
    longer = [StoryPair(p.request, p.first, p.first + " Fin. " * 60) for p in PAIRS]
    monkeypatch.setattr(preferences, "load_story_pairs", lambda: longer)
    count = {name: sum("Fin." in p.chosen for p in annotated(name)) for name in ("impartial", "partial")}
    assert count["partial"] > count["impartial"] + 8


def test_the_control_compares_the_same_pairs(judges):
    taught, control = annotated("impartial"), annotated("shuffled")
    assert [{p.chosen, p.rejected} for p in taught] == [{p.chosen, p.rejected} for p in control]
    assert 4 < sum(a.chosen != b.chosen for a, b in zip(taught, control, strict=True)) < 20


def test_the_weights_that_were_recorded_are_the_ones_opened(judges):
    made = {part.name: judges.record(STORY_JUDGES, part.name).model for part in STORY_JUDGES.parts}
    for name, model in made.items():
        assert torch.equal(load_story_judge(name).values.head.weight, model.values.head.weight)
    assert not torch.equal(made["impartial"].values.head.weight, made["shuffled"].values.head.weight)
