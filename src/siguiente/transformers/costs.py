"""Lo que cuesta un GPT, contado con fórmulas: parámetros, operaciones, pesos de atención y memoria."""

from siguiente.transformers.gpt import GPTConfig


def count_parameters(config: GPTConfig) -> int:
    """Cuenta los parámetros de una red sin construirla.

    A los :math:`12C^2` de :eq:`eq-block-parameters` se suman :math:`13C` de sesgos y normalizaciones por
    bloque, la última normalización y las dos tablas; la de los tokens sirve también a la salida.

    >>> gpt2 = GPTConfig(vocab_size=50_257, context_length=1024, layers=12, heads=12, channels=768)
    >>> count_parameters(gpt2)
    124439808
    """
    C, blocks = config.channels, config.layers
    return (config.vocab_size + config.context_length) * C + blocks * (12 * C**2 + 13 * C) + 2 * C


def attention_weights(length: int, causal: bool = False) -> int:
    """Pesos de atención por cabeza y por bloque en un texto; si es causal, los que no son cero por fuerza.

    >>> attention_weights(40), attention_weights(40, causal=True)
    (1600, 820)
    """
    return length * (length + 1) // 2 if causal else length**2


def matrix_flops(config: GPTConfig, length: int) -> int:
    """Operaciones de las matrices de los bloques y de los logits: crecen con la longitud.

    Cada peso multiplica y suma una vez por token: :math:`12C^2` por bloque (:eq:`eq-block-parameters`) y
    :math:`VC` de la tabla de salida.

    >>> matrix_flops(GPTConfig(vocab_size=10, context_length=8, layers=1, heads=1, channels=2), length=4)
    544
    """
    C = config.channels
    return 2 * length * (12 * C**2 * config.layers + config.vocab_size * C)


def attention_flops(config: GPTConfig, length: int) -> int:
    """Operaciones de comparar consultas con claves y promediar valores: crecen con el cuadrado.

    >>> attention_flops(GPTConfig(vocab_size=10, context_length=8, layers=1, heads=1, channels=2), length=4)
    128
    """
    return 4 * attention_weights(length) * config.channels * config.layers


def forward_flops(config: GPTConfig, length: int) -> int:
    """Operaciones de leer un texto en una pasada, sin las que apenas cuentan: normalizar, sumar y activar.

    >>> forward_flops(GPTConfig(vocab_size=10, context_length=8, layers=1, heads=1, channels=2), length=4)
    672
    """
    return matrix_flops(config, length) + attention_flops(config, length)


def cache_bytes(config: GPTConfig, length: int) -> int:
    """Memoria de las claves y los valores de un texto, con números de 4 bytes.

    >>> gpt2 = GPTConfig(vocab_size=50_257, context_length=1024, layers=12, heads=12, channels=768)
    >>> cache_bytes(gpt2, 1024)
    75497472
    """
    return 2 * 4 * length * config.channels * config.layers
