"""Si un texto es un cuento, y dónde deja de serlo."""

from siguiente.course.data.stories import load_stories
from siguiente.course.transformers.gpt import is_story, legible, split_at_error

STORY = load_stories("test", 1)[0]


def test_a_changed_word_is_no_story_and_the_cut_falls_before_it():
    first, *_, last = STORY.split(" ")
    changed = STORY.replace(last, "nevera")
    assert is_story(STORY)
    assert not is_story(changed)
    before, after = split_at_error(changed, before=len(STORY))
    assert first in before
    assert after.startswith("nevera")


def test_what_cannot_be_printed_is_a_dot():
    assert legible("a\x00b", length=3) == "a·b…"
