"""El alfabeto con que un BPE de bytes escribe cada byte como un carácter que se ve."""

__all__ = ["byte_alphabet"]


def byte_alphabet() -> dict[str, int]:
    """El byte de cada uno de los 256 caracteres visibles, en el orden de los caracteres.

    Los bytes que ya se ven son su propio carácter; los demás, como el espacio, van detrás de todos.

    Returns
    -------
    dict of str to int
        De carácter a byte.

    Notes
    -----
    Es el de GPT-2 :cite:p:`radford2019`, que usan también los archivos `tokenizer.json`.

    Examples
    --------
    >>> alphabet = byte_alphabet()
    >>> alphabet["a"], alphabet["Ġ"], list(alphabet) == sorted(alphabet)
    (97, 32, True)
    """
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [b for b in range(256) if b not in set(visible)]
    return {chr(b): b for b in visible} | {chr(256 + i): b for i, b in enumerate(hidden)}
