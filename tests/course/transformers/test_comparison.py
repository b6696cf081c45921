"""Lo anotado de Gemma con los cuentos."""

from siguiente.course.data.stories import load_stories, story_logprob
from siguiente.course.transformers.comparison import (
    CONTEXTS,
    STORIES,
    load_gemma_nats,
)


def test_each_story_costs_more_than_the_grammar_asks_for_and_less_after_reading_others():
    cold, warm = map(load_gemma_nats, CONTEXTS)
    truth = [-story_logprob(text) for text in load_stories("test", STORIES)]
    assert all(a > b > c for a, b, c in zip(cold.tolist(), warm.tolist(), truth, strict=True))
