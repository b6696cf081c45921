"""`tokenizer.json`: el formato de la biblioteca tokenizers, que abren también transformers y otras."""

from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors

from siguiente.language_models.bpe import BPETokenizer
from siguiente.language_models.words import END, WordTokenizer, byte_alphabet
from siguiente.runtime.store import write_atomically

END_TEXT = "<|fin|>"
# Las piezas de `words.PIECE`, con las clases que en Oniguruma son las letras, cifras y espacios de Python.
LETTER, BLANK = r"\p{L}\p{Nl}\p{No}", r"\s\x1c-\x1f"
PIECE = rf" ?[{LETTER}]+| ?\p{{Nd}}+| ?[^{BLANK}{LETTER}\p{{Nd}}]+|[{BLANK}]+(?![^{BLANK}])|[{BLANK}]+"


def as_tokenizers(tokenizer: WordTokenizer | BPETokenizer, starts: bool = False) -> Tokenizer:
    """El mismo tokenizador, en la biblioteca tokenizers: corta igual, con los mismos números.

    El de palabras es allí un BPE sin uniones: lo que está en el vocabulario se toma entero, y lo demás, por
    bytes. La marca de final, escrita en un texto, allí es el token; con `starts`, abre también cada
    texto, como en nuestros modelos. Las ideas están en :ref:`sec-tokens`.

    >>> ours = BPETokenizer(merges=((110, 111), (32, 257)))
    >>> as_tokenizers(ours).encode("no sé, no").ids == ours.encode("no sé, no")
    True
    """
    letters = {byte: letter for letter, byte in byte_alphabet().items()}

    def spelled(token: int) -> str:
        return "".join(letters[byte] for byte in tokenizer.token_bytes(token))

    vocabulary = {
        spelled(token) if token != END else END_TEXT: token for token in range(tokenizer.vocab_size)
    }
    whole = isinstance(tokenizer, WordTokenizer)
    merges = (
        []
        if isinstance(tokenizer, WordTokenizer)
        else [(spelled(a), spelled(b)) for a, b in tokenizer.merges]
    )
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=whole))
    pieces = pre_tokenizers.Split(Regex(PIECE), "isolated")
    made.pre_tokenizer = pre_tokenizers.Sequence([pieces, pre_tokenizers.ByteLevel(False, use_regex=False)])
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([END_TEXT])
    if starts:
        made.post_processor = processors.TemplateProcessing(
            f"{END_TEXT} $A", special_tokens=[(END_TEXT, END)]
        )
    return made


def write_tokenizer_json(tokenizer: WordTokenizer | BPETokenizer, path: Path, starts: bool = False) -> None:
    """Escribe un tokenizador en el formato de la biblioteca tokenizers, entero o nada."""
    write_atomically(path, as_tokenizers(tokenizer, starts).to_str(pretty=True) + "\n")
