"""Los recursos que declaran las páginas: su clave, su origen y si están listos."""

import pytest

from building import resources
from siguiente import artefacts


def test_an_artefact_and_a_model_have_the_key_of_what_they_give():
    assert resources.key("artefact:story-mlp") == artefacts.key("story-mlp")
    assert resources.key("model:gemma-3-270m") == resources.key("artefact:gemma-3-270m")


def test_the_origin_of_what_is_recorded_is_its_provenance():
    assert resources.recorded("artefact:story-mlp") == artefacts.recorded("story-mlp")
    assert resources.recorded("model:gemma-3-270m") is None


@pytest.mark.parametrize("ask", [resources.key, resources.recorded, resources.is_ready])
@pytest.mark.parametrize("name", ["artefact:cuento", "model:story-mlp", "story-mlp", "file:a.csv", ""])
def test_what_is_not_a_resource_is_refused_with_the_known_ones(ask, name):
    with pytest.raises(
        ValueError, match=r"No se conoce el recurso .* Hay estos: model:gemma-3-270m, .*stories"
    ):
        ask(name)
