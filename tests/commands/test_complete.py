"""Continuar un texto con un modelo diminuto, o comparar continuaciones."""

import json

import pytest


def test_it_writes_as_many_continuations_as_asked(order, tiny, capsys):
    assert order("complete", "Hola", "--n", "2", "--length", "4") == 0
    assert capsys.readouterr().out.count("Hola") == 2


def test_the_seed_decides_what_it_writes(order, tiny, capsys):
    def written(*options):
        order("complete", "Hola", "--length", "8", *options)
        return capsys.readouterr().out

    assert written("--seed", "1") == written("--seed", "1")
    assert written("--seed", "1") != written("--seed", "2")
    assert written("--temperature", "0", "--seed", "1") == written("--temperature", "0", "--seed", "2")


def test_it_orders_continuations_by_their_probability(order, tiny, capsys):
    order("complete", "Hola", "--among", "a", "b", "c", "--json")
    nats = json.loads(capsys.readouterr().out)["nats"]
    assert set(nats) == {"a", "b", "c"}
    assert list(nats.values()) == sorted(nats.values(), reverse=True)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (["--among", "a", " "], "está vacía"),
        (["--length", "0"], "--length"),
        (["--n", "0"], "--n"),
        (["--temperature", "-1"], "--temperature"),
        (["--top-p", "0"], "--top-p"),
        (["--among", "a", "\udcff"], "medio carácter"),
    ],
)
def test_bad_options_are_explained(refused, tiny, bad, message):
    assert message in refused("complete", "Hola", *bad)


def test_a_model_that_is_not_known_or_is_not_there(refused):
    assert "El curso no conoce el modelo 'gpt-9'" in refused("complete", "Hola", "--model", "gpt-9")
    assert "falta config.json" in refused("complete", "Hola", "--model", "./nada")
