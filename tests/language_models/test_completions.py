import pytest
import torch

from siguiente.language_models.completions import score_completions, score_options
from siguiente.language_models.protocol import TextModel, UniformModel

PROMPTS = ["Hoy llueve y hace", "Hoy llueve", "Mañana hará"]
COMPLETIONS = [" frío", " fresco", " calor", " calorcito", " sol: {x} «y» 🙂"]


def plain(model, oracle, prompt, completion):
    ids = torch.tensor([model.encode(prompt + completion)])
    start = len(model.encode(prompt))
    return oracle(model.model, ids)[0, start - 1 : -1].gather(-1, ids[0, start:, None]).sum()


def test_sums_all_tokens_as_one_plain_pass_does(text_gru, oracle):
    scores = score_completions(text_gru, PROMPTS, COMPLETIONS)
    expected = torch.stack(
        [torch.stack([plain(text_gru, oracle, p, c) for c in COMPLETIONS]) for p in PROMPTS]
    )
    torch.testing.assert_close(scores.logprobs, expected, atol=1e-4, rtol=0)
    assert scores.tokens[0].tolist() == [len(c.encode()) for c in COMPLETIONS]


def test_options_of_each_prompt_are_scored_as_on_their_own(text_gru):
    options = [[" sol", " frío"], [" y nieva", " y ya"], [" bueno", " calor"]]
    together = score_options(text_gru, PROMPTS, options)
    alone = [score_completions(text_gru, [p], c) for p, c in zip(PROMPTS, options, strict=True)]
    torch.testing.assert_close(together.logprobs, torch.cat([scores.logprobs for scores in alone]))
    assert together.tokens.tolist() == [scores.tokens[0].tolist() for scores in alone]


def test_reads_each_distinct_prefix_once(text_gru):
    score_completions(text_gru, ["común " * 20 + "a", "común " * 20 + "b"], [" x", " y"])
    # BOS, el prefijo con sus letras, y un espacio por rama: las hojas no se leen.
    assert text_gru.model.read == 1 + len(("común " * 20).encode()) + 2 * (1 + 1)


def test_length_normalised(text_gru):
    scores = score_completions(text_gru, PROMPTS, COMPLETIONS)
    torch.testing.assert_close(scores.per_token() * scores.tokens, scores.logprobs)
    torch.testing.assert_close(scores.among().sum(1), torch.ones(3))


def test_an_empty_completion_is_explained(text_gru):
    with pytest.raises(ValueError, match="No hay qué puntuar"):
        score_completions(text_gru, ["a"], [""])


def test_a_prompt_longer_than_the_context_is_refused(text_gru):
    text_gru.model.context_length = 10
    with pytest.raises(ValueError, match="caben 10"):
        score_completions(text_gru, ["Un prompt demasiado largo"], [" a"])


class Merging:
    """Un tokenizador que funde dos espacios en uno solo, como hacen los de verdad."""

    vocab_size, bos_id, eos_id = 300, 256, None

    def encode(self, text):
        return list(text.replace("  ", "\x01").encode())


def test_a_merge_across_the_boundary_is_refused():
    model = TextModel(UniformModel(300), Merging())
    with pytest.raises(ValueError, match="quite el espacio final"):
        score_completions(model, ["Hola "], [" mundo"])
