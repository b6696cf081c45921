"""Cuánto de un texto puede ser un cuento de la gramática, y cómo se enseña en una tabla."""

from siguiente.course.data.stories import possible_words, story_logprob
from siguiente.course.report.numbers import percent
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.language_models.scoring import top_tokens


def legible(text: str, length: int = 260) -> str:
    """El comienzo de un texto, con un punto por cada carácter que no se puede escribir."""
    return "".join(c if c.isprintable() else "·" for c in text[:length]) + "…"


def is_story(text: str) -> bool:
    """Dice si la gramática pudo escribir exactamente este texto, entero.

    >>> from siguiente.course.data.stories import load_stories
    >>> story = load_stories("test", 1)[0]
    >>> is_story(story), is_story(story[:40])
    (True, False)
    """
    try:
        story_logprob(text)
    except ValueError:
        return False
    return True


def split_at_error(text: str, before: int = 90, after: int = 30) -> tuple[str, str]:
    """Lo que hay a ambos lados de donde un texto deja de poder ser un cuento, con tantos caracteres.

    >>> split_at_error("Samuel escondía tres neveras", before=8)
    ('…escondía', 'tres neveras…')
    """
    words, good = text.split(" "), possible_words(text)
    return "…" + " ".join(words[:good])[-before:], " ".join(words[good:])[:after] + "…"


def likely_after(model: TextModel[LanguageModel], text: str, phrase: str, k: int = 3) -> str:
    """Los `k` tokens más probables tras la primera vez que un texto dice una frase, en una línea.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> likely_after(uniform, "Hola, sol", "Hola", k=2).count("%")
    2
    """
    start = text[: text.index(phrase) + len(phrase)]
    likely = top_tokens(model, start, k)
    return ", ".join(f"{token.text.strip()} ({percent(token.probability)})" for token in likely)
