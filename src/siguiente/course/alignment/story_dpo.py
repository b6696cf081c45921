"""La política de los cuentos ajustada con DPO, y su control: lo mismo con las preferencias barajadas."""

from torch import Generator

from siguiente.alignment.dpo import DPOReport, train_dpo
from siguiente.alignment.sequences import encode_preferences
from siguiente.course.alignment.annotation import shuffled_labels
from siguiente.course.alignment.story_policy import TunedPolicy, load_story_policy, load_tuned, told
from siguiente.course.alignment.story_reward_model import SEED, story_preferences
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained

BETA = 0.1
#: Los pasos justos para ver cada pareja una sola vez.
DPO_CONFIG = TrainingConfig(steps=125, batch_size=32, learning_rate=1e-3, warmup=5, weight_decay=0.0)


def load_story_dpo(shuffled: bool = False) -> TunedPolicy:
    """Abre la política que ajustó DPO o, con `shuffled`, el control, que aprendió de las mismas parejas con
    la preferida a cara o cruz; si falta, la ajusta.
    """
    return load_tuned(STORY_DPO, "shuffled" if shuffled else "annotated", DPOReport)


def prefer(part: Part) -> Run:
    """Ajusta una política a las preferencias del anotador o, como control, a las mismas barajadas."""
    policy, preferences = load_story_policy(), story_preferences()
    if part.name == "shuffled":
        preferences = shuffled_labels(preferences, Generator().manual_seed(SEED))
    pairs = encode_preferences(policy, preferences)
    return Run(policy.model, train_dpo(policy.model, pairs, DPO_CONFIG, BETA, part.checkpoint), told(policy))


STORY_DPO = Trained("story-dpo", __name__, prefer, parts=("annotated", "shuffled"))
