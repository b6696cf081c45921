"""Resolver problemas puntuando: la respuesta sola, o cada parte de una cadena de pensamiento."""

from collections.abc import Sequence

from siguiente.course.data.word_problems import WordProblem

# Lo que se le pregunta a un modelo con los pasos delante, cada vez con más de ellos ya escritos.
STAGES = ("elegir la cuenta", "hacer la cuenta", "copiar el resultado", "no copiar un resultado falso")


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


def stage_prompts(
    problem: WordProblem, examples: Sequence[WordProblem]
) -> list[tuple[str, tuple[str, str, str, str]]]:
    """Los cuatro prompts de `STAGES` con las cuatro continuaciones de cada uno; la primera es la correcta.
    En el último, los pasos terminan en la segunda opción, que es falsa.

    >>> problem = WordProblem("Tengo 20 y 10 más. Doy 5. ¿Cuántos quedan?", 20, "+", 10, "-", 5)
    >>> [(prompt[-14:], options[:2]) for prompt, options in stage_prompts(problem, [])[:2]]
    [(' 20 + 10 = 30;', (' 30 - 5', ' 30 + 5')), ('= 30; 30 - 5 =', (' 25', ' 35'))]
    """
    first = f"{worked_prompt(problem, examples)} {problem.first_step}"
    second = f"{first} {problem.second_step}"
    others = [sign for sign in "+-×/" if sign != problem.second]
    signs = [f" {problem.partial} {sign} {problem.c}" for sign in (problem.second, *others)]
    answers = [f" {option}" for option in problem.options]
    ends = [f"{second} {result}\nRespuesta:" for result in problem.options[:2]]
    a, b, c, d = answers
    e, f, g, h = signs
    return [(first, (e, f, g, h)), *((prompt, (a, b, c, d)) for prompt in (second, *ends))]
