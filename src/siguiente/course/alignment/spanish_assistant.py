"""El asistente: Gemma 3 270M, un modelo base, y lo que LoRA aprendió en un ajuste que se hizo una vez."""

import hashlib
import json
from importlib.resources import as_file, files
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from torch import Generator

from siguiente.alignment.lora import LoRAConfig, add_lora, load_adapter
from siguiente.alignment.sequences import Demonstration, PromptCompletion, encode_demonstrations
from siguiente.alignment.sft import AnswerLogits, train_sft
from siguiente.course.data.instructions import load_instructions
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.training import TrainingConfig

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
