import pytest
import torch

from siguiente.prompting.few_shot import METHODS, FewShotScores, FewShotTemplate, score_few_shot
from siguiente.prompting.labels import CONTENT_FREE, LabelledText, score_labels
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


# Tres etiquetas y dos textos; lo esperado está hecho a mano con fracciones.
HANDMADE = FewShotScores(
    raw=torch.tensor([[0.50, 0.30, 0.20], [0.50, 0.48, 0.02]]).log(),
    content_free=torch.tensor([[0.8, 0.1, 0.1], [0.8, 0.1, 0.1]]).log(),
)
EXPECTED = {
    "sin calibrar": [5 / 10, 3 / 10, 2 / 10],
    "contextual": [5 / 45, 24 / 45, 16 / 45],  # 0,5/0,8 : 0,3/0,1 : 0,2/0,1
    "por lotes": [143 / 513, 110 / 513, 260 / 513],  # 0,5/0,5 : 0,3/0,39 : 0,2/0,11
}


def test_each_method_prefers_another_label():
    assert tuple(EXPECTED) == METHODS
    for method, expected in EXPECTED.items():
        torch.testing.assert_close(HANDMADE.calibrated(method)[0].exp(), torch.tensor(expected))


def test_hits_are_those_of_each_method():
    """Al segundo texto, las tres responden 0, 1 y 1."""
    found = {method: hits.tolist() for method, hits in HANDMADE.hits(torch.tensor([2, 0])).items()}
    assert found == {
        "sin calibrar": [0, 1],
        "contextual": [0, 0],
        "por lotes": [1, 0],
    }


def test_what_a_method_needs_is_missed_only_by_that_method():
    without = FewShotScores(HANDMADE.raw, HANDMADE.raw[:0])
    for method in ("sin calibrar", "por lotes"):
        torch.testing.assert_close(without.calibrated(method), HANDMADE.calibrated(method))
    with pytest.raises(ValueError, match="math"):
        without.calibrated("contextual")
