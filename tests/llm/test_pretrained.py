"""El protocolo sobre una red de transformers: trozos, estados que no cambian y errores claros."""

import subprocess
import sys

import pytest
import torch

from siguiente.language_models.sampling import generate, generate_batch, greedy
from siguiente.llm import CATALOGUE, load
from siguiente.llm.files.loading import load_card
from siguiente.llm.pretrained import PretrainedModel

LENGTH = 40  # cinco veces la ventana de la Gemma diminuta


@pytest.fixture
def model(tiny, cache) -> PretrainedModel:
    return load_card(tiny.card, tiny.path).model


@pytest.fixture
def ids() -> torch.Tensor:
    return torch.randint(3, 256, (2, LENGTH), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("sizes", [[LENGTH], [7, 1, 8, 9, 15], [1] * LENGTH, [30, 10]])
def test_chunks_equal_one_plain_pass(model, ids, sizes) -> None:
    """También al cruzar la ventana deslizante, dentro de un trozo y entre trozos."""
    with torch.inference_mode():
        expected = model.network(ids).logits
    state, seen = None, []
    for chunk in ids.split(sizes, 1):
        logits, state = model.step(chunk, state, last=chunk.shape[1])
        seen.append(logits)
    torch.testing.assert_close(torch.cat(seen, 1), expected, rtol=0, atol=1e-4)


def test_only_the_last_logits(model, ids) -> None:
    every, _ = model.step(ids, last=LENGTH)
    few, _ = model.step(ids, last=3)
    assert few.shape == (2, 3, model.vocab_size)
    assert few.dtype == torch.float32
    torch.testing.assert_close(few, every[:, -3:], rtol=0, atol=1e-5)


@pytest.mark.parametrize("read", [3, 7, 20])
def test_an_old_state_stays_valid(model, ids, read) -> None:
    _, state = model.step(ids[:, :read])
    before = [(layer.keys.clone(), layer.values.clone(), layer.get_seq_length()) for layer in state.layers]
    first, _ = model.step(ids[:, read:], state)
    model.step(ids[:, :15], state)
    again, _ = model.step(ids[:, read:], state)
    torch.testing.assert_close(again, first, rtol=0, atol=0)
    for layer, (keys, values, length) in zip(state.layers, before, strict=True):
        assert torch.equal(layer.keys, keys)
        assert torch.equal(layer.values, values)
        assert layer.get_seq_length() == length


def test_repeat_shares_a_prefix(model, ids) -> None:
    _, state = model.step(ids[:1, :12])
    branches = torch.randint(3, 256, (3, 5), generator=torch.Generator().manual_seed(1))
    logits, _ = model.step(branches, state.repeat(3), last=5)
    whole, _ = model.step(torch.cat([ids[:1, :12].expand(3, -1), branches], 1), last=5)
    torch.testing.assert_close(logits, whole, rtol=0, atol=1e-4)
    assert state.layers[0].keys.shape[0] == 1


def test_repeat_keeps_equal_rows_together(model, ids) -> None:
    _, state = model.step(ids[:, :12])
    logits, _ = model.step(ids[:, 12:].repeat_interleave(2, 0), state.repeat(2))
    plain, _ = model.step(ids)
    torch.testing.assert_close(logits, plain.repeat_interleave(2, 0), rtol=0, atol=1e-4)


def test_select_reorders_and_drops_rows(model, ids) -> None:
    _, state = model.step(ids[:, :12])
    rows = torch.tensor([1, 0, 1])
    logits, _ = model.step(ids[rows, 12:], state.select(rows))
    plain, _ = model.step(ids)
    torch.testing.assert_close(logits, plain[rows], rtol=0, atol=1e-4)
    assert state.layers[0].keys.shape[0] == 2


def test_uneven_prompts_in_one_pass(model, ids) -> None:
    """Con relleno por la izquierda, más largo que la ventana, y tras elegir y repetir filas."""
    prompts = [ids[0, :3].tolist(), ids[1, :31].tolist(), ids[0, :12].tolist()]
    logits, state = model.read_batch(prompts)
    rows = torch.tensor([2, 0, 1, 1])
    new = torch.randint(3, 256, (4, 9), generator=torch.Generator().manual_seed(2))
    after, state = model.step(new[:, :4], state.select(rows), last=4)
    more, _ = model.step(new[:, 4:].repeat_interleave(2, 0), state.repeat(2), last=5)
    for i, row in enumerate(rows.tolist()):
        text = torch.cat([torch.tensor(prompts[row]), new[i]])[None]
        expected, _ = model.step(text, last=10)
        found = torch.cat([logits[row], after[i], more[2 * i]])
        torch.testing.assert_close(found, expected[0], rtol=0, atol=1e-4)


def test_generating_at_once_is_generating_one_by_one(model, ids) -> None:
    prompts = [ids[0, :n].tolist() for n in (5, 1, 20, 5)]
    alone = [generate(model, torch.tensor([prompt]), 15, greedy)[0].tolist() for prompt in prompts]
    assert generate_batch(model, prompts, 15, greedy) == alone


def test_a_text_that_does_not_fit(model, ids) -> None:
    _, state = model.step(torch.cat([ids, ids], 1))
    with pytest.raises(ValueError, match="llega a 120 tokens y en el contexto caben 96"):
        model.step(ids, state)


def test_no_gradients_and_no_trainable_weights(model, ids) -> None:
    logits, _ = model.step(ids)
    assert not logits.requires_grad
    assert not any(weight.requires_grad for weight in model.network.parameters())


def test_loading_is_announced(tiny, cache) -> None:
    seen: list[str] = []
    sys.addaudithook(lambda event, found: seen.append(*found) if event == "siguiente.resource" else None)
    load_card(tiny.card, tiny.path)
    assert seen == [f"model:{tiny.card.name}"]


def test_loading_is_silent(tiny, cache, capfd) -> None:
    load_card(tiny.card, tiny.path)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_importing_the_part_is_light() -> None:
    code = "import sys, siguiente.llm; print(*({'torch', 'transformers', 'gguf'} & set(sys.modules)))"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8"
        ).stdout
        == "\n"
    )


def test_an_unknown_model() -> None:
    with pytest.raises(ValueError, match=r"no conoce el modelo 'gpt-9'. Conoce estos: gemma-3-270m"):
        load("gpt-9")


@pytest.fixture(scope="module")
def gemma():
    return load("gemma-3-270m")


def top(model, text: str) -> str:
    logits, _ = model.model.step(model.prompt(text))
    return model.decode(logits[0].argmax(-1))


def test_gemma_continues_in_spanish(gemma) -> None:
    assert gemma.encode("Uno")[0] == gemma.tokenizer.bos_id
    assert top(gemma, "Uno, dos, tres, cuatro,") == " cinco"
    assert top(gemma, "El sol sale por el este y se pone por el") == " oeste"


def test_gemma_across_its_window(gemma) -> None:
    """La ventana de las capas locales es de 512 tokens: 530 de una vez y en trozos dan lo mismo."""
    ids = torch.randint(1000, 200_000, (1, 530), generator=torch.Generator().manual_seed(0))
    expected, _ = gemma.model.step(ids, last=5)
    _, state = gemma.model.step(ids[:, :505])
    _, state = gemma.model.step(ids[:, 505:525], state)
    logits, _ = gemma.model.step(ids[:, 525:], state, last=5)
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-4)


def test_smollm_is_loaded_whole() -> None:
    model = load("smollm2-135m-instruct")
    card = CATALOGUE[1]
    assert sum(weight.numel() for weight in model.model.network.parameters()) == card.parameters
    assert (model.model.vocab_size, model.model.context_length) == (49_152, 8192)
    assert top(model, "The capital of France is") == " Paris"
