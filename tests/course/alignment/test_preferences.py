"""De la política a las preferencias: dos cuentos, quién gusta más y los modelos que aprenden de ello."""

import math
from dataclasses import replace
from itertools import combinations

import pytest
import torch

from siguiente.alignment.reward_model import score_texts
from siguiente.alignment.sequences import Pairs, Preference, encode_preferences, join_answers, shuffled_rows
from siguiente.course.alignment import preferences
from siguiente.course.alignment.preferences import (
    JUDGED,
    STORY_JUDGES,
    STORY_JUDGES_LONGER,
    Measured,
    StoryPair,
    agrees,
    ask_annotators,
    band_words,
    bend,
    by_length,
    check_careless_loss,
    discount_length,
    drawn_pairs,
    drawn_preferences,
    fit_merits,
    halves,
    judge_config,
    judge_scores,
    judged,
    label_pairs,
    league,
    length_slopes,
    likelihood,
    measure_pairs,
    merit_differences,
    mixed_merits,
    most_circular,
    on_the_rest,
    pair_scores,
    play_league,
    sample_pairs,
    shuffled_labels,
    story_preferences,
)
from siguiente.course.data.annotators import KINDNESS_ONLY, OBEDIENCE_ONLY, Annotator, HastyAnnotator
from siguiente.course.data.story_requests import StoryRequest, load_demonstrations
from siguiente.course.data.story_reward import KIND, gold_reward, story_merits
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
    monkeypatch.setattr(preferences, "load_story_pairs", lambda split="train": PAIRS)
    brief = replace(judge_config(400), steps=2, batch_size=4, warmup=1)
    monkeypatch.setattr(preferences, "judge_config", lambda pairs: brief)
    monkeypatch.setattr(preferences, "JUDGED", dict.fromkeys(JUDGED, 20) | {"200": 5})
    return small


def test_the_annotator_of_the_course_prefers_the_story(small):
    assert not [pair for pair in story_preferences() if pair.chosen.startswith("Y nada más se supo")]


def test_pairs_are_drawn_without_repeating_and_fewer_are_the_first_of_more(small):
    every = preferences.load_story_pairs()
    drawn = drawn_pairs(len(every), 0)
    assert sorted(drawn) == sorted(every) != drawn
    assert drawn_pairs(4, 0) == drawn[:4] != drawn_pairs(4, 1)
    asked = [pair.request.text for pair in drawn[:4]]
    assert [pair.prompt for pair in drawn_preferences(4, 0)] == asked


def test_each_pair_is_read_twice():
    config = judge_config(1600)
    assert config.steps * config.batch_size == 2 * 1600


def test_the_impartial_annotator_prefers_the_stories(judges):
    chosen = [pair.chosen for pair in judged("600", 0)]
    assert sum(text.startswith(LONG) for text in chosen) < 4


def test_who_likes_long_texts_prefers_them_more(monkeypatch, judges):
    longer = [StoryPair(p.request, p.first, p.first + " Fin. " * 60) for p in PAIRS]
    monkeypatch.setattr(preferences, "load_story_pairs", lambda split="train": longer)
    count = {name: sum("Fin." in p.chosen for p in judged(name, 0)) for name in ("600", "partial")}
    assert count["partial"] > count["600"] + 8


def test_the_control_compares_the_same_pairs(judges):
    taught, control = judged("600", 3), judged("shuffled", 3)
    assert [{p.chosen, p.rejected} for p in taught] == [{p.chosen, p.rejected} for p in control]
    assert 3 < sum(a.chosen != b.chosen for a, b in zip(taught, control, strict=True)) < 17


def test_each_seed_draws_its_pairs_and_the_name_says_how_many(judges):
    assert [len(judged(name, 0)) for name in ("200", "600")] == [5, 20]
    assert {p.prompt for p in judged("200", 0)} != {p.prompt for p in judged("200", 1)}


def test_what_is_recorded_are_the_scores_of_the_test_pairs(judges):
    for part in STORY_JUDGES.parts[:8]:
        STORY_JUDGES.train(part, STORY_JUDGES.folder())
    losses, last = STORY_JUDGES.rows("200", 1)[:-1], STORY_JUDGES.rows("200", 1)[-1]
    assert losses[0] == pytest.approx(math.log(2), abs=1e-4)
    found = judge_scores("200")
    assert found.shape == (8, len(PAIRS), 2)
    assert found[1].tolist() == torch.tensor(last).tolist()


def test_the_control_of_the_curve_reads_few_pairs_with_the_steps_of_many(monkeypatch, judges):
    told = list[int]()
    brief = preferences.judge_config(0)
    monkeypatch.setattr(preferences, "judge_config", lambda pairs: told.append(pairs) or brief)
    run = STORY_JUDGES_LONGER.run(STORY_JUDGES_LONGER.part("200", 0))
    losses = [*run.reports][:-1]
    assert told == [20]
    assert losses == pytest.approx([*STORY_JUDGES.run(STORY_JUDGES.part("200", 0)).reports][:-1])
    assert told == [20, 5]


def test_a_pair_is_scored_as_its_answers_are(judges):
    policy, model = judges.policy, judges.judge
    prompts = [pair.request.text for pair in PAIRS]
    expected = [score_texts(model, policy, prompts, [p[side] for p in PAIRS]) for side in (1, 2)]
    found = torch.tensor(pair_scores(model, policy, PAIRS))
    torch.testing.assert_close(found, torch.tensor(expected).T, atol=5.1e-4, rtol=0)


def test_likelihood_is_the_annotators_and_agreement_needs_no_draws():
    pairs = [GAP, BEST[0], StoryPair(GAP.request, GAP.second, GAP.first)]
    likely = likelihood(pairs, Annotator(noise=2.0))
    assert likely[0] + likely[2] == pytest.approx(1)
    sure = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert agrees(sure, likely) == pytest.approx((likely[0] + likely[1] + 1 - likely[2]).item() / 3)
    both = agrees(torch.stack([sure, -sure]), likely)
    assert both.sum() == pytest.approx(1)


def known_pairs(n=60, seed=0):
    generator = seeded(seed)
    words = torch.randint(60, 100, (n, 2), generator=generator).float()
    return Measured(words / 20 + torch.randn(n, 2, generator=generator), words)


def test_the_slope_that_was_put_is_found_and_taken_away():
    known = known_pairs()
    paid = torch.stack([known.gold + slope / 100 * known.words for slope in (0.0, 3.0)])
    torch.testing.assert_close(length_slopes(paid, known), torch.tensor([0.0, 3.0]), atol=1e-3, rtol=0)
    half = torch.arange(60) < 30
    torch.testing.assert_close(discount_length(paid, known, half)[1], known.gold, atol=1e-3, rtol=0)


def test_by_length_is_a_straight_line_when_each_word_is_paid_the_same():
    known = known_pairs(4000)
    found = by_length((5 * known.gold + 0.1 * known.words)[None], known, (69.5, 79.5, 89.5))[0]
    torch.testing.assert_close(found.diff(), torch.ones(3), atol=0.05, rtol=0)
    bent = by_length((known.gold + (known.words > 79.5).float())[None], known, (69.5, 79.5, 89.5))[0].diff()
    assert bent[1] > 2 * max(bent[0].abs(), bent[2].abs())


def test_the_bend_is_that_of_each_word_whatever_the_bands():
    known, edges = known_pairs(4000), (65.5, 79.5, 89.5, 95.5)
    words = band_words(known, edges)
    straight = by_length((known.gold + 0.1 * known.words)[None], known, edges)
    assert abs(bend(straight, words).item()) < 1
    slower = by_length((known.gold + 0.1 * known.words.clamp(max=85))[None], known, edges)
    assert bend(slower, words).item() > 3


def test_each_half_keeps_the_pairs_of_a_request_together():
    pairs = [StoryPair(request, "", "") for request in REQUESTS for _ in range(3)]
    splits = halves(pairs, 20, seeded())
    assert (splits.view(20, -1, 3).sum(2) % 3 == 0).all()
    assert (splits.sum(1) == 3 * (len(REQUESTS) // 2)).all()
    assert len({tuple(row) for row in splits.tolist()}) > 5


def test_what_is_discounted_in_one_half_is_not_paid_in_the_other():
    known, better = known_pairs(), torch.full((60,), 0.5)
    better[:40] = (known.gold[:40, 0] > known.gold[:40, 1]).float()
    splits = torch.stack([torch.arange(60) < 30, torch.arange(60) >= 20])
    scores = (known.gold + 0.2 * known.words)[None]
    paid, right = on_the_rest(scores, known, better, splits)
    torch.testing.assert_close(paid, torch.full((1, 2), 20.0), atol=1e-2, rtol=0)
    left, mended = on_the_rest(scores, known, better, splits, discount=True)
    torch.testing.assert_close(left, torch.zeros(1, 2), atol=1e-2, rtol=0)
    assert mended.tolist() == [[1, 1]]
    assert (right < 1).all()


def test_measured_pairs_have_their_gold_and_their_words():
    found = measure_pairs([GAP])
    assert found.gold[0].tolist() == pytest.approx([gold_reward(GAP.request, text) for text in GAP[1:]])
    assert found.words.tolist() == [[3.0, 4.0]]


def test_merits_are_recovered_from_who_values_them_and_not_from_a_mixture():
    draws = torch.randn(300, 5, generator=seeded())
    wanted = torch.tensor([1.0, 0.0, -2.0, 0.5, 3.0])
    one, other = (draws @ wanted).sigmoid(), (draws @ wanted.flip(0)).sigmoid()
    torch.testing.assert_close(fit_merits(draws, one), wanted, atol=1e-4, rtol=0)
    mixed = fit_merits(draws, (one + other) / 2)
    assert (mixed.abs() < torch.maximum(wanted, wanted.flip(0)).abs()).all()
    slope = draws.T @ ((one + other) / 2 - (draws @ mixed).sigmoid())
    torch.testing.assert_close(slope, torch.zeros(5), atol=1e-3, rtol=0)  # es el máximo


def test_merit_differences_are_those_of_the_two_stories():
    found = merit_differences([GAP])[0]
    one, other = (torch.tensor(story_merits(GAP.request, text)) for text in GAP[1:])
    torch.testing.assert_close(found, one - other)


def test_the_shown_pair_has_the_property_it_is_shown_for():
    request, good = load_demonstrations("test", 1)[0]
    kinder = [f"{good} {' '.join(two)}{' de la' * n}." for two in combinations(KIND, 2) for n in range(4)]
    mixed = [pair for text in kinder if mixed_merits(pair := StoryPair(request, good, text))]
    assert mixed
    for pair in mixed[:5]:
        one, other = (story_merits(request, text) for text in pair[1:])
        assert other.kind > one.kind
        assert other.sense < one.sense
        assert 0.5 < gold_reward(request, pair.second) - gold_reward(request, pair.first) < 1
        assert not mixed_merits(StoryPair(request, pair.second, pair.first))


def test_the_circle_goes_round_and_there_is_none_without_haste():
    request = REQUESTS[0]
    told = ["Nada de nada.", f"{BEST[0].first}", " ".join(BEST[0].first.split()[:-8]), f"{LONG} {LONG}"]
    pairs = [StoryPair(request, a, b) for a, b in zip(told[::2], told[1::2], strict=True)]
    for annotator in (HastyAnnotator(noise=0.5), Annotator(noise=0.5)):
        found, stories = most_circular(pairs, annotator)
        p = league(found, stories, annotator)
        assert found == request
        least = min(p[0, 1], p[1, 2], p[2, 0]).item()
        assert least == max(
            min(annotator.preference(request, a, b) for a, b in ((x, y), (y, z), (z, x)))
            for x in told
            for y in told
            for z in told
        )
    assert least <= 0.5 + 1e-6  # con una recompensa, no se da la vuelta


def test_a_league_is_played_as_often_as_it_should():
    chances = torch.tensor([[0.5, 0.9, 0.2], [0.1, 0.5, 0.6], [0.8, 0.4, 0.5]])
    wins = play_league(chances, 1000, seeded())
    assert (wins + wins.T == 1000 * (1 - torch.eye(3))).all()
    assert ((wins / 1000 - chances) * (1 - torch.eye(3))).abs().max() < 4 * 0.016


def test_a_loss_is_told_whether_it_counts_the_careless():
    def right(chosen, rejected, share):
        return -((1 - share) * (chosen - rejected).sigmoid() + share / 2).log().mean()

    assert check_careless_loss(right).startswith("Bien")
    assert "Todavía no" in check_careless_loss(lambda c, r, share: right(c, r, share / 2))
    assert "Todavía no" in check_careless_loss(lambda c, r, share: right(r, c, share))
    assert "descuido 0,0" in check_careless_loss(lambda c, r, share: c.sum() * 0)
