"""El asistente: Gemma 3 270M, un modelo base, y lo que LoRA aprendió en un ajuste que se hizo una vez.

Después, lo que él y Gemma responden, con ejemplos en el prompt y sin ellos, y qué se mide de las respuestas.
"""

import hashlib
import json
import math
import random
from collections.abc import Iterator, Sequence
from importlib.resources import as_file, files
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Generator, Tensor

from siguiente.alignment.lora import LoRAConfig, add_lora, load_adapter
from siguiente.alignment.sequences import Demonstration, PromptCompletion, encode_demonstrations
from siguiente.alignment.sft import AnswerLogits, train_sft
from siguiente.course.data.instructions import KINDS, Instruction, follows_form, load_instructions, words
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.language_models.sampling import generate_batch, greedy
from siguiente.language_models.scoring import text_nats
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained

if TYPE_CHECKING:
    from siguiente.llm.pretrained import PretrainedModel


BASE = "gemma-3-270m"
ADAPTER, REGISTRATION = "spanish_assistant.safetensors", "spanish_assistant.json"
ATTENTION, PERCEPTRON = ("q_proj", "k_proj", "v_proj", "o_proj"), ("gate_proj", "up_proj", "down_proj")
LORA = LoRAConfig(rank=2, alpha=4, targets=ATTENTION + PERCEPTRON)
TRAINING = TrainingConfig(
    steps=102, batch_size=8, learning_rate=1e-3, warmup=8, weight_decay=0.0, evaluate_every=5
)
#: La plantilla. Un modelo base no tiene ninguna, y cualquiera vale si al responder se usa la misma que al
#: ajustar. Esta son dos palabras corrientes que el modelo ya entiende: no hay que enseñarle marcas nuevas.
TEMPLATE = "Petición: {prompt}\nRespuesta:"


class Registration(NamedTuple):
    """Lo que quedó anotado del ajuste."""

    date: str
    """El día."""
    machine: str
    """El procesador."""
    threads: int
    """Los hilos con que se calculó."""
    command: str
    """La orden."""
    base: str
    """La clave de los pesos de partida."""
    sha256: str
    """El resumen del archivo del adaptador."""
    losses: list[float]
    """La pérdida de cada paso, en nats por token de la respuesta."""


def request(prompt: str) -> str:
    """Escribe una petición como el asistente la espera.

    >>> request("Salude.")
    'Petición: Salude.\\nRespuesta:'
    """
    return TEMPLATE.replace("{prompt}", prompt)


def as_demonstration(record: Demonstration) -> PromptCompletion:
    """Escribe una petición y su respuesta como el asistente las aprende.

    >>> as_demonstration(PromptCompletion("Salude.", "¡Hola!")).completion
    ' ¡Hola!'
    """
    return PromptCompletion(request(record.prompt), f" {record.completion}")


def training_records() -> list[PromptCompletion]:
    """Las demostraciones con que se ajustó."""
    return [as_demonstration(instruction) for instruction in load_instructions("train")]


def base_key() -> str:
    """La clave de los pesos de partida: un adaptador solo sirve sobre los suyos."""
    from siguiente.llm.files.catalogue import card
    from siguiente.llm.files.checkpoints import checkpoint_key

    return checkpoint_key(card(BASE))


def make_assistant() -> "TextModel[PretrainedModel]":
    """El modelo base con LoRA, antes de aprender: todavía escribe lo mismo que sin él."""
    from siguiente.llm.files.loading import load

    model = load(BASE)
    add_lora(model.model.network, LORA, Generator().manual_seed(0))
    return model


def load_registration() -> Registration:
    """Lo que se anotó del ajuste."""
    text = (files("siguiente.course.alignment") / REGISTRATION).read_text(encoding="utf-8")
    return Registration(**json.loads(text))


def load_assistant() -> "TextModel[PretrainedModel]":
    """Abre el asistente, el modelo base con lo que aprendió; responde a lo que escribe :func:`request`.

    >>> from siguiente.language_models.sampling import complete
    >>> complete(load_assistant(), request("Corrija las faltas: «Mi ermano vive en Lima.»"), 12)
    [' Mi hermano vive en Lima.']
    """
    from siguiente.llm.files.loading import load

    with as_file(files("siguiente.course.alignment") / ADAPTER) as path:
        if hashlib.sha256(path.read_bytes()).hexdigest() != load_registration().sha256:
            raise ValueError(
                f"{ADAPTER} no es el archivo que se anotó: instale de nuevo el paquete del curso."
            )
        model = load(BASE)
        load_adapter(path, model.model.network, base_key())
    model.model.network.requires_grad_(False)
    return model


def repeat_first_steps(n: int) -> list[float]:
    """Repite los `n` primeros pasos del ajuste y da sus pérdidas, para compararlas con las anotadas.
    En otro procesador las sumas se hacen en otro orden, y el redondeo es otro: tras tres pasos las pérdidas
    deberían diferir en menos de una milésima.
    """
    model = make_assistant()
    data = encode_demonstrations(model, training_records())
    return list(islice(train_sft(AnswerLogits(model.model.network), data, TRAINING), n))


def registered(record: Registration) -> dict[str, str]:
    """Qué se anotó de un ajuste, escrito para una tabla.

    >>> registered(load_registration())["pasos"]
    '102, con 1 hilo'
    """
    return {
        "día": f"el {record.date}",
        "procesador": record.machine,
        "pasos": f"{len(record.losses)}, con {record.threads} hilo",
        "orden": record.command,
        "SHA-256": f"{record.sha256[:32]}…",
    }


BATCH = 16
MEASURES = ("termina su turno", "da la forma pedida")
CHECKED = ("clasificar", "corregir")  # las clases en que una sola respuesta es la buena
MARKS = ("\nPetición:", "\nRespuesta:")  # donde un modelo base empieza a escribir otro turno


class Reply(NamedTuple):
    """Lo que un modelo respondió."""

    text: str
    """El texto."""
    ended: bool
    """Si terminó su turno."""


def write_replies(model: TextModel[LanguageModel], prompts: Sequence[str], length: int = 60) -> list[Reply]:
    """Responde con lo más probable a unas peticiones, escritas como el modelo las espera.
    Cada respuesta tiene `length` tokens como mucho, con el de final.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> write_replies(TextModel(UniformModel(258), ByteTokenizer()), ["Salude."], length=2)
    [Reply(text='\\x00\\x00', ended=False)]
    """
    written, end = list[list[int]](), model.tokenizer.eos_id
    for start in range(0, len(prompts), BATCH):
        ids = [model.encode(prompt) for prompt in prompts[start : start + BATCH]]
        written += generate_batch(model.model, ids, length, greedy, end)
    return [Reply(model.decode(ids), len(ids) < length) for ids in written]


def stopped(reply: Reply, marks: Sequence[str] = MARKS) -> Reply:
    """Lo que quedaría si quien usa el modelo lo cortara en la primera de unas marcas.

    >>> stopped(Reply(" Hola.\\nPetición: Otra", ended=False))
    Reply(text=' Hola.', ended=True)
    """
    places = [place for mark in marks if (place := reply.text.find(mark)) >= 0]
    return Reply(reply.text[: min(places)], True) if places else reply


def measure_replies(instructions: Sequence[Instruction], replies: Sequence[Reply]) -> Tensor:
    """Mide unas respuestas: ceros y unos, (N, 2), en el orden de `MEASURES`.

    >>> test = load_instructions("test")[:2]
    >>> measure_replies(test, [Reply(test[0].completion, True), Reply("No lo sé", False)])
    tensor([[1., 1.],
            [0., 0.]])
    """
    pairs = zip(instructions, replies, strict=True)
    return torch.tensor([(r.ended, follows_form(i, r.text)) for i, r in pairs], dtype=torch.float)


def right_replies(instructions: Sequence[Instruction], replies: Sequence[Reply]) -> Tensor:
    """Cuáles de las respuestas a las clases `CHECKED` aciertan, tengan o no la forma: unos y ceros.

    >>> asked = load_instructions("test")[2]
    >>> right_replies([asked] * 3, [Reply(text, True) for text in ("Es buena.", "mala", "¿Buena o mala?")])
    tensor([1., 0., 0.])
    """
    pairs = [pair for pair in zip(instructions, replies, strict=True) if pair[0].kind in CHECKED]
    return torch.tensor([is_right(asked, reply.text) for asked, reply in pairs], dtype=torch.float)


def is_right(instruction: Instruction, text: str) -> bool:
    """Si un texto contiene la respuesta buena y, al clasificar, ninguna de las otras etiquetas."""
    others = {*labels(instruction)} - {instruction.completion}
    return words(instruction.completion) in words(text) and not any(words(o) in words(text) for o in others)


def labels(instruction: Instruction) -> list[str]:
    """Las etiquetas entre las que se elige al clasificar, en el orden en que se ofrecen; si no, ninguna.

    >>> labels(load_instructions("test")[2])
    ['buena', 'mala']
    """
    return instruction.form.removeprefix("palabra:").split("|") if instruction.kind == "clasificar" else []


def blind_hits(instructions: Sequence[Instruction]) -> float:
    """Cuántas acierta de media quien elige al clasificar una etiqueta al azar, y no corrige nada.

    >>> blind_hits(load_instructions("test")[:9])
    0.5
    """
    return sum(1 / len(offered) for asked in instructions if (offered := labels(asked)))


def bits_per_byte(model: TextModel[LanguageModel], texts: Sequence[str]) -> Tensor:
    """Lo que un modelo paga por cada texto, (N,), en bits por byte.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> bits_per_byte(TextModel(UniformModel(256), ByteTokenizer(bos_id=0)), ["un texto", "otro"])
    tensor([8., 8.], dtype=torch.float64)
    """
    sizes = torch.tensor([len(text.encode()) for text in texts])
    return text_nats(model, texts) / math.log(2) / sizes


REPLY_LENGTH = 40  # tokens, como mucho
SHOTS = len(KINDS)  # demostraciones en el prompt: una de cada clase
READ = 3  # respuestas que se vuelven a leer para comprobar los pesos


def few_shot_prompt(place: int, prompt: str) -> str:
    """Escribe una petición tras nueve demostraciones, una de cada clase y en un orden al azar.

    Según el lugar de la petición son otras nueve, de modo que lo que se mide no depende de unas pocas.

    >>> text = few_shot_prompt(0, "Salude.")
    >>> text.count("Petición:"), text.endswith("\\n\\nPetición: Salude.\\nRespuesta:")
    (10, True)
    """
    records = training_records()
    first = SHOTS * place % len(records)
    shown = random.Random(place).sample(records[first : first + SHOTS], SHOTS)
    return "\n\n".join([*(record.prompt + record.completion for record in shown), request(prompt)])


def load_replies(name: str) -> list[Reply]:
    """Abre lo que se respondió a las instrucciones de prueba: Gemma, `base`; ella misma con nueve ejemplos en
    el prompt, `few-shot`; o el asistente, `tuned`. Si falta, se responde.
    """
    return [Reply(*row) for row in ASSISTANT_REPLIES.rows(name)]


def reply(part: Part) -> Run:
    """Responde con lo más probable."""
    from siguiente.llm.files.loading import load

    model = load_assistant() if part.name == "tuned" else load(BASE)
    asked = [instruction.prompt for instruction in load_instructions("test")]
    few = part.name == "few-shot"
    prompts = [few_shot_prompt(*each) for each in enumerate(asked)] if few else [*map(request, asked)]

    def replies() -> Iterator[Reply]:
        for first in range(0, len(prompts), BATCH):
            yield from write_replies(model, prompts[first : first + BATCH], REPLY_LENGTH)

    def measure(rows: list[Any]) -> list[float]:
        return bits_per_byte(model, [text for text, _ in rows[:READ]]).tolist()

    return Run(None, replies(), measure)


ASSISTANT_REPLIES = Trained("assistant-replies", __name__, reply, parts=("base", "few-shot", "tuned"))
