"""Datos y pesos de quien usa las órdenes: sus peticiones, lo que prefiere y lo que ya ajustó."""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from torch import Generator, nn

from siguiente.alignment.reward_model import RewardModel
from siguiente.alignment.rollouts import sample_answers
from siguiente.alignment.sequences import Demonstration, Preference, PromptCompletion
from siguiente.course.alignment.preferences import (
    load_story_pairs,
    load_story_reward,
    story_preferences,
)
from siguiente.course.alignment.rlhf import unused_prompts
from siguiente.course.alignment.sft import ANSWER_LENGTH, DEMONSTRATIONS, load_story_policy
from siguiente.course.cli.records import load_preferences, load_prompt_completion, read_records
from siguiente.course.cli.text_file import read_bytes
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.report.numbers import percent
from siguiente.course.stories.base import STORY_BASE
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.words import split_pieces
from siguiente.runtime.store import write_atomically
from siguiente.transformers.gpt import GPT

FOREIGN = 0.2  # con más palabras desconocidas, se avisa
SHOWN = 5  # líneas que se enumeran, como mucho
PAIRS = 2_000  # las del curso que se usan si no se dan otras
KINDS: dict[type, str] = {GPT: "una política", RewardModel: "un modelo de recompensa"}


def open_policy(path: Path | None = None, base: bool = False) -> TextModel[GPT]:
    """Abre la política de los cuentos o, con la misma forma, la que una orden escribió en un archivo.
    Con `base`, a falta de archivo se parte del modelo base, que todavía no sabe responder.
    """
    policy: TextModel[Any] = STORY_BASE.load() if base else load_story_policy()
    if path is not None:
        load_weights(path, policy.model)
    return policy


def open_reward(path: Path | None, policy: TextModel[GPT]) -> RewardModel:
    """Abre el modelo de recompensa de los cuentos, o el que una orden escribió; la política da su forma."""
    if path is None:
        return load_story_reward()
    model = RewardModel(policy.model)
    load_weights(path, model)
    return model.eval()


def open_demonstrations(path: Path | None, policy: TextModel[GPT]) -> Sequence[Demonstration]:
    """Lee demostraciones propias, que caben en la política; sin archivo, da las del curso."""
    if path is None:
        return load_demonstrations("train", DEMONSTRATIONS)
    check_records(path, PromptCompletion._fields, policy)
    return [PromptCompletion(as_request(prompt), text) for prompt, text in load_prompt_completion(path)]


def open_preferences(path: Path | None, policy: TextModel[GPT]) -> list[Preference]:
    """Lee preferencias propias, que caben en la política; sin archivo, da las del curso, que puso un
    anotador simulado.
    """
    if path is None:
        return story_preferences(load_story_pairs()[:PAIRS])
    check_records(path, Preference._fields, policy)
    return [Preference(as_request(prompt), *texts) for prompt, *texts in load_preferences(path)]


def check_records(path: Path, fields: tuple[str, ...], policy: TextModel[GPT]) -> None:
    """Antes de aprender, dice qué líneas no caben y avisa si la política no conoce sus palabras."""
    rows = [(line, as_request(prompt), answers) for line, (prompt, *answers) in read_records(path, fields)]
    limit, encode = policy.model.context_length, policy.tokenizer.encode
    sizes = {
        line: len(policy.encode(asked)) + max(len(encode(a)) + 1 for a in answers)
        for line, asked, answers in rows
    }
    if long := [f"{line} ({size})" for line, size in sizes.items() if size > limit]:
        more = f" y otras {len(long) - SHOWN}" if len(long) > SHOWN else ""
        raise ValueError(
            f"{path.name}: en el contexto caben {limit} tokens, y hay líneas que ocupan más: "
            f"{', '.join(long[:SHOWN])}{more}. Acórtelas o use `siguiente assistant`."
        )
    share = unknown_share(policy, (text for _, asked, answers in rows for text in (asked, *answers)))
    if share > FOREIGN:
        warnings.warn(
            f"de las palabras de {path.name}, el {percent(share)} no está en el vocabulario de los cuentos y "
            "se deletrea: se aprenderá poco. Con sus propias palabras, use `siguiente assistant`.",
            stacklevel=2,
        )


def unknown_share(policy: TextModel[GPT], texts: Iterator[str]) -> float:
    """Qué parte de las palabras de unos textos no tiene token propio.

    >>> from types import SimpleNamespace
    >>> from siguiente.language_models.words import WordTokenizer
    >>> stories = SimpleNamespace(tokenizer=WordTokenizer.from_texts(["Ana rió"]))
    >>> unknown_share(stories, iter(["Ana rió", "Eva rió"]))
    0.25
    """
    pieces = [piece for text in texts for piece in split_pieces(text) if piece.strip().isalpha()]
    spelled = sum(len(policy.tokenizer.encode(piece)) > 1 for piece in pieces)
    return spelled / max(1, len(pieces))


def open_prompts(path: Path | None) -> list[str]:
    """Lee las peticiones de un archivo, cada una una vez; sin archivo, da peticiones de cuentos sin usar."""
    if path is None:
        return unused_prompts()
    return list(dict.fromkeys(as_request(prompt) for _, (prompt,) in read_records(path, ("prompt",))))


def as_request(prompt: str) -> str:
    """Acaba una petición en salto de línea: así son aquellas con que se ajustó la política.

    >>> as_request("Salude.")
    'Salude.\\n'
    """
    return prompt if prompt.endswith("\n") else f"{prompt}\n"


def answer_room(policy: TextModel[GPT], prompts: Sequence[str]) -> int:
    """Los tokens que puede ocupar una respuesta a cualquiera de las peticiones; al menos, uno.

    >>> from siguiente.language_models.protocol import ByteTokenizer
    >>> from siguiente.transformers.gpt import GPTConfig
    >>> gpt = GPT(GPTConfig(vocab_size=258, context_length=16, layers=1, heads=1, channels=4))
    >>> answer_room(TextModel(gpt, ByteTokenizer()), ["Salude.\\n"])
    7
    """
    longest = max(prompts, key=lambda prompt: len(policy.encode(prompt)))
    used, context = len(policy.encode(longest)), policy.model.context_length
    if used >= context:
        raise ValueError(f"{longest[:30]!r} ocupa {used} tokens y en el contexto caben {context}: acórtela.")
    return min(ANSWER_LENGTH, context - used)


def answer(policy: TextModel[GPT], prompt: str, seed: int, room: int) -> str:
    """Lo que la política responde a una petición, con `room` tokens como mucho."""
    return sample_answers(policy, [prompt], Generator().manual_seed(seed), room).texts[0]


def save_weights(path: Path, model: nn.Module) -> None:
    """Guarda los pesos de una política o de un modelo de recompensa, enteros o nada."""
    from safetensors.torch import save

    write_atomically(path, save({name: value.contiguous() for name, value in model.state_dict().items()}))


def load_weights(path: Path, model: nn.Module) -> None:
    """Pone en un modelo de la misma clase y forma los pesos de un archivo de :func:`save_weights`."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        found = load(read_bytes(path))
    except SafetensorError as error:
        raise ValueError(f"{path.name} no es un archivo de pesos o está incompleto.") from error
    shapes = [{name: value.shape for name, value in state.items()} for state in (found, model.state_dict())]
    if shapes[0] != shapes[1]:
        kind = KINDS.get(type(model), "un modelo")
        raise ValueError(f"{path.name} es de otro modelo: ahí va {kind} con la forma de la de los cuentos.")
    if not all(value.isfinite().all() for value in found.values()):
        raise ValueError(f"{path.name} tiene un peso que no es un número finito: use otro archivo.")
    model.load_state_dict(found)
