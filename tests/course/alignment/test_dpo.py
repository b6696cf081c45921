"""Los métodos que aprenden de las mismas preferencias, en pequeño, y lo que la página lee de ellos."""

from dataclasses import replace

import pytest
import torch

from siguiente.alignment.dpo import Compared, ipo_loss
from siguiente.course.alignment import dpo, policy_scores, preferences
from siguiente.course.alignment.dpo import (
    CHOSEN,
    CONFIG,
    LABELS,
    METHODS,
    NAMES,
    RATES,
    SPENT,
    STORY_CHOICES,
    STORY_DPO,
    STORY_PREFERRED_RATES,
    STORY_UNJUDGED,
    TRIALS,
    TUNED,
    UNJUDGED,
    WATCHED,
    Choices,
    ended,
    load_choices,
    load_preferred,
    settle_pairs,
    spent,
    tried_rates,
)
from siguiente.course.data.story_requests import distinct_requests
from siguiente.course.data.story_reward import gold_rewards
from siguiente.evaluation.selection import best_of_n_kl
from siguiente.language_models.training import TrainingConfig


@pytest.fixture
def brief(small, monkeypatch):
    monkeypatch.setattr(dpo, "LABELS", 12)
    monkeypatch.setattr(dpo, "WRITTEN", 2)
    monkeypatch.setattr(dpo, "IMITATED", 4)
    monkeypatch.setattr(dpo, "HELD", 3)
    monkeypatch.setattr(preferences, "judge_config", lambda pairs: TrainingConfig(2, 4, learning_rate=1e-2))
    monkeypatch.setattr(dpo, "EVERY", 4)
    monkeypatch.setattr(dpo, "CONFIG", replace(CONFIG, steps=4, batch_size=3, warmup=1))
    few = policy_scores.measured_prompts()[:4]
    monkeypatch.setattr(policy_scores, "measured_prompts", lambda: few)
    monkeypatch.setattr(dpo, "distinct_requests", lambda split: distinct_requests(split)[:4])
    return small


@pytest.mark.parametrize("name", METHODS)
def test_each_method_learns_and_is_measured(brief, monkeypatch, name):
    recipe = STORY_UNJUDGED if name == UNJUDGED else STORY_DPO
    monkeypatch.setattr(recipe, "seeds", (0, 1))
    for seed in (0, 1):
        brief.record(recipe, name, seed)
    paths = load_preferred(name)
    assert paths.steps == [0, 4]
    assert paths.of("kl")[:, 0].tolist() == pytest.approx([0, 0], abs=1e-4)
    before, after = brief.policy, load_learner(name)
    assert any(not torch.equal(a, b) for a, b in zip(before.model.parameters(), after, strict=True))
    assert ("ordered" in paths.rows[0][0]) == (name in WATCHED)
    far, gold, *_ = ended({name: paths})[name]
    assert (far.value, gold.value) == (paths.gained("kl").value, paths.gained("gold").value)


def load_learner(name):
    """Los pesos tras aprender otra vez con el mismo método."""
    policy = dpo.load_story_policy()
    list(METHODS[name].learn(METHODS[name], policy, 0))
    return policy.model.parameters()


def test_what_is_seen_of_new_pairs_adds_up(brief):
    brief.record(STORY_DPO, "dpo", 0)
    first, last = STORY_DPO.rows("dpo", 0)
    assert first["chosen"] == first["rejected"] == first["ordered"] == 0
    assert last["margin"] == pytest.approx(last["chosen"] - last["rejected"], abs=1e-5)
    assert last["fall"] == pytest.approx((last["chosen"] + last["rejected"]) / 2, abs=1e-5)
    assert last["ordered"] in (0, pytest.approx(1 / 3), pytest.approx(2 / 3), 1)


def test_the_control_only_changes_who_is_preferred(brief, monkeypatch):
    asked = []
    monkeypatch.setattr(dpo, "prefer", lambda setting, policy, seed, judged: asked.append(judged) or [])
    for name in ("dpo", "shuffled"):
        METHODS[name].learn(METHODS[name], None, 0)
    assert asked[0] != asked[1]
    assert [{pair.chosen, pair.rejected} for pair in asked[0]] == [
        {pair.chosen, pair.rejected} for pair in asked[1]
    ]


def test_the_iterated_one_asks_about_its_own_stories_against_the_first_policy(brief, monkeypatch):
    calls = []

    def spy(policy, pairs, config, beta, loss, reference):
        calls.append((len(pairs.chosen.ids), config.seed, reference))
        return iter([None] * config.steps)

    monkeypatch.setattr(dpo, "train_dpo", spy)
    steps = METHODS["iterated"].learn(METHODS["iterated"], brief.policy, 2)
    assert len(list(steps)) == 4
    assert [seed for _, seed, _ in calls] == [4, 5]
    assert all(0 < count <= 6 for count, _, _ in calls)
    assert len({id(reference) for *_, reference in calls}) == 1
    assert calls[0][2] is not brief.policy.model


def test_the_distilled_one_imitates_what_scores_most(brief, monkeypatch):
    shown = []
    monkeypatch.setattr(dpo, "encode_demonstrations", lambda policy, records: shown.extend(records))
    monkeypatch.setattr(dpo, "train_sft", lambda model, data, config: iter(()))
    monkeypatch.setattr(dpo, "own_reward", lambda seed: lambda prompts, texts: list(map(len, texts)))
    written = []
    real = dpo.sample_answers
    monkeypatch.setattr(dpo, "sample_answers", lambda *given: written.append(real(*given)) or written[0])
    METHODS["distilled"].learn(METHODS["distilled"], brief.policy, 0)
    texts = written[0].texts
    longest = [max(texts[i : i + 2], key=len) for i in range(0, len(texts), 2)]
    assert [len(record.completion) for record in shown] == [len(text) for text in longest]


def test_its_control_imitates_the_first_of_the_same_stories(brief, monkeypatch):
    written, shown = [], []
    real = dpo.sample_answers
    monkeypatch.setattr(dpo, "encode_demonstrations", lambda policy, records: shown.extend(records))
    monkeypatch.setattr(dpo, "train_sft", lambda model, data, config: iter(()))
    monkeypatch.setattr(dpo, "sample_answers", lambda *given: written.append(real(*given)) or written[-1])
    for name in ("distilled", "unjudged"):
        METHODS[name].learn(METHODS[name], brief.policy, 0)
    assert written[0].texts == written[1].texts
    assert [record.completion for record in shown[4:]] == written[1].texts[::2]
    assert [record.prompt for record in shown[:4]] == [record.prompt for record in shown[4:]]
    assert METHODS["unjudged"].rate == METHODS["distilled"].rate


def test_every_rate_is_tried_with_every_method(brief):
    assert len(TRIALS) == len(TUNED) * len(RATES)
    for name in TRIALS:
        brief.record(STORY_PREFERRED_RATES, name)
    assert {name: len(row) for name, row in tried_rates().items()} == dict.fromkeys(TUNED, len(RATES))


def test_each_method_uses_the_recorded_rate_that_was_worth_most():
    for name, worth in tried_rates().items():
        assert METHODS[name].rate == RATES[worth.index(max(worth))]
    assert METHODS["shuffled"].rate == METHODS["iterated"].rate == METHODS["dpo"].rate


def test_the_stories_to_choose_from_are_stored_with_their_worth(brief, monkeypatch):
    monkeypatch.setattr(dpo, "CHOSEN", (1, 2))
    monkeypatch.setattr(STORY_CHOICES, "seeds", (0, 1))
    for seed in (0, 1):
        brief.record(STORY_CHOICES, seed=seed)
    choices, rows = load_choices(), STORY_CHOICES.rows(seed=1)
    assert {values.shape for values in choices.scores.values()} == {(2, 4, 2)}
    asked = [request.text for request in distinct_requests("test")[:4]]
    texts = [row["text"] for row in rows]
    assert choices.scores["gold"][1, :, 0].tolist() == pytest.approx(gold_rewards(asked, texts), abs=1e-3)
    assert not torch.equal(choices.scores["chooser"], choices.scores["proxy"])


def test_who_chooses_read_what_dpo_reads_with_that_seed(brief, monkeypatch):
    read = []
    monkeypatch.setattr(dpo, "prefer", lambda setting, policy, seed, judged: read.append(judged))
    real = dpo.taught_reward
    monkeypatch.setattr(dpo, "taught_reward", lambda judged, seed: read.append(judged) or real(judged, seed))
    METHODS["dpo"].learn(METHODS["dpo"], None, 1)
    reward = dpo.own_reward(1)
    assert read[0] == read[1]
    assert len(reward(["Quiero un cuento con Ana y una mascota.\n"], ["Ana."])) == 1


def test_choosing_by_the_truth_gains_and_by_its_opposite_loses():
    gold = torch.rand(3, 20, 16, generator=torch.Generator().manual_seed(0))
    wise, foolish = (Choices({"chooser": sign * gold, "gold": gold}) for sign in (1, -1))
    assert wise.gain("gold", 1).tolist() == pytest.approx([0, 0, 0], abs=1e-6)
    assert (wise.gain("gold", 16) > 0.3).all()
    assert (foolish.gain("gold", 16) < -0.3).all()
    both = Choices(wise.scores | {"proxy": -gold, "sense": gold})
    assert [row[:2] for row in both.table()] == [[n, best_of_n_kl(n)] for n in CHOSEN]
    *_, (_, _, own, true, _, other) = both.table()
    assert own == true
    assert own.low > 0 > other.high
    points = wise.trail("gold")
    assert len(points) == len(CHOSEN)
    assert points[-1][0].value == pytest.approx(1.835, abs=1e-3)


def test_everyone_reads_each_comparison_once_and_is_told_apart():
    assert CONFIG.steps * CONFIG.batch_size == LABELS
    assert len(set(NAMES.values())) == len(METHODS) == len(NAMES)
    rows = {name: dict(zip(SPENT, row, strict=True)) for name, row in spent().items()}
    assert rows["DPO"]["comparaciones"] == rows["lo mejor de 16"]["comparaciones"] == LABELS
    assert rows["DPO"]["lecturas"] == 1 < rows["lo mejor de 16"]["lecturas"]
    assert rows["DPO iterado"]["cuentos para aprender"] > 0 == rows["IPO"]["cuentos para aprender"]


def test_a_table_settles_on_the_margin_that_is_asked_for():
    ref = torch.tensor([0.7, 0.3]).double().log()
    found = settle_pairs(lambda seen: ipo_loss(seen, beta=0.25), ref, 1000).log()
    assert Compared(*found, *ref).margin.item() == pytest.approx(2, abs=1e-3)
