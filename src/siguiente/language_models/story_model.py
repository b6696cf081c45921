"""Un modelo entrenado con los cuentos: se entrena una vez y se guarda con el registro de lo que aprendió."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from filelock import FileLock, Timeout

from siguiente.language_models.sampling import complete, sampler
from siguiente.language_models.story_corpus import StoryCorpus, load_story_corpus
from siguiente.language_models.text import TextModel
from siguiente.language_models.training import Report, TrainingConfig, train
from siguiente.recipe import Recipe
from siguiente.store import cache_dir, directory, write_atomically

__all__ = ["Stage", "StoryModel"]

SAMPLE_TOKENS = 120  # más de lo que ocupa un cuento
WORK = ".training-"  # delante del nombre de la carpeta que se construye: la de lo que va aprendiendo


class Stage(NamedTuple):
    """Un momento del entrenamiento, y lo que el modelo escribía entonces."""

    report: Report
    """Lo que se midió."""
    sample: str
    """Un cuento escrito desde la nada, siempre con la misma semilla."""


@dataclass(frozen=True)
class StoryModel:
    """Un modelo que aprende de los cuentos del curso y que varias páginas usan.

    Parameters
    ----------
    name : str
        Nombre del artefacto.
    module : str
        Módulo que lo declara.
    make : callable
        Del tamaño del vocabulario, V, al modelo con sus pesos iniciales.
    training : TrainingConfig
        Cómo se entrena.
    """

    name: str
    module: str
    make: Callable[[int], Any]
    training: TrainingConfig

    @property
    def recipe(self) -> Recipe:
        """El artefacto, con sus pesos y su registro."""
        return Recipe(self.name, self.module, self.write, self.sweep)

    def load(self) -> TextModel[Any]:
        """Abre el modelo con su tokenizador; si falta, lo entrena."""
        from safetensors.torch import load_file

        folder, tokenizer = self.recipe.folder(), load_story_corpus().tokenizer
        model = self.make(tokenizer.vocab_size)
        model.load_state_dict(load_file(folder / "model.safetensors"))
        return TextModel(model.eval(), tokenizer)

    def stages(self) -> list[Stage]:
        """El registro del entrenamiento, del primer paso al último."""
        saved = json.loads((self.recipe.folder() / "log.json").read_text("utf8"))
        return [Stage(Report(*report), sample) for report, sample in saved]

    def write(self, folder: Path) -> None:
        """Entrena el modelo con un solo hilo y lo escribe; si se interrumpió, sigue donde quedó."""
        from safetensors.torch import save_file

        corpus, place = load_story_corpus(), directory(self.name, self.recipe.key)
        work = place.with_name(f"{WORK}{place.name}")
        work.mkdir(parents=True, exist_ok=True)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # con más, las últimas cifras dependerían de la máquina
        try:
            model = self.make(corpus.tokenizer.vocab_size)
            log = self._train(model, corpus, work)
        finally:
            torch.set_num_threads(threads)
        save_file(
            {name: weights.contiguous() for name, weights in model.state_dict().items()},
            folder / "model.safetensors",
        )
        (folder / "log.json").write_text(json.dumps(log, ensure_ascii=False), "utf8")

    def sweep(self) -> None:
        """Borra sus carpetas de trabajo, también las de un código anterior, salvo donde alguien entrena."""
        for work in cache_dir().glob(f"{WORK}{self.name}-{'[0-9a-f]' * 16}"):
            with suppress(Timeout), FileLock(cache_dir() / f"{work.name.removeprefix(WORK)}.lock", timeout=0):
                shutil.rmtree(work, ignore_errors=True)

    def _train(self, model: Any, corpus: StoryCorpus, work: Path) -> list[Any]:
        """Entrena y anota cada informe con una muestra, que sobreviven a una interrupción."""
        path = work / "log.json"
        log = json.loads(path.read_text("utf8")) if path.exists() else []
        checkpoint, text_model = work / "checkpoint", TextModel(model, corpus.tokenizer)
        reports = train(model, corpus.train, self.training, corpus.held_out, checkpoint, progress=True)
        for number, report in enumerate(reports):
            if number >= len(log):  # los de antes de la interrupción ya tienen su muestra
                choose = sampler(torch.Generator().manual_seed(self.training.seed))
                log.append([list(report), complete(text_model, "", SAMPLE_TOKENS, choose)[0]])
                write_atomically(path, json.dumps(log, ensure_ascii=False))
        return log
