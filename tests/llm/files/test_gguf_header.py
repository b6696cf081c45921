"""La cabecera que leemos es la que lee la biblioteca `gguf`."""

import io

import numpy as np
import pytest
from gguf import GGUFReader, GGUFWriter

from siguiente.llm.files.gguf_header import read_header


def test_same_metadata_as_the_library(tiny) -> None:
    with tiny.path.open("rb") as stream:
        header = read_header(stream)
    fields = {name: field.contents() for name, field in GGUFReader(tiny.path).fields.items()}
    assert header.metadata == {name: value for name, value in fields.items() if not name.startswith("GGUF.")}


def test_same_tensors_as_the_library(tiny) -> None:
    with tiny.path.open("rb") as stream:
        header = read_header(stream)
    expected = [
        (t.name, tuple(reversed(t.shape.tolist())), t.tensor_type.value, t.data_offset)
        for t in GGUFReader(tiny.path).tensors
    ]
    assert [(t.name, t.shape, t.quantisation, t.start) for t in header.tensors] == expected


def test_every_kind_of_value(tmp_path) -> None:
    writer = GGUFWriter(tmp_path / "a.gguf", "llama")
    values = {
        "u8": 200,
        "i8": -3,
        "u16": 60_000,
        "i16": -300,
        "u32": 4_000_000_000,
        "i32": -70_000,
        "u64": 2**40,
    }
    values |= {
        "i64": -(2**40),
        "f32": 0.5,
        "f64": 0.1,
        "bool": True,
        "string": "ñandú",
        "array": [[1, 2], [3]],
    }
    names = {"u8": "uint8", "i8": "int8", "u16": "uint16", "i16": "int16", "u32": "uint32", "i32": "int32"}
    names |= {"u64": "uint64", "i64": "int64", "f32": "float32", "f64": "float64"}
    for key, value in values.items():
        getattr(writer, f"add_{names.get(key, key)}")(key, value)
    writer.add_custom_alignment(64)
    writer.add_tensor("a", np.arange(3, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with (tmp_path / "a.gguf").open("rb") as stream:
        header = read_header(stream)
        stream.seek(header.tensors[0].start)
        assert np.frombuffer(stream.read(12), np.float32).tolist() == [0, 1, 2]
    assert {key: header.metadata[key] for key in values} == values


@pytest.mark.parametrize(
    "start", [b"PK\x03\x04" + bytes(60), b"GGUF" + (1).to_bytes(4, "little") + bytes(60)]
)
def test_other_files_are_refused(start: bytes) -> None:
    with pytest.raises(ValueError, match="El archivo no es GGUF"):
        read_header(io.BytesIO(start))
