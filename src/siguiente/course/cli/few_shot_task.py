"""Una clasificación entera: qué ejemplos se enseñan, qué textos se preguntan y en qué tandas."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Generator, Tensor

from siguiente.course.cli.labelled_csv import LabelledRow
from siguiente.course.cli.score_log import ScoreLog
from siguiente.course.scoring import batches
from siguiente.language_models.completions import completions_trie
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.prompting.few_shot import FewShotTemplate, balanced_examples, one_line, score_texts, shuffled
from siguiente.prompting.labels import label_completions

# Textos que se puntúan juntos: lo que comparten, que son los ejemplos, se lee una vez por tanda.
BATCH = 16
SAMPLED = 20  # tandas en que se cuentan los tokens, como mucho
WIDEST = 8  # bytes que un carácter puede pasar a ocupar al normalizarse, en el peor de los alfabetos


@dataclass(frozen=True)
class FewShotTask:
    """Unos textos que se clasifican entre C etiquetas con los mismos ejemplos; lo construye `few_shot_task`.
    En `pool` están los que se pueden preguntar, en orden al azar; `limit` es cuántos se preguntan, o todos.
    """

    template: FewShotTemplate
    labels: tuple[str, ...]
    examples: tuple[LabelledRow, ...]
    pool: tuple[LabelledRow, ...]
    limit: int | None = None

    @property
    def rows(self) -> tuple[LabelledRow, ...]:
        """Los N textos que se preguntan, en el orden del archivo; ampliar el límite no quita ninguno."""
        return tuple(sorted(self.pool[: self.limit], key=lambda row: row.line))

    @property
    def settings(self) -> dict[str, Any]:
        """Lo que determina las puntuaciones, además del modelo, para un
        :class:`~siguiente.course.cli.score_log.ScoreLog`. No están ni el límite ni las etiquetas verdaderas
        de los textos, que no se miran al puntuar.
        """
        texts = json.dumps([[row.line, row.text] for row in self.pool])
        return {
            "template": [self.template.instruction, self.template.shot.text, self.template.separator],
            "labels": list(self.labels),
            "examples": [[example.text, example.label] for example in self.examples],
            "texts": hashlib.sha256(texts.encode()).hexdigest(),
        }

    def batches(self) -> list[Sequence[LabelledRow]]:
        """Reparte los textos en tandas, las mismas aunque se reanude: así salen los mismos números."""
        return list(batches(self.pool[: self.limit], BATCH))

    def score(self, model: TextModel[LanguageModel], texts: Sequence[str]) -> Tensor:
        """Log-probabilidad de cada etiqueta entera tras cada texto, (N, C), en nats."""
        return score_texts(model, self.template, texts, self.labels, self.examples)

    def tokens(self, model: TextModel[LanguageModel], rows: Sequence[LabelledRow] | None = None) -> int:
        """Los tokens que el modelo lee al puntuar unos textos: lo común a una tanda, una vez.
        De todos, los que lee en unas tandas por las que haya: la cuenta entera tardaría demasiado.
        """
        completions = label_completions(self.labels, self.template.separator)
        parts = self.batches() if rows is None else [rows]
        some = parts[:: -(-len(parts) // SAMPLED)]
        prompts = [[self.template.prompt(row.text, self.examples) for row in part] for part in some]
        tries = (completions_trie(model, part, [completions] * len(part))[0] for part in prompts)
        return sum(trie.read_tokens for trie in tries) * len(parts) // len(some)

    def score_missing(self, model: TextModel[LanguageModel], log: ScoreLog) -> Iterator[int]:
        """Puntúa las tandas que no estén enteras en el registro; tras cada una, da cuántos textos añadió."""
        for batch in self.batches():
            lines = [row.line for row in batch]
            if missing := log.missing(lines):
                log.append(lines, self.score(model, [row.text for row in batch]))
                yield len(missing)

    def check_room(self, model: TextModel[LanguageModel]) -> None:
        """Comprueba, sin leer nada, que cada texto cabe con los ejemplos; si no, dice en qué línea está."""
        shown = ", ".join(str(example.line) for example in self.examples)
        texts = {f"Ejemplos (líneas {shown})" if shown else "Plantilla": ""}
        texts |= {f"Línea {row.line}": row.text for row in self.rows}
        completions, limit = (
            label_completions(self.labels, self.template.separator),
            model.model.context_length,
        )
        for where, text in texts.items():
            prompt = self.template.prompt(text, self.examples)
            if text and limit and WIDEST * len(f"{prompt}{max(completions, key=len)}".encode()) < limit:
                continue  # un token es un byte como poco: cabe, y contarlos de miles de textos tarda minutos
            try:
                completions_trie(model, [prompt], [completions])
            except ValueError as error:
                raise ValueError(f"{where}: {error}") from error


def few_shot_task(
    rows: Sequence[LabelledRow],
    template: FewShotTemplate,
    k: int,
    generator: Generator,
    limit: int | None = None,
) -> FewShotTask:
    """Reparte unas filas: k ejemplos, los mismos de cada etiqueta, y lo que se pregunta.
    Un texto igual que el de un ejemplo, salvo por los espacios, no se pregunta: el prompt llevaría escrita la
    respuesta. De los demás se preguntan `limit`, al azar; si no se dice, todos.

    >>> import torch
    >>> from siguiente.prompting.templates import Template
    >>> rows = [LabelledRow(f"Texto {i}", "sí" if i % 2 else "no", line=i + 2) for i in range(10)]
    >>> template = FewShotTemplate(Template("Texto: <text>\\nRespuesta:"))
    >>> task = few_shot_task(rows, template, 4, torch.Generator().manual_seed(0))
    >>> len(task.examples), len(task.rows), task.labels
    (4, 6, ('no', 'sí'))
    """
    if limit is not None and limit < 1:
        raise ValueError(f"Hay que clasificar al menos un texto, y el límite es {limit}.")
    labelled = [row for row in rows if row.label]
    examples = balanced_examples(labelled, k, generator)
    others = shuffled(rows, generator)
    taught = {one_line(example.text) for example in examples}
    pool = tuple(row for row in others if one_line(row.text) not in taught)
    if not pool:
        raise ValueError(f"Con {k} ejemplos no queda ningún texto que clasificar: pida menos (--k).")
    labels = tuple(sorted({row.label for row in labelled}))
    return FewShotTask(template, labels, tuple(examples), pool, limit)
