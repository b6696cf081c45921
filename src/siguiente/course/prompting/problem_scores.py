"""Lo que Gemma da a las respuestas de los problemas, sin pasos y con ellos: se puntúa una vez y se anota."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.course.data.word_problems import WordProblem, load_word_problems
from siguiente.course.prompting.problem_scoring import direct_prompt, stage_prompts
from siguiente.language_models.completions import score_options
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.llm.files.loading import opened
from siguiente.runtime.trained import Part, Run, Trained

BASE = "gemma-3-270m"
SHOTS, TOGETHER = 4, 12  # problemas resueltos, y cuántos se puntúan de cada vez
READ = 2  # problemas que se vuelven a puntuar para comprobar los pesos
Model = TextModel[LanguageModel]


def score_directly(model: Model, problems: Sequence[WordProblem], shots: Sequence[WordProblem]) -> Tensor:
    """Puntúa las cuatro respuestas de cada problema, sin pasos: (P, 4), en nats; la primera es la correcta.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> uniform, problems = TextModel(UniformModel(258), ByteTokenizer()), load_word_problems()
    >>> score_directly(uniform, problems[4:6], problems[:1]).shape
    torch.Size([2, 4])
    """
    prompts = [direct_prompt(problem, shots) for problem in problems]
    options = [[f" {answer}" for answer in problem.options] for problem in problems]
    return score_options(model, prompts, options).logprobs


def score_stages(model: Model, problems: Sequence[WordProblem], shots: Sequence[WordProblem]) -> Tensor:
    """Puntúa las cuatro continuaciones de cada pregunta de `STAGES`: (P, 4, 4), en nats."""
    pairs = [pair for problem in problems for pair in stage_prompts(problem, shots)]
    prompts, options = zip(*pairs, strict=True)
    return score_options(model, prompts, options).logprobs.view(len(problems), -1, 4)


KINDS = {"direct": score_directly, "stages": score_stages}


def load_problem_scores(kind: str) -> Tensor:
    """Abre las puntuaciones de los 40 problemas que no son ejemplos; si faltan, puntúa.
    `direct` es lo que da :func:`score_directly`, y `stages`, lo que da :func:`score_stages`.
    """
    return torch.tensor([scores for some in PROBLEM_SCORES.rows(kind) for scores in some])


def sweep(part: Part) -> Run:
    """Puntúa los problemas de una manera."""
    problems = load_word_problems()
    shots, asked = problems[:SHOTS], problems[SHOTS:]

    def scored(some: Sequence[WordProblem]) -> Tensor:
        return KINDS[part.name](opened(BASE), some, shots).double()

    batches = (asked[start : start + TOGETHER] for start in range(0, len(asked), TOGETHER))
    reports = (scored(batch).round(decimals=3).tolist() for batch in batches)
    return Run(None, reports, lambda rows: scored(asked[:READ]).flatten().tolist())


PROBLEM_SCORES = Trained("problem-scores", __name__, sweep, parts=tuple(KINDS))
