"""El corpus de los cuentos, ya en tokens: el mismo texto para entrenar y medir todos los modelos."""

from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from siguiente.course.cli.saved_tokenizer import load_tokenizer, save_tokenizer
from siguiente.course.data.stories import load_stories
from siguiente.language_models.protocol import Tokenizer
from siguiente.language_models.windows import token_stream
from siguiente.language_models.words import WordTokenizer
from siguiente.runtime.recipe import Recipe

TRAINING_STORIES = 32_000
HELD_OUT_STORIES = 300


class StoryCorpus(NamedTuple):
    """Los cuentos con que se entrena y los que se apartan para medir."""

    tokenizer: Tokenizer
    """El tokenizador de palabras, con todas las de los cuentos de entrenamiento."""
    train: Tensor
    """El flujo de entrenamiento, (N,)."""
    held_out: Tensor
    """El flujo de los cuentos apartados, (M,)."""
    texts: tuple[str, ...]
    """Los cuentos apartados, como texto."""


def load_story_corpus() -> StoryCorpus:
    """Abre el corpus; la primera vez lo escribe.

    >>> corpus = load_story_corpus()
    >>> corpus.tokenizer.decode(corpus.held_out.tolist()) == "".join(corpus.texts)
    True
    """
    from safetensors.torch import load

    folder = STORIES.folder()
    streams = load((folder / "streams.safetensors").read_bytes())
    tokenizer = load_tokenizer(folder / "tokenizer.json")
    texts = load_stories("test", HELD_OUT_STORIES)
    return StoryCorpus(tokenizer, streams["train"], streams["held_out"], texts)


def write_corpus(folder: Path) -> None:
    """Escribe el tokenizador y los dos flujos."""
    from safetensors.torch import save

    stories = load_stories("train", TRAINING_STORIES)
    tokenizer = WordTokenizer.from_texts(stories)
    held_out = load_stories("test", HELD_OUT_STORIES)
    streams = {"train": token_stream(tokenizer, stories), "held_out": token_stream(tokenizer, held_out)}
    save_tokenizer(tokenizer, folder / "tokenizer.json")
    (folder / "streams.safetensors").write_bytes(save(streams))


STORIES = Recipe("stories", __name__, write_corpus)
