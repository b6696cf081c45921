"""Del vocabulario de un archivo GGUF a un `tokenizer.json` de la biblioteca tokenizers."""

from collections.abc import Mapping, Sequence
from typing import Any

NORMAL, CONTROL, USER_DEFINED = 1, 3, 4
SPACE = "▁"  # SentencePiece escribe así el espacio
Json = dict[str, Any]


def tokenizer_json(metadata: Mapping[str, Any]) -> Json:
    """Devuelve el contenido de `tokenizer.json` para el vocabulario de un archivo GGUF."""
    kind = metadata["tokenizer.ggml.model"]
    if kind == "llama":
        return _sentencepiece(metadata)
    if kind == "gpt2" and metadata.get("tokenizer.ggml.pre") == "smollm":
        return _byte_level(metadata)
    raise ValueError(f"No se conoce el tokenizador {kind!r} de este archivo: use un modelo del catálogo.")


def implied_merges(pieces: Sequence[str], types: Sequence[int]) -> list[tuple[str, str]]:
    """Deduce las uniones de BPE, de más a menos prioridad, de un vocabulario en su orden de aprendizaje.

    Cada pieza se puede formar uniendo dos más cortas, y las que se aprendieron antes se unen antes; de los
    tipos, solo las normales y las del usuario se forman así.

    >>> implied_merges(["a", "b", "ab", "abb"], [1, 1, 1, 1])
    [('a', 'b'), ('ab', 'b')]
    """
    known = {p for p, kind in zip(pieces, types, strict=True) if kind in (NORMAL, USER_DEFINED)}
    return [
        (piece[:cut], piece[cut:])
        for piece in pieces
        if len(piece) > 1 and piece in known
        for cut in range(len(piece) - 1, 0, -1)
        if piece[:cut] in known and piece[cut:] in known
    ]


def _sentencepiece(metadata: Mapping[str, Any]) -> Json:
    """SentencePiece de Gemma: BPE sobre caracteres; lo que el vocabulario no tiene va byte a byte."""
    tokens, types = metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"]
    # El archivo escribe con espacios verdaderos los tokens de varios espacios.
    pieces = [SPACE * len(t) if t.strip(" ") == "" else t for t in tokens]
    model = _bpe(pieces, implied_merges(pieces, types), byte_fallback=True)
    model |= {"unk_token": tokens[metadata["tokenizer.ggml.unknown_token_id"]], "fuse_unk": True}
    return _tokenizer(
        model,
        _added(pieces, types),
        normalizer={"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
        pre_tokenizer=None,
        decoder={
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
            ],
        },
    )


def _byte_level(metadata: Mapping[str, Any]) -> Json:
    """BPE sobre bytes, como GPT-2, pero con cada cifra aparte."""
    tokens, types = metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"]
    merges = [tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"]]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    digits = {"type": "Digits", "individual_digits": True}
    return _tokenizer(
        _bpe(tokens, merges, byte_fallback=False),
        _added(tokens, types),
        normalizer=None,
        pre_tokenizer={"type": "Sequence", "pretokenizers": [digits, level]},
        decoder=level,
    )


def _bpe(pieces: Sequence[str], merges: Sequence[tuple[str, ...]], byte_fallback: bool) -> Json:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": byte_fallback,
        "ignore_merges": False,
        "vocab": {piece: i for i, piece in enumerate(pieces)},
        "merges": [list(merge) for merge in merges],
    }


def _added(pieces: Sequence[str], types: Sequence[int]) -> list[Json]:
    """Los tokens que se buscan enteros en el texto: los de control y los que definió el autor del modelo."""
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return [
        {"id": i, "content": piece, "special": kind == CONTROL, **flags}
        for i, (piece, kind) in enumerate(zip(pieces, types, strict=True))
        if kind == CONTROL or (kind == USER_DEFINED and SPACE not in piece)
    ]


def _tokenizer(
    model: Json, added: list[Json], *, normalizer: Json | None, pre_tokenizer: Json | None, decoder: Json
) -> Json:
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": None,
        "decoder": decoder,
        "model": model,
    }
