"""Las respuestas que se anotan: las escribe cada modelo, con la plantilla, y se abren iguales."""

import pytest

from siguiente.course.alignment import assistant_replies
from siguiente.course.alignment.assistant_measures import Reply
from siguiente.course.alignment.assistant_replies import (
    ASKED,
    ASSISTANT_REPLIES,
    load_replies,
)
from siguiente.course.alignment.spanish_assistant import request
from siguiente.course.data.instructions import load_instructions
from siguiente.language_models.protocol import ByteTokenizer, TextModel, UniformModel
from siguiente.runtime.recipe import Recipe


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Lo que se pide a cada modelo, que responde con su nombre."""
    seen = list[str]()
    model = TextModel(UniformModel(258), ByteTokenizer())
    monkeypatch.setattr("siguiente.llm.files.loading.load", lambda name: (name, model))
    monkeypatch.setattr(assistant_replies, "load_assistant", lambda: ("tuned", model))

    def reply(named, prompts, length):
        seen.extend(prompts)
        return [Reply(f"{named[0]}: {len(prompt)}", ended=True) for prompt in prompts]

    monkeypatch.setattr(assistant_replies, "write_replies", reply)
    monkeypatch.setattr(
        assistant_replies, "bits_per_byte", lambda named, texts: model.model and torch_like(texts)
    )
    monkeypatch.setattr(Recipe, "folder", lambda self: tmp_path)
    return seen, tmp_path


def torch_like(texts):
    """Un número por texto."""
    import torch

    return torch.tensor([float(len(text)) for text in texts])


@pytest.mark.parametrize(("name", "who"), [("base", "gemma-3-270m"), ("tuned", "tuned")])
def test_each_model_answers_the_same_requests_with_the_template(asked, name, who):
    seen, folder = asked
    run = ASSISTANT_REPLIES.train(ASSISTANT_REPLIES.part(name), folder)
    tasks = load_instructions("test")[:ASKED]
    assert seen == [request(task.prompt) for task in tasks]
    assert load_replies(name) == [Reply(f"{who}: {len(prompt)}", ended=True) for prompt in seen]
    assert len(run.measure(ASSISTANT_REPLIES.rows(name))) == 3
