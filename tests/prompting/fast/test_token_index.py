"""El índice frente a leer cada token byte a byte y frente al de outlines_core."""

import re

import numpy as np
import outlines_core
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siguiente.prompting.fast.automaton import DEAD, START, automaton
from siguiente.prompting.fast.json_schema import schema_pattern
from siguiente.prompting.fast.token_index import TokenIndex, byte_tree, distances

EOS = 0
LETTERS = [bytes([byte]) for byte in range(256)]
PIECES = ["ab", "aba", "ñ", "ñañ", "sí", "no", ' "', '": "', "}", "12", "2026-", ", ", '{"', "año"]
#: Byte a byte, trozos, una letra a medias con otra detrás, un token repetido y dos especiales.
TOKENS = [b"", *LETTERS, *(piece.encode() for piece in PIECES), "xñ".encode()[:2], b"\xb1o", b"ab", b""]
SCHEMA = {
    "type": "object",
    "properties": {"año": {"type": "integer"}, "sí": {"type": "string", "maxLength": 5}},
}
PATTERNS = [
    "sí|no",
    "(ab|a)*b?",
    "[^a]{1,3}",
    "[0-9]{4}-[0-9]{2}",
    "(a|ñ)*x(a|ñ){2}",
    "a(bc)?",
    schema_pattern(SCHEMA),
]
#: Los que olvida outlines_core en cada patrón. Con `a(bc)?`, «ab», que está dos veces, y «b» tras «a». Con
#: `[^a]{1,3}`, los primeros bytes de una letra: tras otra ya se podía terminar.
EXCUSED = [0, 0, 155, 0, 0, 3, 0]


def outlines_index(pattern, tokens, eos):
    numbers = {}
    for number, token in enumerate(tokens):
        if token and number != eos:
            numbers.setdefault(token, []).append(number)
    return outlines_core.Index(pattern, outlines_core.Vocabulary(eos, numbers))


def complete(pattern, data):
    """Dice, sin el autómata, si unos bytes son un texto entero que cumple el patrón."""
    try:
        return bool(re.fullmatch(pattern, data.decode()))
    except UnicodeDecodeError:
        return False


def missed_by_outlines(pattern, before, token):
    """Dice si outlines_core olvida un token admitido.

    Su autómata se entera un byte tarde de que el texto podía terminar, y descarta los tokens cuyo último byte
    lleva de donde se puede terminar a donde no: con `a(bc)?` no admite «ab».
    """
    return complete(pattern, before + token[:-1]) and not complete(pattern, before + token)


def check_against_outlines(pattern, tokens, eos):
    """Recorre los dos índices a la vez y compara, estado a estado, los tokens admitidos.

    Devuelve cuántas parejas de estados hay y cuántos tokens olvida outlines_core en todas ellas.
    """
    ours, peer = TokenIndex(automaton(pattern), byte_tree(tokens)), outlines_index(pattern, tokens, eos)
    start = (START, peer.get_initial_state())
    moves, before, pending, excused = peer.get_transitions(), {start: b""}, [start], 0
    while pending:
        state, other = pair = pending.pop()
        goals, allowed = ours.goals(state), np.flatnonzero(ours.allowed(state)).tolist()
        missed = [i for i in allowed if missed_by_outlines(pattern, before[pair], tokens[i])]
        excused += len(missed)
        assert sorted(set(allowed) - set(missed)) == sorted(set(moves.get(other, {})) - {eos})
        assert complete(pattern, before[pair]) == peer.is_final_state(other)
        for i in set(allowed) - set(missed):
            if (found := (int(goals[i]), moves[other][i])) not in before:
                before[found] = before[pair] + tokens[i]
                pending.append(found)
    return len(before), excused


@pytest.mark.parametrize(("pattern", "expected"), list(zip(PATTERNS, EXCUSED, strict=True)))
def test_it_allows_what_outlines_allows(pattern, expected):
    states, excused = check_against_outlines(pattern, TOKENS, EOS)
    assert states >= 2
    assert excused == expected


@pytest.mark.slow
def test_it_allows_what_outlines_allows_with_a_real_vocabulary():
    from siguiente.llm.files.loading import load_pretrained_tokenizer

    tokenizer = load_pretrained_tokenizer("smollm2-135m-instruct")
    tokens = [tokenizer.token_bytes(i) for i in range(tokenizer.vocab_size)]
    states, excused = check_against_outlines(schema_pattern(SCHEMA), tokens, tokenizer.eos_id)
    assert states > 30
    assert excused == 0


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_token_leads_where_its_bytes_lead(pattern):
    machine = automaton(pattern)
    index = TokenIndex(machine, byte_tree(TOKENS))
    for state in range(len(machine.final)):
        expected = [machine.read(token, state) if token else DEAD for token in TOKENS]
        assert index.goals(state).tolist() == expected


@given(st.lists(st.binary(max_size=4), max_size=30))
def test_the_tree_has_one_node_per_prefix(tokens):
    tree = byte_tree(tokens)
    prefixes = {token[:n] for token in tokens for n in range(1, len(token) + 1)}
    assert sum(len(level.parents) for level in tree.levels) == len(prefixes)
    of = {}
    for token, node in zip(tokens, tree.nodes.tolist(), strict=True):
        assert of.setdefault(node, token) == token
        assert (node == 0) == (token == b"")


def test_the_fewest_tokens_counted_by_hand():
    """«año» se escribe con un token; «años», con dos; sin «año», haría falta uno por byte."""
    for tokens, fewest in ((TOKENS, 2), (LETTERS, 5)):
        assert TokenIndex(automaton("años"), byte_tree(tokens)).fewest[START] == fewest


def test_with_little_room_only_what_can_be_finished():
    index = TokenIndex(automaton("a{1,4}|sí"), byte_tree([b"a", "sí".encode(), b"aa", b"aaa", b"s"]))
    assert index.allowed(START).tolist() == [True, True, True, True, False]  # «s» no tiene cómo seguir
    assert index.allowed(START, left=0).tolist() == [True, True, True, True, False]
    index = TokenIndex(automaton("a{3}b"), byte_tree([b"a", b"aaa", b"b", b"aa"]))
    assert index.allowed(START, left=2).tolist() == [True, True, False, True]
    assert index.allowed(START, left=1).tolist() == [False, True, False, False]
    assert not index.allowed(START, left=0).any()


def test_a_dead_end_of_the_vocabulary_is_never_entered():
    """Tras «a» haría falta una «b», que no hay: el autómata la admite, el vocabulario no."""
    index = TokenIndex(automaton("ab|c"), byte_tree([b"a", b"c"]))
    assert index.allowed(START).tolist() == [False, True]


def test_distances_to_an_end_that_is_not_reached():
    steps = distances({1: np.array([2]), 2: np.array([1])}, np.array([False, False, False, True]))
    assert steps.tolist() == [np.inf, np.inf, np.inf, 0]
