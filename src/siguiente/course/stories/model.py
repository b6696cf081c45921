"""Un modelo entrenado con los cuentos, con el registro de lo que fue aprendiendo."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import torch

from siguiente.course.stories.corpus import StoryCorpus, load_story_corpus
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.sampling import complete, sampler
from siguiente.language_models.training import Report, TrainingConfig, held_out_loss, train
from siguiente.runtime.store import write_atomically
from siguiente.runtime.trained import FIRST, Part, Run, Trained

SAMPLE_TOKENS = 120  # más de lo que ocupa un cuento


class Stage(NamedTuple):
    """Un momento del entrenamiento, y lo que el modelo escribía entonces."""

    report: Report
    """Lo que se midió."""
    sample: str
    """Un cuento escrito desde la nada, siempre con la misma semilla."""


class StoryModel(Trained):
    """Un modelo que aprende de los cuentos del curso y que varias páginas usan.
    Con el tamaño del vocabulario, `make` da el modelo con sus pesos iniciales.
    """

    def __init__(self, name: str, module: str, make: Callable[[int], Any], training: TrainingConfig) -> None:
        super().__init__(name, module, self.learn)
        self.make, self.training = make, training

    def load(self) -> TextModel[Any]:
        """Abre el modelo con su tokenizador; si falta, lo entrena."""
        tokenizer = load_story_corpus().tokenizer
        return TextModel(self.restore(self.make(tokenizer.vocab_size)), tokenizer)

    def stages(self) -> list[Stage]:
        """El registro del entrenamiento, del primer paso al último."""
        return [Stage(Report(*report), sample) for report, sample in self.rows()[FIRST:]]

    def learn(self, part: Part) -> Run:
        """Empieza a entrenarlo: da la pérdida de los primeros pasos y, después, sus momentos."""
        corpus = load_story_corpus()
        model = self.make(corpus.tokenizer.vocab_size)

        def measure(rows: list[Any]) -> list[float]:
            return [held_out_loss(model, corpus.held_out, self.training)]

        return Run(model, self.reports(model, corpus, part.checkpoint), measure)

    def reports(self, model: Any, corpus: StoryCorpus, checkpoint: Path | None) -> Iterator[Any]:
        """Entrena y da cada informe con una muestra, que sobreviven a una interrupción."""
        often = replace(self.training, evaluate_every=1)  # entre dos informes la pérdida no queda anotada
        for report in islice(train(deepcopy(model), corpus.train, often), 1, 1 + FIRST):
            yield report.loss
        path = None if checkpoint is None else checkpoint.with_suffix(".samples")
        samples = json.loads(path.read_text("utf8")) if path and path.exists() else []
        reports = train(model, corpus.train, self.training, corpus.held_out, checkpoint)
        for number, report in enumerate(reports):
            if number == len(samples):  # los de antes de la interrupción ya tienen su muestra
                choose = sampler(torch.Generator().manual_seed(self.training.seed))
                samples += complete(TextModel(model, corpus.tokenizer), "", SAMPLE_TOKENS, choose)
                if path:
                    write_atomically(path, json.dumps(samples))
            yield report, samples[number]
