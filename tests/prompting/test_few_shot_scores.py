import torch

from siguiente.data.labelled_text import LabelledText
from siguiente.prompting.calibration import CONTENT_FREE, batch_calibration, contextual_calibration
from siguiente.prompting.few_shot import FewShotTemplate
from siguiente.prompting.few_shot_scores import METHODS, score_few_shot
from siguiente.prompting.label_scoring import score_labels
from siguiente.prompting.templates import Template

TEMPLATE = FewShotTemplate(Template("Texto: <text>\nTema:"))
EXAMPLES = [LabelledText("uno", "a"), LabelledText("dos", "b")]


def test_texts_and_content_free_texts_see_the_same_examples(text_gru):
    scores = score_few_shot(text_gru, TEMPLATE, ["x", "{y}"], ["a", "b"], EXAMPLES)
    for found, texts in ((scores.raw, ["x", "{y}"]), (scores.content_free, CONTENT_FREE)):
        prompts = [TEMPLATE.prompt(text, EXAMPLES) for text in texts]
        torch.testing.assert_close(found, score_labels(text_gru, prompts, ["a", "b"]))


def test_the_examples_are_read_once(text_gru):
    long = [LabelledText("mucho texto " * 20, "a")]
    score_few_shot(text_gru, TEMPLATE, ["x", "y", "z"], ["a", "b"], long)
    assert text_gru.model.read < 2 * len(TEMPLATE.prompt("", long))


def test_each_method_by_its_name(text_gru):
    scores = score_few_shot(text_gru, TEMPLATE, ["x", "y"], ["a", "b"])
    plain, contextual, batch = (scores.by_method()[method] for method in METHODS)
    torch.testing.assert_close(plain.exp().sum(1), torch.ones(2))
    torch.testing.assert_close(contextual, contextual_calibration(scores.raw, scores.content_free))
    torch.testing.assert_close(batch, batch_calibration(scores.raw))


def test_hits_are_those_of_each_method(text_gru):
    scores, targets = score_few_shot(text_gru, TEMPLATE, ["x", "y", "z"], ["a", "b"]), torch.tensor([0, 1, 0])
    for method, found in scores.hits(targets).items():
        assert found.tolist() == (scores.by_method()[method].argmax(1) == targets).tolist()
