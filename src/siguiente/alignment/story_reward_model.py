"""El modelo de recompensa de los cuentos: lo que varias páginas optimizan, aprendido de comparaciones."""

import json
from pathlib import Path

import torch
from torch import Generator

from siguiente.alignment.answers import join_answers
from siguiente.alignment.demonstrations import encode_demonstrations
from siguiente.alignment.preferences import (
    StoryPair,
    ask_annotators,
    encode_preferences,
    label_pairs,
    sample_pairs,
)
from siguiente.alignment.reward_model import RewardModel, centre_rewards, fit_reward_model
from siguiente.alignment.story_policy import ANSWER_LENGTH, DEMONSTRATIONS, load_story_policy
from siguiente.data.annotators import Annotator
from siguiente.data.story_requests import StoryRequest, load_demonstrations
from siguiente.language_models.training import TrainingConfig
from siguiente.recipe import Recipe

__all__ = ["ANNOTATOR", "STORY_PAIRS", "STORY_REWARD", "load_story_pairs", "load_story_reward"]

COMPARED = 4_000
SHOWN = 500  # demostraciones con que se pone el cero
SEED = 0
#: Quien compara. Con ese ruido, dos coinciden en algo más de siete de cada diez parejas.
ANNOTATOR = Annotator(noise=0.5)
FIT_CONFIG = TrainingConfig(steps=250, batch_size=32, learning_rate=1e-3, warmup=5)


def load_story_pairs() -> list[StoryPair]:
    """Abre las parejas de cuentos que escribió la política, sin comparar; si faltan, las escribe.

    Las peticiones no son las de las demostraciones.
    """
    rows = json.loads((STORY_PAIRS.folder() / "pairs.json").read_text("utf8"))
    return [StoryPair(StoryRequest(*request), *texts) for request, *texts in rows]


def load_story_reward() -> RewardModel:
    """Abre el modelo de recompensa; si falta, lo ajusta.

    Su cero es la recompensa media de las demostraciones.
    """
    from safetensors.torch import load_file

    model = RewardModel(load_story_policy().model)
    model.load_state_dict(load_file(STORY_REWARD.folder() / "model.safetensors"))
    return model.eval()


def write_pairs(folder: Path) -> None:
    """Escribe dos cuentos por petición."""
    shown = load_demonstrations("train", DEMONSTRATIONS + COMPARED)[DEMONSTRATIONS:]
    generator = Generator().manual_seed(SEED)
    pairs = sample_pairs(load_story_policy(), [demo.request for demo in shown], generator, ANSWER_LENGTH)
    (folder / "pairs.json").write_text(json.dumps(pairs, ensure_ascii=False), "utf8")


def write_reward(folder: Path) -> None:
    """Compara las parejas y ajusta el modelo, con un solo hilo."""
    from safetensors.torch import save_file

    policy, pairs = load_story_policy(), load_story_pairs()
    first = ask_annotators(pairs, [ANNOTATOR], Generator().manual_seed(SEED))
    encoded = encode_preferences(policy, label_pairs(pairs, first))
    model, threads = RewardModel(policy.model), torch.get_num_threads()
    torch.set_num_threads(1)  # con más, las últimas cifras dependerían de la máquina
    try:
        for _ in fit_reward_model(model, encoded, FIT_CONFIG):
            pass
    finally:
        torch.set_num_threads(threads)
    demonstrations = encode_demonstrations(policy, load_demonstrations("train", SHOWN))
    centre_rewards(model, join_answers(*demonstrations))
    save_file(model.state_dict(), folder / "model.safetensors")


STORY_PAIRS = Recipe("story-pairs", __name__, write_pairs)
STORY_REWARD = Recipe("story-reward", __name__, write_reward)
