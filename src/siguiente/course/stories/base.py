"""El modelo base de esta parte: un GPT pequeño que continúa cuentos y no sabe qué es una petición."""

from siguiente.course.stories.model import StoryModel
from siguiente.language_models.training import TrainingConfig
from siguiente.language_models.words import END
from siguiente.transformers.gpt import GPT, GPTConfig

CONTEXT = 144  # caben la petición y el cuento más largo


def make_story_base(vocab_size: int) -> GPT:
    """Construye el modelo base, todavía sin entrenar, con un vocabulario de V tokens.

    >>> sum(weights.numel() for weights in make_story_base(1478).parameters())
    185400
    """
    return GPT(GPTConfig(vocab_size, CONTEXT, layers=2, heads=4, channels=60))


TRAINING = TrainingConfig(
    steps=1_000, length=CONTEXT, learning_rate=1e-2, warmup=50, evaluate_every=250, boundary=END
)
STORY_BASE = StoryModel("story-base", __name__, make_story_base, TRAINING)
