"""La cabecera de un archivo GGUF: qué dice de sí mismo y dónde está cada tensor.

El lector de la biblioteca `gguf` crea un objeto por cada token del vocabulario y tarda 19 s con Gemma; aquí
se lee lo mismo en medio segundo. El formato está en la documentación de ggml (docs/gguf.md).
"""

import struct
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO

import numpy as np

SCALARS = dict(zip((0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12), "BbHhIif?Qqd", strict=True))
STRING, ARRAY = 8, 9
DEFAULT_ALIGNMENT = 32


@dataclass(frozen=True)
class StoredTensor:
    """Un tensor del archivo, desde su byte `start`; la forma lleva las filas primero, como en PyTorch."""

    name: str
    shape: tuple[int, ...]
    quantisation: int
    start: int

    @property
    def count(self) -> int:
        """Cantidad de números."""
        return prod(self.shape)


@dataclass(frozen=True)
class Header:
    """Los metadatos del archivo y la lista de sus tensores."""

    metadata: dict[str, Any]
    tensors: tuple[StoredTensor, ...]


def read_header(stream: BinaryIO) -> Header:
    """Lee la cabecera de un archivo GGUF, versiones 2 y 3, abierto por el comienzo."""
    magic, version = stream.read(4), _scalar(stream, "I")
    if magic != b"GGUF" or version not in (2, 3):
        raise ValueError("El archivo no es GGUF, versión 2 o 3: indique otro.")
    tensor_count, pair_count = _scalar(stream, "Q"), _scalar(stream, "Q")
    metadata = {_string(stream): _value(stream, _scalar(stream, "I")) for _ in range(pair_count)}
    tensors = [_tensor(stream) for _ in range(tensor_count)]
    alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    data = -(-stream.tell() // alignment) * alignment  # los datos empiezan alineados
    return Header(metadata, tuple(StoredTensor(n, s, q, data + offset) for n, s, q, offset in tensors))


def _tensor(stream: BinaryIO) -> tuple[str, tuple[int, ...], int, int]:
    name = _string(stream)
    sizes = [_scalar(stream, "Q") for _ in range(_scalar(stream, "I"))]
    return name, tuple(reversed(sizes)), _scalar(stream, "I"), _scalar(stream, "Q")


def _value(stream: BinaryIO, code: int) -> Any:
    if code == STRING:
        return _string(stream)
    if code != ARRAY:
        return _scalar(stream, SCALARS[code])
    code, count = _scalar(stream, "I"), _scalar(stream, "Q")
    if code in SCALARS:
        dtype = np.dtype(f"<{SCALARS[code]}")
        return np.frombuffer(stream.read(count * dtype.itemsize), dtype).tolist()
    return [_value(stream, code) for _ in range(count)]


def _scalar(stream: BinaryIO, letter: str) -> Any:
    return struct.unpack(f"<{letter}", stream.read(struct.calcsize(f"<{letter}")))[0]


def _string(stream: BinaryIO) -> str:
    return stream.read(_scalar(stream, "Q")).decode("utf-8", errors="replace")
