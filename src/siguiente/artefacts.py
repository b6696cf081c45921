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
    "few-shot-draws": "siguiente.course.prompting.few_shot_scores",
    "story-gru": "siguiente.course.stories.networks",
    "story-mlp": "siguiente.course.stories.networks",
    "story-policy": "siguiente.course.alignment.sft",
    "story-start": "siguiente.course.alignment.policy_scores",
    "story-pairs": "siguiente.course.alignment.preferences",
    "story-reward": "siguiente.course.alignment.preferences",
    "story-runs": "siguiente.course.alignment.rlhf",
    "story-blank": "siguiente.course.alignment.rlhf",
    "story-rates": "siguiente.course.alignment.rlhf",
    "story-dpo": "siguiente.course.alignment.dpo",
    "story-unjudged": "siguiente.course.alignment.dpo",
    "story-preferred-rates": "siguiente.course.alignment.dpo",
    "story-pool": "siguiente.course.alignment.overoptimization",
    "story-remedies": "siguiente.course.alignment.overoptimization",
    "story-watchers": "siguiente.course.alignment.pursuits",
    "story-pursuits": "siguiente.course.alignment.pursuits",
    "story-penalty": "siguiente.course.alignment.kl_penalty",
    "story-choices": "siguiente.course.alignment.dpo",
    "story-judges": "siguiente.course.alignment.preferences",
    "story-judges-longer": "siguiente.course.alignment.preferences",
    "story-sft": "siguiente.course.alignment.sft",
    "story-sft-path": "siguiente.course.alignment.sft",
    "story-twin": "siguiente.course.transformers.families",
    "assistant-replies": "siguiente.course.alignment.spanish_assistant",
    "tweet-forms": "siguiente.course.prompting.label_scores",
    "injection-scores": "siguiente.course.prompting.injection",
    "tool-chains": "siguiente.course.prompting.tools",
    "chat-scores": "siguiente.course.prompting.chat",
    "chat-answers": "siguiente.course.prompting.chat",
    "reranked": "siguiente.course.prompting.retrieval",
    "read-answers": "siguiente.course.prompting.retrieval",
    "multilingual-scores": "siguiente.course.prompting.retrieval",
    "few-shot-variants": "siguiente.course.prompting.few_shot_scores",
    "problem-scores": "siguiente.course.prompting.reasoning",
    "advert-answers": "siguiente.course.prompting.structured_output",
    "gemma-stories": "siguiente.course.transformers.comparison",
    "story-refusals": "siguiente.course.alignment.refusal",
    "story-refusal-rates": "siguiente.course.alignment.refusal",
    "chat-refusals": "siguiente.course.alignment.refusal",
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
KNOWN = MODELS | {name: declaration(name, module) for name, module in RECIPES.items()}


def declared(name: str) -> str:
    """El nombre completo de la constante que declara un artefacto.

    >>> declared("ninguno")
    Traceback (most recent call last):
    ValueError: No hay un artefacto 'ninguno'. Hay estos: gemma-3-270m, ...
    """
    if name not in KNOWN:
        raise ValueError(f"No hay un artefacto {name!r}. Hay estos: {', '.join(KNOWN)}.")
    return KNOWN[name]


def find(name: str) -> Any:
    """La receta de un artefacto o, si es un modelo, su ficha; importa el módulo que la declara."""
    return resolve_name(declared(name))


@cache
def inputs(name: str) -> tuple[str, ...]:
    """Las recetas de que parte otra, en el orden de la tabla.

    >>> inputs("story-policy")
    ('story-base', 'stories')
    """
    found = reached(declared(name))
    return tuple(other for other in RECIPES if other != name and KNOWN[other] in found)


def key(name: str) -> str:
    """Resume lo que una página que usa un artefacto recibe: su clave y, si está anotado, lo anotado.

    >>> key("stories") == key("stories")
    True
    """
    if name in MODELS:
        return f"{code_key(MODELS[name])} {code_key(CONVERTER)}"
    return f"{recipe_key(name, declared(name))} {record_digest(name) if recorded(name) else ''}"


def recorded(name: str) -> dict[str, Any] | None:
    """La procedencia de un artefacto que se usa tal como se anotó; `None` si se calcula en el equipo.

    >>> recorded("stories") is None
    True
    """
    facts = provenance(name)
    return facts if facts and facts["key"] == recipe_key(name, declared(name)) else None


def record_digest(name: str) -> str:
    """Resume los archivos de una anotación, valga o no."""
    files = (provenance(name) or {"files": {}})["files"]
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]


def is_ready(name: str, thorough: bool = False) -> bool:
    """Dice si un artefacto se puede usar ya, sin construir nada.

    Con `thorough` lo construido se relee entero; lo que no se convierte, al construirlo.
    """
    if declared(name) == UNCONVERTED:
        return not thorough
    return recorded(name) is not None or is_intact(place(name), thorough)


def place(name: str) -> Path:
    """La carpeta de la caché de lo que se construye, esté o no."""
    if name in RECIPES:
        return directory(name, recipe_key(name, declared(name)))
    from siguiente.llm.files.checkpoints import checkpoint_key

    return directory(name, checkpoint_key(find(name)))


def build(name: str) -> None:
    """Construye un artefacto si falta o está dañado; un modelo que no se convierte, lo comprueba entero."""
    found = find(name)
    if isinstance(found, Recipe):
        found.build()
    elif declared(name) == UNCONVERTED:
        from siguiente.llm.embeddings import encoder_files

        encoder_files()
    else:
        from siguiente.llm.files.checkpoints import checkpoint

        checkpoint(found)


def main(given: Sequence[str] | None = None) -> None:
    """Construye lo que falta y rehace lo dañado, en varios procesos; si algo falla, dice por qué."""
    title = "Construye lo que las páginas necesitan."
    parser = argparse.ArgumentParser("python -m siguiente.artefacts", description=title)
    parser.add_argument("names", nargs="*", metavar="NOMBRE", help="qué; si no se dice, todo")
    names = parser.parse_args(given).names or KNOWN
    try:
        wanted = dict.fromkeys((*names, *(other for name in names for other in inputs(name))))
        missing = [name for name in wanted if not is_ready(name, thorough=True)]
        for name in missing:
            if declared(name) != UNCONVERTED:
                discard(place(name))  # quien lo construye no lo relee entero
        jobs = {name: Job(build, (name,), frozenset(inputs(name))) for name in missing}
        run_jobs(jobs, cores(), lambda name: say(f"{name}: construido."))
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
