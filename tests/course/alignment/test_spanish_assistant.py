"""El asistente que se registró, lo que él y Gemma respondieron y lo que se mide de las respuestas."""

import math
from importlib.resources import files

import pytest
import torch

from siguiente.alignment.lora import lora_state, merge_lora
from siguiente.course.alignment import spanish_assistant as assistant
from siguiente.course.alignment.spanish_assistant import (
    ASSISTANT_REPLIES,
    BASE,
    BATCH,
    CHECKED,
    REPLY_LENGTH,
    SHOTS,
    Reply,
    bits_per_byte,
    blind_hits,
    few_shot_prompt,
    is_right,
    labels,
    load_replies,
    measure_replies,
    request,
    right_replies,
    stopped,
    training_records,
    write_replies,
)
from siguiente.course.data.instructions import KINDS, load_instructions
from siguiente.language_models.protocol import ByteTokenizer, TextModel, UniformModel
from siguiente.language_models.sampling import complete
from siguiente.language_models.scoring import evaluate
from siguiente.runtime.recipe import Recipe

FOLDER = files("siguiente.course.alignment")


def test_what_was_registered_makes_sense():
    found = assistant.load_registration()
    assert found.base == assistant.base_key()
    assert len(found.losses) == assistant.TRAINING.steps
    assert all(math.isfinite(loss) for loss in found.losses)
    assert sum(found.losses[-20:]) < sum(found.losses[:20]) / 2


def test_it_is_small_and_comes_with_the_terms_of_gemma():
    assert len((FOLDER / assistant.ADAPTER).read_bytes()) <= 2_000_000
    notice = (FOLDER / "spanish_assistant.notice.txt").read_text(encoding="utf-8")
    assert "Gemma is provided under and subject to the Gemma Terms of Use" in notice
    assert "MODIFIED" in notice
    terms = (FOLDER / "spanish_assistant.terms.txt").read_text(encoding="utf-8")
    assert "Section 4: ADDITIONAL PROVISIONS" in terms


def test_another_file_is_refused(monkeypatch):
    found = assistant.load_registration()._replace(sha256="0" * 64)
    monkeypatch.setattr(assistant, "load_registration", lambda: found)
    with pytest.raises(ValueError, match="no es el archivo que se anotó"):
        assistant.load_assistant()


def test_merging_it_changes_nothing():
    model = assistant.load_assistant()
    assert not any(weights.requires_grad for weights in model.model.network.parameters())
    assert all(matrix.abs().sum() > 0 for matrix in lora_state(model.model.network).values())
    ids = model.prompt(assistant.request("¿Qué es un volcán?"))
    adapted = model.model.step(ids)[0].log_softmax(-1)
    merge_lora(model.model.network)
    merged = model.model.step(ids)[0].log_softmax(-1)
    torch.testing.assert_close(merged, adapted, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_its_first_steps_repeat():
    recorded = assistant.load_registration().losses[:3]
    assert assistant.repeat_first_steps(3) == pytest.approx(recorded, abs=1e-3)


def test_each_measure_has_its_column():
    test = load_instructions("test")
    good = [Reply(i.completion, True) for i in test]
    assert measure_replies(test, good).mean(0).tolist() == [1, 1]
    assert measure_replies(test, [Reply(r.text, False) for r in good]).mean(0).tolist() == [0, 1]
    assert measure_replies(test[:1], [Reply("", True)]).tolist() == [[1, 0]]
    with pytest.raises(ValueError, match="zip"):
        measure_replies(test, good[1:])


def test_the_good_replies_are_right_and_copying_what_was_asked_is_not():
    test = load_instructions("test")
    checked = [i for i in test if i.kind in CHECKED]
    assert right_replies(test, [Reply(i.completion, True) for i in test]).tolist() == [1] * len(checked)
    assert right_replies(test, [Reply(i.prompt, True) for i in test]).tolist() == [0] * len(checked)


def test_the_good_label_is_one_of_those_offered_and_a_blind_choice_hits_as_often_as_it_should():
    test = load_instructions("test")
    assert all((i.completion in labels(i)) == (i.kind == "clasificar") for i in test)
    each = [sum(is_right(i, label) for label in labels(i)) / len(labels(i)) for i in test if labels(i)]
    assert blind_hits(test) == pytest.approx(sum(each))


def test_each_request_is_shown_one_of_each_kind_and_not_always_the_same():
    records = [record.prompt + record.completion for record in training_records()]
    kinds = dict(zip(records, (i.kind for i in load_instructions("train")), strict=True))
    shown = [few_shot_prompt(place, "¿Y?").split("\n\n") for place in range(len(records) // SHOTS + 1)]
    for *cases, last in shown:
        assert {kinds[case] for case in cases} == {*KINDS}
        assert last == request("¿Y?")
    assert {case for cases in shown for case in cases[:-1]} == {*records}
    assert shown[0] != shown[-1]
    assert {*shown[0]} == {*shown[-1]}


def test_the_longest_answer_fits():
    from siguiente.llm.files.loading import load

    tokens = load(assistant.BASE).tokenizer
    assert max(len(tokens.encode(f" {i.completion}")) for i in load_instructions("test")) < REPLY_LENGTH


def test_the_first_mark_ends_the_reply():
    reply = Reply("uno\nB: dos\nA: tres", False)
    assert stopped(reply, ["\nA:", "\nB:"]) == Reply("uno", True)
    assert stopped(reply, ["\nA:"]) == Reply("uno\nB: dos", True)
    assert stopped(reply, ["C"]) == reply


def test_replies_are_the_most_likely_and_say_if_they_ended(text_gru):
    prompts = [f"Petición {n}" * (1 + n % 3) for n in range(BATCH + 3)]
    alone = [complete(text_gru, prompt, 8)[0] for prompt in prompts]
    assert [reply.text for reply in write_replies(text_gru, prompts, 8)] == alone
    torch.nn.init.constant_(text_gru.model.head.bias, 0)
    with torch.no_grad():
        text_gru.model.head.bias[text_gru.tokenizer.eos_id] = 1e4
    assert write_replies(text_gru, ["a"], 8) == [Reply("", True)]


def test_bits_per_byte_are_those_of_each_text(text_gru):
    texts = ["un niño", "otra cosa más larga"]
    expected = [evaluate(text_gru, [text]).bits_per_byte for text in texts]
    assert bits_per_byte(text_gru, texts).tolist() == pytest.approx(expected)


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Lo que se pide a cada modelo, que responde con su nombre."""
    seen = list[str]()
    model = TextModel(UniformModel(258), ByteTokenizer())
    monkeypatch.setattr("siguiente.llm.files.loading.load", lambda name: (name, model))
    monkeypatch.setattr(assistant, "load_assistant", lambda: ("tuned", model))

    def reply(named, prompts, length):
        seen.extend(prompts)
        return [Reply(f"{named[0]}: {len(prompt)}", ended=True) for prompt in prompts]

    monkeypatch.setattr(assistant, "write_replies", reply)
    monkeypatch.setattr(assistant, "bits_per_byte", lambda named, texts: torch.arange(len(texts)))
    monkeypatch.setattr(Recipe, "folder", lambda self: tmp_path)
    return seen, tmp_path


@pytest.mark.parametrize(("name", "who"), [("base", BASE), ("few-shot", BASE), ("tuned", "tuned")])
def test_each_model_answers_the_same_requests_with_the_template(asked, name, who):
    seen, folder = asked
    run = ASSISTANT_REPLIES.train(ASSISTANT_REPLIES.part(name), folder)
    prompts = [task.prompt for task in load_instructions("test")]
    few = [few_shot_prompt(*each) for each in enumerate(prompts)]
    assert seen == (few if name == "few-shot" else [request(prompt) for prompt in prompts])
    assert load_replies(name) == [Reply(f"{who}: {len(prompt)}", ended=True) for prompt in seen]
    assert len(run.measure(ASSISTANT_REPLIES.rows(name))) == 3
