"""La tabla de artefactos: lo que varias páginas necesitan y se construye antes que ellas.

Un artefacto depende solo de lo que su clave resume; cambiar eso da otra clave y otro directorio. Esta orden
construye los que falten, o los que se le digan, con los que necesiten::

    python -m siguiente.artefacts story-gpt

Las claves y la procedencia se leen del código y de las anotaciones, sin importar torch.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from siguiente.runtime.definitions import code_key, reached
from siguiente.runtime.jobs import Job, JobError, run_jobs, why
from siguiente.runtime.recipe import Recipe, declaration, provenance, recipe_key
from siguiente.runtime.store import directory, discard, is_intact

#: El módulo que declara cada receta; lo que más tarda, primero.
RECIPES = {
    "story-gpt": "siguiente.course.stories.gpt",
    "story-base": "siguiente.course.stories.base",
    "few-shot-draws": "siguiente.course.prompting.few_shot_draws",
    "story-gru": "siguiente.course.stories.networks",
    "story-mlp": "siguiente.course.stories.networks",
    "story-policy": "siguiente.course.alignment.story_policy",
    "story-pairs": "siguiente.course.alignment.story_reward_model",
    "story-reward": "siguiente.course.alignment.story_reward_model",
    "story-runs": "siguiente.course.alignment.story_runs",
    "story-dpo": "siguiente.course.alignment.story_dpo",
    "story-proxies": "siguiente.course.alignment.story_proxies",
    "story-pool": "siguiente.course.alignment.story_pool",
    "story-pursuits": "siguiente.course.alignment.story_pursuits",
    "story-clinic": "siguiente.course.alignment.story_clinic",
    "story-dpo-betas": "siguiente.course.alignment.story_dpo_betas",
    "story-judges": "siguiente.course.alignment.story_judges",
    "story-sft": "siguiente.course.alignment.story_sft",
    "story-twin": "siguiente.course.transformers.story_twin",
    "assistant-replies": "siguiente.course.alignment.assistant_replies",
    "tweet-forms": "siguiente.course.prompting.tweet_forms",
    "injection-scores": "siguiente.course.prompting.injection_scores",
    "chat-scores": "siguiente.course.prompting.chat_scores",
    "reranked": "siguiente.course.prompting.reranked",
    "few-shot-variants": "siguiente.course.prompting.few_shot_variants",
    "problem-scores": "siguiente.course.prompting.problem_scores",
    "advert-answers": "siguiente.course.prompting.advert_answers",
    "gemma-stories": "siguiente.course.transformers.gemma_stories",
    "stories": "siguiente.course.stories.corpus",
}
#: La constante del catálogo que describe cada modelo.
MODELS = {
    "gemma-3-270m": "siguiente.llm.files.catalogue.GEMMA",
    "smollm2-135m-instruct": "siguiente.llm.files.catalogue.SMOLLM2",
    "all-minilm-l6-v2": "siguiente.llm.files.catalogue.MINILM",
}
CONVERTER = "siguiente.llm.files.checkpoints.CONVERTER_VERSION"
UNCONVERTED = MODELS["all-minilm-l6-v2"]
KNOWN = [*MODELS, *RECIPES]


class Model:
    """Un modelo del catálogo: convertido o, si no lo necesita, tal como se publicó y comprobado entero.

    Parameters
    ----------
    name : str
        Su nombre en el catálogo.
    """

    def __init__(self, name: str) -> None:
        self.name, self.card = name, resolve_name(MODELS[name])

    @property
    def key(self) -> str:
        """Resume su archivo, su forma y cómo se convierte."""
        from siguiente.llm.files.checkpoints import checkpoint_key

        return checkpoint_key(self.card)

    def build(self) -> Path:
        """Devuelve su carpeta."""
        from siguiente.llm.embeddings import encoder_files
        from siguiente.llm.files.checkpoints import checkpoint

        if MODELS[self.name] == UNCONVERTED:
            return encoder_files()[0].parent
        return checkpoint(self.card)

    def folder(self) -> Path:
        """Devuelve su carpeta para usarla, y lo anuncia."""
        sys.audit("siguiente.resource", f"artefact:{self.name}")
        return self.build()


def find(name: str) -> "Recipe | Model":
    """Un artefacto de la tabla; importa el módulo que lo declara.

    Raises
    ------
    ValueError
        Si no hay ninguno con ese nombre.

    Examples
    --------
    >>> find("ninguno")
    Traceback (most recent call last):
    ValueError: No hay un artefacto 'ninguno'. Hay estos: gemma-3-270m, ...
    """
    if name in MODELS:
        return Model(name)
    if name in RECIPES:
        found: Recipe = resolve_name(declaration(name, RECIPES[name]))
        return found
    raise unknown(name)


def artefact(name: str) -> Path:
    """Devuelve la carpeta de un artefacto para usarla; si falta, lo construye.

    Raises
    ------
    ValueError
        Si no hay ninguno con ese nombre.
    """
    return find(name).folder()


@cache
def inputs(name: str) -> tuple[str, ...]:
    """Las recetas de que parte otra, en el orden de la tabla.

    Examples
    --------
    >>> inputs("story-policy")
    ('story-base', 'stories')
    """
    if name not in RECIPES:
        return ()
    found = reached(declaration(name, RECIPES[name]))
    others = {other: module for other, module in RECIPES.items() if other != name}
    return tuple(other for other, module in others.items() if declaration(other, module) in found)


def key(name: str) -> str:
    """Resume lo que una página que usa un artefacto recibe: su clave y, si está anotado, lo anotado.

    Raises
    ------
    ValueError
        Si no hay ninguno con ese nombre.

    Examples
    --------
    >>> key("stories") == key("stories")
    True
    """
    if name in MODELS:
        return f"{code_key(MODELS[name])} {code_key(CONVERTER)}"
    if name in RECIPES:
        return f"{recipe_key(name, RECIPES[name])} {record_digest(name) if recorded(name) else ''}"
    raise unknown(name)


def recorded(name: str) -> dict[str, Any] | None:
    """La procedencia de un artefacto que se usa tal como se anotó; `None` si se calcula en el equipo.

    Examples
    --------
    >>> recorded("stories") is None
    True
    """
    facts = provenance(name)
    return facts if facts and facts["key"] == recipe_key(name, RECIPES[name]) else None


def record_digest(name: str) -> str:
    """Resume los archivos de una anotación, valga o no."""
    files = (provenance(name) or {"files": {}})["files"]
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]


def is_ready(name: str) -> bool:
    """Dice si un artefacto se puede usar ya, sin construir nada."""
    if name not in KNOWN:
        raise unknown(name)
    return MODELS.get(name) == UNCONVERTED or recorded(name) is not None or is_intact(place(name))


def is_missing(name: str) -> bool:
    """Dice si falta construir un artefacto; lo que ya estaba se relee entero, y lo dañado no cuenta."""
    if name not in KNOWN:
        raise unknown(name)
    if MODELS.get(name) == UNCONVERTED:
        return True  # no hay nada que construir, pero comprobarlo es leerlo entero
    if recorded(name) is not None or is_intact(place(name), thorough=True):
        return False
    discard(place(name))
    return True


def place(name: str) -> Path:
    """La carpeta de la caché de lo que se construye, esté o no."""
    own = recipe_key(name, RECIPES[name]) if name in RECIPES else find(name).key
    return directory(name, own)


def unknown(name: str) -> ValueError:
    """El error de quien pide un artefacto que no está en la tabla."""
    return ValueError(f"No hay un artefacto {name!r}. Hay estos: {', '.join(KNOWN)}.")


def build(name: str) -> None:
    """Construye un artefacto si falta o está dañado."""
    find(name).build()


def main(given: Sequence[str] | None = None) -> None:
    """Construye lo que falta y rehace lo dañado, en varios procesos; si algo falla, dice por qué."""
    title = "Construye lo que las páginas necesitan."
    parser = argparse.ArgumentParser("python -m siguiente.artefacts", description=title)
    parser.add_argument("names", nargs="*", metavar="NOMBRE", help="qué; si no se dice, todo")
    names = parser.parse_args(given).names or KNOWN
    try:
        wanted = {*names, *(other for name in names for other in inputs(name))}
        missing = [name for name in (*names, *KNOWN) if name in wanted and is_missing(name)]
        jobs = {name: Job(build, (name,), frozenset(inputs(name))) for name in missing}
        run_jobs(jobs, min(len(jobs), cores()), lambda name: say(f"{name}: construido."))
    except JobError as error:
        sys.exit(f"No se pudo construir el artefacto {error.name}. {error.reason}")
    except (OSError, ValueError) as error:
        sys.exit(why(error))
    except KeyboardInterrupt:
        sys.exit(130)


def cores() -> int:
    """Los procesadores que este proceso puede usar, también si el sistema le reparte solo una parte."""
    from joblib import cpu_count

    return int(cpu_count())


def say(text: str) -> None:
    """Cuenta algo a quien espera."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
