import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.course.language_models.neighbours import (
    chance_agreement,
    nearest,
    neighbour_agreement,
)


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_neighbours_agree_with_scikit_learn():
    from sklearn.neighbors import NearestNeighbors

    vectors = randn(40, 6)
    oracle = NearestNeighbors(n_neighbors=6, metric="cosine").fit(vectors.numpy())
    expected = oracle.kneighbors(vectors.numpy(), return_distance=False)[:, 1:]
    assert np.array_equal(nearest(vectors, 5).numpy(), expected)


@settings(deadline=None)
@given(scale=st.floats(0.1, 50))
def test_the_length_of_a_vector_does_not_matter(scale):
    vectors = randn(12, 4)
    longer = vectors.clone()
    longer[3] *= scale
    assert torch.equal(nearest(vectors, 3), nearest(longer, 3))


def test_no_word_is_its_own_neighbour_even_if_another_is_equal():
    vectors = torch.ones(4, 3)
    assert not (nearest(vectors, 3) == torch.arange(4)[:, None]).any()


def test_vectors_without_meaning_agree_by_chance_and_clusters_fully():
    categories = torch.arange(300) % 3
    noise = randn(300, 8)
    centers = 20 * randn(3, 8, seed=1)
    assert neighbour_agreement(noise, categories, 5).mean().item() == pytest.approx(
        chance_agreement(categories), abs=0.04
    )
    assert neighbour_agreement(noise + centers[categories], categories, 5).mean() == 1


def test_chance_is_the_mean_over_every_shuffle():
    categories = torch.tensor([0, 0, 0, 1, 1, 2])
    assert chance_agreement(categories) == pytest.approx((3 * 2 + 2 * 1 + 0) / (6 * 5))
