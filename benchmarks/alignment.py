"""Un paso de DPO y uno de GRPO, frente a los entrenadores de TRL con la misma red y los mismos datos.

Se mide el paso entero: no cuentan la construcción ni el registro. El de DPO hace las log-probabilidades de
las parejas, la pérdida, el gradiente, el recorte y AdamW. Los dos tienen calculado de antes lo que dice el
modelo de partida; en TRL hay que pedirlo (`precompute_ref_log_probs`), y en la otra fila está TRL como viene,
que lo calcula en cada paso. El de GRPO escribe las respuestas, las puntúa con una función trivial, calcula lo
que dice de ellas el modelo de partida, la pérdida y el gradiente, y recorta y mueve los pesos. En lo nuestro
cuenta además el informe de cada paso.

De TRL se llama a `training_step`, y luego al recorte y a AdamW: lo que añade el bucle de `train` no cuenta.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from pairs import Benchmark
from torch.nn.utils import clip_grad_norm_

from siguiente.alignment.dpo import train_dpo
from siguiente.alignment.policy_gradient import grpo_loss
from siguiente.alignment.rl import GRPO, train_rl
from siguiente.alignment.sequences import Answers, Pairs, answer_logprobs, join_answers
from siguiente.course.transformers.gpt2_twin import gpt2_twin
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.training import TrainingConfig
from siguiente.transformers.gpt import GPT, GPTConfig

# Nombre, forma, parejas por paso de DPO, peticiones y respuestas de cada una por paso de GRPO, objetivo y
# repeticiones. La primera red es la de los cuentos de la parte de alineación.
SIZES = (
    ("0,2 M", GPTConfig(1478, context_length=144, layers=2, heads=4, channels=60), 32, 8, 8, 0.5, 11),
    ("10 M", GPTConfig(1478, context_length=144, layers=12, heads=8, channels=256), 4, 1, 8, float("inf"), 3),
)
PROMPT, ANSWER, BETA, RATE = 10, 100, 0.04, 1e-4
END, PAD = 0, 1


def word(token: int) -> str:
    """La palabra de un token."""
    return f"w{token:04}"


@dataclass(frozen=True)
class NumberWords:
    """Un tokenizador cuyas palabras son sus números, todas igual de largas: «w0007 w0003»."""

    vocab_size: int
    bos_id: None = None
    eos_id: int = END

    def encode(self, text: str) -> list[int]:
        """De palabras a números."""
        return [int(word[1:]) for word in text.split()]

    def decode(self, ids: Sequence[int]) -> str:
        """De números a palabras."""
        return " ".join(map(word, ids))

    def token_bytes(self, token: int) -> bytes:
        """No se usa."""
        return word(token).encode()

    def twin(self) -> Any:
        """El mismo, en transformers."""
        from tokenizers import Tokenizer, models, pre_tokenizers
        from transformers import PreTrainedTokenizerFast

        words = {word(token): token for token in range(self.vocab_size)}
        tokenizer = Tokenizer(models.WordLevel(words, unk_token=word(PAD)))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        return PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, pad_token=word(PAD), eos_token=word(END), padding_side="left"
        )


def benchmarks(folder: Path) -> list[Benchmark]:
    """Los dos métodos, con cada tamaño."""
    warnings.simplefilter("ignore")  # avisos de las bibliotecas sobre su configuración por defecto
    made = []
    for name, config, pairs, prompts, group, goal, repeats in SIZES:
        rows = [texts(config.vocab_size, pairs, length) for length in (PROMPT, ANSWER, ANSWER)]
        for precompute, reference in ((True, "hecha antes"), (False, "en cada paso")):
            both = our_dpo(config, rows), trl_dpo(config, rows, folder, precompute)
            for _ in range(3):  # la misma pérdida antes de moverse y tras dos pasos
                torch.testing.assert_close(both[0](), both[1](), atol=1e-4, rtol=0)
            case = f"{name}: DPO, {pairs} parejas; referencia de TRL, {reference}"
            made.append(Benchmark(case, *both, goal, repeats))
        asked = texts(config.vocab_size, prompts, PROMPT)
        both = our_grpo(config, asked, group), trl_grpo(config, asked, group, folder)
        case = f"{name}: GRPO, {prompts} × {group} respuestas"
        made.append(Benchmark(case, *both, goal, repeats))
    return made


def texts(vocabulary: int, count: int, length: int) -> list[str]:
    """Palabras al azar, sin la de final ni la de relleno."""
    generator = torch.Generator().manual_seed(length + count)
    rows = torch.randint(2, vocabulary, (count, length), generator=generator).tolist()
    return [NumberWords(vocabulary).decode(row) for row in rows]


def settings(batch_size: int) -> TrainingConfig:
    """Cómo aprende lo nuestro: con tantos pasos, la tasa no baja en los que se miden."""
    return TrainingConfig(1_000_000, batch_size, ANSWER, RATE, warmup=0, weight_decay=0.0)


def our_dpo(config: GPTConfig, rows: list[list[str]]) -> Callable[[], float]:
    """Un paso de DPO nuestro, siempre con las mismas parejas."""
    encode = NumberWords(config.vocab_size).encode
    prompts, *answers = ([encode(text) for text in column] for column in rows)
    pairs = Pairs(*(join_answers(prompts, [[*row, END] for row in column]) for column in answers))
    reports = train_dpo(GPT(config).train(), pairs, settings(len(prompts)))
    return lambda: next(reports).loss


def our_grpo(config: GPTConfig, prompts: list[str], group: int) -> Callable[[], float]:
    """Un paso de GRPO nuestro."""
    policy = TextModel(GPT(config), NumberWords(config.vocab_size))
    reward = lambda prompts, answers: letters(answers)  # noqa: E731
    training = settings(len(prompts))
    reports = train_rl(policy, prompts, reward, GRPO(BETA), training, group)
    return lambda: next(reports).reward


def letters(answers: Sequence[str], **_: object) -> list[float]:
    """Una recompensa que no cuesta nada."""
    return [answer.count("7") / ANSWER for answer in answers]


def trl_dpo(config: GPTConfig, rows: list[list[str]], folder: Path, precompute: bool) -> Callable[[], float]:
    """Un paso de DPO de TRL, con las mismas parejas."""
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    data = Dataset.from_dict(dict(zip(("prompt", "chosen", "rejected"), with_spaces(rows), strict=True)))
    args = DPOConfig(beta=0.1, precompute_ref_log_probs=precompute, **shared(folder, len(rows[0])))
    trainer = DPOTrainer(**saved(config, folder), args=args, train_dataset=data)
    return partial(trl_step, *ready(trainer))


def with_spaces(rows: list[list[str]]) -> list[list[str]]:
    """TRL pega la respuesta a la petición: hace falta el espacio entre las dos."""
    return [rows[0], *([f" {text}" for text in column] for column in rows[1:])]


def trl_grpo(config: GPTConfig, prompts: list[str], group: int, folder: Path) -> Callable[[], float]:
    """Un paso de GRPO de TRL; antes, comprueba que con sus respuestas nuestro gradiente es el suyo."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    options: dict[str, Any] = {
        "beta": BETA,
        "loss_type": "grpo",
        "num_generations": group,
        "max_completion_length": ANSWER,
    }
    args = GRPOConfig(**options, **shared(folder, len(prompts) * group))
    data, reward = Dataset.from_dict({"prompt": prompts}), lambda completions, **_: letters(completions)
    trainer = GRPOTrainer(**saved(config, folder), reward_funcs=reward, args=args, train_dataset=data)
    optimizer, batch = ready(trainer)[1:]
    trainer.training_step(trainer.model, batch, None)
    check_gradient(trainer, GPT(config))
    return partial(trl_step, trainer, optimizer, batch)


def shared(folder: Path, batch_size: int) -> dict[str, Any]:
    """Lo que piden los dos entrenadores: nada de registro, de guardar ni de acelerador."""
    quiet = {"report_to": [], "save_strategy": "no", "logging_strategy": "no", "disable_tqdm": True}
    plain = {
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "model_init_kwargs": {"dtype": "float32"},
    }
    sizes = {
        "output_dir": str(folder / "trl"),
        "per_device_train_batch_size": batch_size,
        "learning_rate": RATE,
    }
    return quiet | plain | sizes


def saved(config: GPTConfig, folder: Path) -> dict[str, Any]:
    """La red, en una carpeta, de donde TRL toma también el modelo de partida; y su tokenizador."""
    reader, place = NumberWords(config.vocab_size).twin(), str(folder / f"{config.layers}")
    twin = gpt2_twin(GPT(config))
    twin.config.eos_token_id = twin.generation_config.eos_token_id = END
    twin.config.pad_token_id = twin.generation_config.pad_token_id = reader.pad_token_id
    twin.save_pretrained(place)
    reader.save_pretrained(place)
    return {"model": place, "processing_class": reader}


def ready(trainer: Any) -> tuple[Any, torch.optim.Optimizer, Any]:
    """Prepara lo que `train` prepara antes de su bucle, y un lote con todo."""
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.train()
    optimizer = torch.optim.AdamW(trainer.model.parameters(), lr=RATE, weight_decay=0.0, fused=True)
    return trainer, optimizer, next(iter(trainer.get_train_dataloader()))


def trl_step(trainer: Any, optimizer: torch.optim.Optimizer, batch: Any) -> float:
    """Lo que `train` hace en un paso, con el optimizador nuestro."""
    loss = trainer.training_step(trainer.model, batch, None)
    clip_grad_norm_(trainer.model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def check_gradient(trainer: Any, model: GPT) -> None:
    """Con los mismos pesos y las respuestas que TRL acaba de escribir, compara un gradiente."""
    seen = trainer._buffered_inputs[0]
    ids = torch.cat([seen["prompt_ids"], seen["completion_ids"]], 1)
    mask = torch.cat([torch.zeros_like(seen["prompt_ids"]), seen["completion_mask"]], 1).bool()
    logprobs = answer_logprobs(model, Answers(ids, mask))
    old = logprobs.detach()
    grpo_loss(logprobs, old, old, seen["advantages"], mask[:, 1:], beta=BETA).loss.backward()
    expected = trainer.model.transformer.wte.weight.grad
    torch.testing.assert_close(model.tokens.weight.grad, expected, atol=1e-6, rtol=1e-3)
    trainer.model.zero_grad()
