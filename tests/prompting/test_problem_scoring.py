"""Problemas puntuados por partes: qué se pregunta en cada una, y que leer a la vez no cambia nada."""

import pytest
import torch

from siguiente.data.word_problems import WordProblem, load_word_problems
from siguiente.language_models.completions import score_completions
from siguiente.language_models.text import ByteTokenizer, TextModel
from siguiente.prompting.problem_scoring import (
    STAGES,
    direct_prompt,
    score_options,
    stage_prompts,
    worked_prompt,
)
from siguiente.transformers.gpt import GPT, GPTConfig

SHOT, PROBLEM = load_word_problems()[:2]


@pytest.fixture(scope="module")
def tiny():
    config = GPTConfig(vocab_size=258, context_length=600, layers=1, heads=1, channels=8)
    return TextModel(GPT(config), ByteTokenizer())


def test_prompts_by_hand():
    assert direct_prompt(PROBLEM, [SHOT]).endswith(f"{PROBLEM.text}\nRespuesta:")
    assert f"{SHOT.text}\nRespuesta: 28\n\n" in direct_prompt(PROBLEM, [SHOT])
    assert f"{SHOT.text}\nCuentas: 24 + 13 = 37; 37 - 9 = 28\nRespuesta: 28\n\n" in worked_prompt(
        PROBLEM, [SHOT]
    )
    assert str(PROBLEM.answer) not in direct_prompt(PROBLEM, []) + worked_prompt(PROBLEM, [])


def test_each_stage_asks_the_next_thing():
    begin = worked_prompt(PROBLEM, [SHOT])
    stages = stage_prompts(PROBLEM, [SHOT])
    assert len(stages) == len(STAGES)
    prompts, options = zip(*stages, strict=True)
    assert [prompt.removeprefix(begin) for prompt in prompts] == [
        " 12 × 4 = 48;",
        " 12 × 4 = 48; 48 - 11 =",
        " 12 × 4 = 48; 48 - 11 = 37\nRespuesta:",
        " 12 × 4 = 48; 48 - 11 = 47\nRespuesta:",
    ]
    assert options == (
        (" 48 - 11", " 48 + 11", " 48 × 11", " 48 / 11"),
        *[(" 37", " 47", " 59", " 48")] * 3,
    )


def test_the_right_operation_always_comes_first():
    for problem in load_word_problems():
        (_, signs), *_ = stage_prompts(problem, [])
        assert len(set(signs)) == 4
        assert signs[0] == f" {problem.second_step.removesuffix(' =')}"


def test_options_of_each_prompt_are_scored_as_on_their_own(tiny):
    """El oráculo: cada prompt con sus opciones, por separado."""
    pairs = stage_prompts(PROBLEM, [SHOT])
    together = score_options(tiny, *zip(*pairs, strict=True))
    alone = [score_completions(tiny, [prompt], options).logprobs[0] for prompt, options in pairs]
    torch.testing.assert_close(together, torch.stack(alone))


def test_bad_input(tiny):
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        score_options(tiny, ["uno", "dos"], [[" a"]])
    with pytest.raises(ValueError, match="No hay qué puntuar"):
        score_options(tiny, ["uno"], [[""]])
    with pytest.raises(KeyError, match="÷"):
        WordProblem("¿Cuánto?", 8, "÷", 2, "+", 1).answer  # noqa: B018
