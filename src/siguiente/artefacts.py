"""La tabla de artefactos: lo que varias páginas necesitan y se construye antes que ellas.

Un artefacto depende solo de lo que su clave resume; cambiar eso da otra clave y otro directorio. Esta orden
construye los que falten::

    python -m siguiente.artefacts
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from siguiente.alignment.story_base import STORY_BASE
from siguiente.alignment.story_dpo import STORY_DPO
from siguiente.alignment.story_policy import STORY_POLICY
from siguiente.alignment.story_reward_model import STORY_PAIRS, STORY_REWARD
from siguiente.alignment.story_runs import STORY_RUNS
from siguiente.language_models.story_corpus import STORY_CORPUS
from siguiente.language_models.story_models import STORY_GRU, STORY_MLP
from siguiente.llm.catalogue import CATALOGUE, MINILM, ModelCard
from siguiente.llm.checkpoints import checkpoint, checkpoint_key
from siguiente.llm.embeddings import encoder_files
from siguiente.recipe import Recipe
from siguiente.store import directory
from siguiente.transformers.story_gpt import STORY_GPT

__all__ = ["ARTEFACTS", "Artefact", "artefact", "main"]

WORKERS = 2


@dataclass(frozen=True)
class Artefact:
    """Algo que se construye una vez y que varias páginas usan.

    Attributes
    ----------
    name : str
        Nombre con que se pide.
    key : str
        Resumen de todo lo que determina su contenido.
    build : callable
        Devuelve su carpeta y la construye si hace falta; con `thorough=True` la relee entera.
    """

    name: str
    key: str
    build: Callable[..., Path]


def _converted(card: ModelCard) -> Artefact:
    return Artefact(card.name, checkpoint_key(card), partial(checkpoint, card))


def _verified(thorough: bool = False) -> Path:
    """La carpeta de MiniLM, que no se convierte: siempre se relee entera."""
    return encoder_files()[0].parent


def _computed(recipe: Recipe) -> Artefact:
    return Artefact(recipe.name, recipe.key, recipe.build)


STORY_MODELS = (STORY_GPT, STORY_GRU, STORY_MLP, STORY_BASE)  # el que más tarda, primero
ALIGNED = (STORY_POLICY, STORY_PAIRS, STORY_REWARD, STORY_RUNS, STORY_DPO)  # cada uno parte del anterior
RECIPES = (STORY_CORPUS, *(model.recipe for model in STORY_MODELS), *ALIGNED)
ENCODER = Artefact(MINILM.name, MINILM.sha256, _verified)
ARTEFACTS = (*map(_converted, CATALOGUE), ENCODER, *map(_computed, RECIPES))


def artefact(name: str) -> Path:
    """Devuelve la carpeta de un artefacto; si falta, lo construye.

    Parameters
    ----------
    name : str
        Nombre del artefacto.

    Returns
    -------
    Path
        Su carpeta.

    Raises
    ------
    ValueError
        Si no hay ninguno con ese nombre.

    Examples
    --------
    >>> artefact("ninguno")
    Traceback (most recent call last):
    ValueError: No hay un artefacto 'ninguno'. Hay estos: gemma-3-270m, ...
    """
    for known in ARTEFACTS:
        if known.name == name:
            sys.audit("siguiente.resource", f"artefact:{name}")
            return known.build()
    names = ", ".join(known.name for known in ARTEFACTS)
    raise ValueError(f"No hay un artefacto {name!r}. Hay estos: {names}.")


def main(artefacts: Sequence[Artefact] = ARTEFACTS) -> None:
    """Construye los artefactos que faltan y rehace los dañados; si alguno falla, termina y dice por qué.

    Si faltan varios, los construyen dos procesos a la vez, cada uno con un hilo.
    """
    missing = [known for known in artefacts if not directory(known.name, known.key).exists()]
    with ExitStack() as stack:
        waiting = {}
        if len(missing) > 1:
            pool = stack.enter_context(get_context("spawn").Pool(WORKERS))
            waiting = {known.name: pool.apply_async(known.build) for known in missing}
        for known in artefacts:
            try:
                if known.name in waiting:
                    waiting[known.name].get()
                known.build(thorough=True)
            except (OSError, ValueError) as error:
                sys.exit(f"No se pudo construir el artefacto {known.name}. {_reason(error)}")


def _reason(error: OSError | ValueError) -> str:
    """El mensaje sin el número que el sistema pone delante."""
    return str(getattr(error, "strerror", None) or error)


if __name__ == "__main__":
    main()
