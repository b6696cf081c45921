"""La política de los cuentos: el modelo base, ajustado con demostraciones para responder a peticiones."""

import json
from pathlib import Path
from typing import Any

import torch

from siguiente.alignment.demonstrations import encode_demonstrations
from siguiente.alignment.sft import train_sft
from siguiente.alignment.story_base import STORY_BASE
from siguiente.data.story_requests import load_demonstrations
from siguiente.language_models.text import TextModel
from siguiente.language_models.training import TrainingConfig
from siguiente.recipe import Recipe
from siguiente.transformers.gpt import GPT

__all__ = ["ANSWER_LENGTH", "STORY_POLICY", "load_story_policy", "story_policy_losses"]

ANSWER_LENGTH = 128  # tokens: el cuento más largo cabe, con su final
DEMONSTRATIONS = 12_800
SFT_CONFIG = TrainingConfig(steps=800, batch_size=16, learning_rate=1e-2, warmup=20)


def load_story_policy() -> TextModel[GPT]:
    """Abre la política ajustada con demostraciones; si falta, la ajusta."""
    from safetensors.torch import load_file

    policy = STORY_BASE.load()
    policy.model.load_state_dict(load_file(STORY_POLICY.folder() / "model.safetensors"))
    return policy


def story_policy_losses() -> list[float]:
    """La pérdida de cada paso del ajuste, en nats por token de la respuesta."""
    losses: list[float] = json.loads((STORY_POLICY.folder() / "log.json").read_text("utf8"))
    return losses


def write_story_policy(folder: Path) -> None:
    """Ajusta el modelo base con las demostraciones, con un solo hilo, y lo escribe."""
    from safetensors.torch import save_file

    policy: TextModel[Any] = STORY_BASE.load()
    data = encode_demonstrations(policy, load_demonstrations("train", DEMONSTRATIONS))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # con más, las últimas cifras dependerían de la máquina
    try:
        losses = list(train_sft(policy.model.train(), data, SFT_CONFIG))
    finally:
        torch.set_num_threads(threads)
    save_file(policy.model.state_dict(), folder / "model.safetensors")
    (folder / "log.json").write_text(json.dumps(losses), "utf8")


STORY_POLICY = Recipe("story-policy", __name__, write_story_policy)
