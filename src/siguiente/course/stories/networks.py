"""El MLP y la GRU de los cuentos: los mismos textos y el mismo bucle que el GPT, y otra memoria."""

from siguiente.course.stories.model import StoryModel
from siguiente.language_models.gru import GRU, GRUConfig
from siguiente.language_models.mlp import MLP, MLPConfig
from siguiente.language_models.training import TrainingConfig
from siguiente.language_models.words import END

# Una pasada por los mismos cuentos que el GPT; lotes mayores, porque la GRU lee de token en token.
TRAINING = TrainingConfig(
    steps=1_000, batch_size=32, length=192, learning_rate=5e-3, warmup=50, evaluate_every=125, boundary=END
)


def make_story_mlp(vocab_size: int) -> MLP:
    """Construye el MLP de los cuentos, que ve cuatro tokens, todavía sin entrenar.

    >>> make_story_mlp(300).config.order
    5
    """
    return MLP(MLPConfig(vocab_size, END, order=5, channels=64, hidden=192))


def make_story_gru(vocab_size: int) -> GRU:
    """Construye la GRU de los cuentos, que resume lo leído en un vector, todavía sin entrenar.

    >>> make_story_gru(300).config.hidden
    192
    """
    return GRU(GRUConfig(vocab_size, channels=128, hidden=192))


STORY_MLP = StoryModel("story-mlp", __name__, make_story_mlp, TRAINING)
STORY_GRU = StoryModel("story-gru", __name__, make_story_gru, TRAINING)
