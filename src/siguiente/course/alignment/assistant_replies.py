"""Lo que Gemma y el asistente responden a las instrucciones de prueba, escrito una vez."""

from collections.abc import Iterator
from typing import Any

from siguiente.course.alignment.assistant_measures import BATCH, Reply, bits_per_byte, write_replies
from siguiente.course.alignment.spanish_assistant import BASE, load_assistant, request
from siguiente.course.data.instructions import load_instructions
from siguiente.runtime.trained import Part, Run, Trained

ASKED = 36
REPLY_LENGTH = 60  # tokens, como mucho
READ = 3  # respuestas que se vuelven a leer para comprobar los pesos


def load_replies(name: str) -> list[Reply]:
    """Abre las respuestas de Gemma, `base`, o del asistente, `tuned`, a 36 instrucciones, o las escribe."""
    return [Reply(*row) for row in ASSISTANT_REPLIES.rows(name)]


def reply(part: Part) -> Run:
    """Responde con lo más probable."""
    from siguiente.llm.files.loading import load

    model = load(BASE) if part.name == "base" else load_assistant()
    prompts = [request(task.prompt) for task in load_instructions("test")[:ASKED]]

    def replies() -> Iterator[Reply]:
        for first in range(0, ASKED, BATCH):
            yield from write_replies(model, prompts[first : first + BATCH], REPLY_LENGTH)

    def measure(rows: list[Any]) -> list[float]:
        return bits_per_byte(model, [text for text, _ in rows[:READ]]).tolist()

    return Run(None, replies(), measure)


ASSISTANT_REPLIES = Trained("assistant-replies", __name__, reply, parts=("base", "tuned"))
