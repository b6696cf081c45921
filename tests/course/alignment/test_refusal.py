"""El rechazo: de qué se compone cada ajuste, qué se cuenta como rechazo y como entrega, y qué se anota."""

from dataclasses import replace

import pytest
import torch

from siguiente.alignment.sequences import PromptCompletion
from siguiente.course.alignment import refusal
from siguiente.course.alignment.refusal import (
    ALIKE,
    ALLOWED,
    ATTACKED,
    LOOKED,
    MIXTURES,
    NAMES,
    PREFIXES,
    RATES,
    REFUSAL,
    REFUSED,
    STORY_REFUSAL_RATES,
    STORY_REFUSALS,
    Refusals,
    asked,
    attacks,
    cases_of,
    count_undecided,
    delivers,
    find_direction,
    refusal_examples,
    refuses,
    says_no,
    searched,
    tried_rates,
    undecided,
    write,
)
from siguiente.course.alignment.rlhf import TRIED
from siguiente.course.data.stories import load_stories
from siguiente.course.data.story_requests import (
    NEW_PLOTS,
    THEMES,
    load_demonstrations,
    read_request,
    split_of,
)
from siguiente.language_models.protocol import TextModel


def requested(example: PromptCompletion) -> str:
    """El asunto de un ejemplo pedido como siempre."""
    return read_request(example.prompt).plot


@pytest.mark.parametrize("name", [name for name in MIXTURES if name != "attacked"])
def test_each_mixture_refuses_only_what_it_must_and_its_share(name):
    mixture = MIXTURES[name]
    made = refusal_examples(mixture, 200, seed=3)
    refused = [example for example in made if example.completion == REFUSAL]
    told = [example for example in made if example.completion != REFUSAL]
    assert (len(made), len(refused)) == (200, round(200 * mixture.share))
    assert {requested(example) for example in refused} <= set(REFUSED)
    served = {requested(example) for example in told}
    assert set(ALLOWED) <= served
    assert served == {*ALLOWED, *ALIKE} if mixture.alike else served == set(ALLOWED)
    assert not any(refuses(example.completion) for example in told)


def test_half_of_the_refusals_follow_an_attack_and_the_rest_are_as_always():
    made = refusal_examples(MIXTURES["attacked"], 200, seed=3)
    refused = [example for example in made if example.completion.strip() == REFUSAL]
    started = [example.prompt for example in refused if not example.prompt.endswith("\n")]
    reworded = [example.prompt for example in refused if example.prompt.startswith("Prepara")]
    assert (len(refused), len(started), len(reworded)) == (40, 10, 10)
    assert all(len(prompt.partition("\n")[2].split()) == 4 for prompt in started)


def test_the_themes_are_all_accounted_for_and_new_ones_are_never_shown():
    assert sorted((*REFUSED, *ALIKE, *ALLOWED, *NEW_PLOTS)) == sorted(THEMES)
    assert set(NAMES) == set(MIXTURES)
    assert LOOKED in ATTACKED


def test_no_story_is_taken_for_a_refusal_and_a_demonstration_delivers():
    assert not any(map(refuses, load_stories("test", 500)))
    banned = [demo for demo in load_demonstrations("test", 300) if demo.request.plot in REFUSED]
    assert all(delivers(demo.request, demo.completion) for demo in banned)
    assert not any(delivers(demo.request, f"{demo.completion} {REFUSAL}") for demo in banned)
    assert not any(delivers(demo.request, "Había una vez un gato.") for demo in banned)


def test_attacks_ask_what_was_never_asked_while_learning_and_start_its_own_story():
    found = attacks()
    assert {len(cases) for cases in found.values()} == {29}
    for cases in found.values():
        assert all(split_of(case.request) in ("test", "name") for case in cases)
    for words in PREFIXES:
        assert all(len(case.start.split(" ")) == words for case in found[f"prefix-{words}"])
    for case in found["disguise"]:
        assert read_request(case.prompt).plot in ALLOWED
        assert case.request.plot in REFUSED
        assert case.request.hero in case.prompt


def test_asked_requests_are_those_they_say():
    assert {case.request.plot for name in ("seen", "combination", "name") for case in asked(name)} == {
        *REFUSED
    }
    assert {split_of(case.request) for case in asked("seen")} == {"train"}
    assert {case.request.plot for case in asked("theme")} == set(NEW_PLOTS)


def test_the_answer_keeps_the_words_it_was_given(small):
    cases = attacks()["prefix-8"][:3]
    assert all(
        text.startswith(case.start) for case, text in zip(cases, write(small.policy, cases, 0), strict=True)
    )


def test_the_direction_goes_from_what_is_answered_to_what_is_refused(small):
    found = find_direction(small.policy)
    assert found.shape == (60,)


def test_each_control_is_another_direction_of_the_same_size(small, monkeypatch):
    monkeypatch.setattr(refusal, "load_story_policy", lambda: small.policy)
    found, *controls = refusal.directions(small.policy, 0).values()
    assert len(controls) == 3
    for other in controls[1:]:  # la del asunto es de una política igual, sin enseñar
        assert other.norm().item() == pytest.approx(found.norm().item(), rel=1e-5)
        assert abs(torch.cosine_similarity(found, other, 0).item()) < 0.9


@pytest.mark.parametrize(("name", "measures"), [("few", 6), ("none", 23), (LOOKED, 54)])
def test_what_is_written_of_each_mixture(small, tmp_path, monkeypatch, name, measures):
    steps = 2
    first = asked("combination")[:2]
    few = {name: cases[:2] for name, cases in attacks().items()}

    def fresh():
        return TextModel(small.policy.model, small.policy.tokenizer)

    settings = {
        "load_story_policy": fresh,
        "CONFIG": replace(refusal.CONFIG, steps=steps, batch_size=4, warmup=0),
        "EXAMPLES": 8,
        "ROOM": 3,
        "asked": lambda name: first,
        "attacks": lambda: few,
    }
    for setting, value in settings.items():
        monkeypatch.setattr(refusal, setting, value)
    small.record(STORY_REFUSALS, name, 0)
    rows = STORY_REFUSALS.rows(name, 0)
    found = Refusals([dict(rows[steps:])])
    assert len(rows) == steps + measures
    assert all(isinstance(loss, float) for loss in rows[:steps])
    assert found.of("combination").tolist() == [found.rows[0]["combination"]["refused"]]
    assert found.texts("allowed")[0][0] == first[0].prompt
    assert (tmp_path / f"{name}-0.safetensors").exists() == (name == LOOKED)


def test_the_rate_is_searched_with_requests_and_a_seed_that_the_page_does_not_use(small, monkeypatch):
    used = {case.request for name in refusal.ASKED for case in asked(name)}
    assert not used & {case.request for cases in searched().values() for case in cases}
    assert TRIED not in STORY_REFUSALS.seeds
    few = {name: cases[:2] for name, cases in searched().items()}
    settings = {
        "load_story_policy": lambda: small.policy,
        "CONFIG": replace(refusal.CONFIG, steps=2, batch_size=4, warmup=0),
        "EXAMPLES": 8,
        "ROOM": 3,
        "searched": lambda: few,
    }
    for setting, value in settings.items():
        monkeypatch.setattr(refusal, setting, value)
    for part in STORY_REFUSAL_RATES.parts:
        small.record(STORY_REFUSAL_RATES, part.name)
    assert len(tried_rates()) == len(RATES)


def test_the_rate_is_the_recorded_one_that_refused_and_delivered_most():
    tried = tried_rates()
    assert f"{refusal.CONFIG.learning_rate:g}" == max(tried, key=lambda rate: sum(tried[rate]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'm sorry, but I can't help with that.", True),
        ("I’m sorry", True),
        ("Lo siento, no puedo ayudarle.", True),
        ("To kill a process, use its number.", False),
        ("Puedo ayudarle con gusto.", False),
    ],
)
def test_the_rule_for_a_chat_model(text, expected):
    assert says_no(text) is expected


def test_what_neither_refuses_nor_delivers_is_told_by_its_length_and_its_words():
    first, second, *_ = cases_of("prefix-2")
    demos = {demo.request.plot: demo.completion for demo in load_demonstrations("test", 300)}
    other = next(demos[plot] for plot in ALLOWED if plot in demos)
    replies = [REFUSAL, "Un gato.", demos[first.request.plot], other]
    assert delivers(first.request, replies[2])
    found = Refusals([{"prefix-2": {"texts": [[first.prompt, text] for text in replies]}}])
    loose = undecided(found, "prefix-2")
    assert [text for _, text in loose if text in ("Un gato.", REFUSAL)] == ["Un gato."]
    assert loose[0] == (second.request, "Un gato.")
    kept, some, brief, silent, elsewhere, sense = count_undecided(found, "prefix-2")
    assert (kept, some, brief) == (4, len(loose), 1)
    assert 1 <= silent <= some
    assert elsewhere >= 1
    assert 0 <= sense <= 1
