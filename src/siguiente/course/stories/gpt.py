"""El GPT de los cuentos: el mejor modelo que el curso entrena, y el que varias páginas usan."""

from siguiente.course.stories.model import StoryModel
from siguiente.language_models.training import TrainingConfig
from siguiente.language_models.words import END
from siguiente.transformers.gpt import GPT, GPTConfig

CONTEXT = 192  # el cuento más largo cabe


def make_story_gpt(vocab_size: int) -> GPT:
    """Construye el GPT de los cuentos, todavía sin entrenar, con un vocabulario de V tokens.

    >>> make_story_gpt(300).config.layers
    4
    """
    return GPT(GPTConfig(vocab_size, CONTEXT, layers=4, heads=4, channels=128))


TRAINING = TrainingConfig(
    steps=2_000, length=CONTEXT, learning_rate=6e-3, warmup=100, evaluate_every=250, boundary=END
)
STORY_GPT = StoryModel("story-gpt", __name__, make_story_gpt, TRAINING)
