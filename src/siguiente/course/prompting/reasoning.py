"""La página de pensar por escrito: los problemas que Gemma resuelve por partes; las sumas, en `sums`."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.course.data.word_problems import WordProblem, load_word_problems
from siguiente.course.scoring import batches, scoring
from siguiente.language_models.completions import score_options
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.llm.files.loading import opened
from siguiente.runtime.trained import Part, Run, Trained

BASE = "gemma-3-270m"
SHOTS, TOGETHER = 4, 12  # problemas resueltos, y cuántos se puntúan de cada vez
READ = 2  # problemas que se vuelven a puntuar para comprobar los pesos
#: Lo que se le pregunta a un modelo con los pasos delante, cada vez con más de ellos ya escritos.
STAGES = ("elegir la operación", "hacer la operación", "copiar el resultado", "no copiar un resultado falso")
Model = TextModel[LanguageModel]


def direct_prompt(problem: WordProblem, examples: Sequence[WordProblem]) -> str:
    """El problema detrás de los ejemplos resueltos, sin pasos.

    >>> problem = WordProblem("Tengo 20 y 10 más. Doy 5. ¿Cuántos quedan?", 20, "+", 10, "-", 5)
    >>> direct_prompt(problem, [])
    'Problema: Tengo 20 y 10 más. Doy 5. ¿Cuántos quedan?\\nRespuesta:'
    """
    shots = [f"Problema: {shot.text}\nRespuesta: {shot.answer}\n\n" for shot in examples]
    return "".join([*shots, f"Problema: {problem.text}\nRespuesta:"])


def worked_prompt(problem: WordProblem, examples: Sequence[WordProblem]) -> str:
    """El problema detrás de los ejemplos resueltos con sus pasos.

    >>> problem = WordProblem("Tengo 20 y 10 más. Doy 5. ¿Cuántos quedan?", 20, "+", 10, "-", 5)
    >>> print(worked_prompt(problem, [problem]))
    Problema: Tengo 20 y 10 más. Doy 5. ¿Cuántos quedan?
    Cuentas: 20 + 10 = 30; 30 - 5 = 25
    Respuesta: 25
    <BLANKLINE>
    Problema: Tengo 20 y 10 más. Doy 5. ¿Cuántos quedan?
    Cuentas:
    """
    shots = [
        f"Problema: {shot.text}\nCuentas: {shot.first_step} {shot.second_step} {shot.answer}\n"
        f"Respuesta: {shot.answer}\n\n"
        for shot in examples
    ]
    return "".join([*shots, f"Problema: {problem.text}\nCuentas:"])


def stage_prompts(problem: WordProblem, examples: Sequence[WordProblem]) -> list[tuple[str, tuple[str, ...]]]:
    """Los cuatro prompts de `STAGES` con las cuatro continuaciones de cada uno; la primera es la correcta.
    En el último, los pasos terminan en la segunda opción, que es falsa.

    >>> problem = WordProblem("Tengo 20 y 10 más. Doy 5. ¿Cuántos quedan?", 20, "+", 10, "-", 5)
    >>> [(prompt[-14:], options[:2]) for prompt, options in stage_prompts(problem, [])[:2]]
    [(' 20 + 10 = 30;', (' 30 - 5', ' 30 + 5')), ('= 30; 30 - 5 =', (' 25', ' 35'))]
    """
    first = f"{worked_prompt(problem, examples)} {problem.first_step}"
    second = f"{first} {problem.second_step}"
    others = [sign for sign in "+-×/" if sign != problem.second]
    signs = tuple(f" {problem.partial} {sign} {problem.c}" for sign in (problem.second, *others))
    answers = tuple(f" {option}" for option in problem.options)
    right, wrong = (f"{second} {result}\nRespuesta:" for result in problem.options[:2])
    return [(first, signs), *((prompt, answers) for prompt in (second, right, wrong))]


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


def score_problems(part: Part) -> Run:
    """Puntúa los problemas de una manera."""
    problems = load_word_problems()
    shots, asked = problems[:SHOTS], problems[SHOTS:]

    def scored(some: Sequence[WordProblem]) -> Tensor:
        return KINDS[part.name](opened(BASE), some, shots)

    return scoring(scored, batches(asked, TOGETHER), asked[:READ])


PROBLEM_SCORES = Trained("problem-scores", __name__, score_problems, parts=tuple(KINDS))
