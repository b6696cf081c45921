"""Escribir con una restricción: el índice frente al de outlines_core y cada token frente a no restringir."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import outlines_core
import torch
from pairs import Benchmark

TEXT = {"type": "string", "maxLength": 24}
SCHEMA = {
    "type": "object",
    "properties": {"producto": TEXT, "precio": {"type": "integer"}, "ciudad": TEXT},
}
MODELS = {"SmolLM2": ("smollm2-135m-instruct", 5), "Gemma": ("gemma-3-270m", 3)}
LENGTH = 32


def benchmarks(folder: Path) -> list[Benchmark]:
    """Por modelo: preparar el vocabulario, construir el índice y escribir 32 tokens."""
    from siguiente.llm.files.loading import load
    from siguiente.prompting.fast.json_schema import schema_pattern

    pattern, made = schema_pattern(SCHEMA), []
    for title, (name, repeats) in MODELS.items():
        model = load(name)
        tokens = [model.tokenizer.token_bytes(i) for i in range(model.tokenizer.vocab_size)]
        made += index_benchmarks(title, pattern, tokens, model.tokenizer.eos_id, repeats)
        made.append(writing_benchmark(title, pattern, model, repeats))
    return made


def index_benchmarks(
    title: str, pattern: str, tokens: Sequence[bytes], eos: int, repeats: int
) -> list[Benchmark]:
    """El árbol frente al vocabulario de outlines_core, y el índice frente al suyo, con los mismos estados."""
    from siguiente.prompting.fast.automaton import automaton
    from siguiente.prompting.fast.token_index import TokenIndex, byte_tree

    tree, vocabulary = byte_tree(tokens), vocabulary_of(tokens, eos)
    ours, peer = TokenIndex(automaton(pattern), tree), outlines_core.Index(pattern, vocabulary)
    allowed = set(ours.allowed(1).nonzero()[0].tolist())
    first = peer.get_allowed_tokens(peer.get_initial_state())
    if allowed != set(first) or len(ours.machine.final) - 1 != len(peer.get_transitions()):
        raise ValueError("Los dos índices no son el mismo.")
    prepare = partial(byte_tree, tokens), partial(vocabulary_of, tokens, eos)
    size = f"{title} ({len(tokens)} tokens)"
    return [
        Benchmark(f"{size}: preparar el vocabulario", *prepare, 5, repeats),
        Benchmark(
            f"{size}: índice de {len(ours.machine.final) - 1} estados",
            lambda: TokenIndex(automaton(pattern), tree),
            lambda: outlines_core.Index(pattern, vocabulary),
            5,
            repeats,
        ),
    ]


def vocabulary_of(tokens: Sequence[bytes], eos: int) -> Any:
    """El vocabulario de outlines_core: de los bytes a los números."""
    numbers: dict[bytes, list[int]] = {}
    for number, token in enumerate(tokens):
        if token and number != eos:
            numbers.setdefault(token, []).append(number)
    return outlines_core.Vocabulary(eos, numbers)


def writing_benchmark(title: str, pattern: str, model: Any, repeats: int) -> Benchmark:
    """Escribir los mismos tokens con la restricción, con el índice ya construido, y sin ella."""
    from siguiente.language_models.sampling import generate, greedy
    from siguiente.prompting.constrained import Constraint

    ids = model.prompt("Anuncio: vendo mesa, 20 euros, Lima.\nJSON: ")
    constraint = Constraint(pattern, model.tokenizer)

    def write(adjust: Callable[..., torch.Tensor] | None) -> torch.Tensor:
        return generate(model.model, ids, LENGTH, greedy, adjust=adjust)

    write(constraint.adjust)
    pair = partial(write, constraint.adjust), partial(write, None)
    return Benchmark(f"{title}: escribir un token", *pair, 1.1, repeats + 2, (LENGTH, LENGTH))
