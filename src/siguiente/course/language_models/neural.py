"""De contar a compartir: las clases de las palabras."""

import torch
from torch import Tensor

from siguiente.course.data.story_words import ANIMALS, CITIES, COLORS, DAYS, FAMILY, PEOPLE
from siguiente.language_models.protocol import Tokenizer

CLASSES = (PEOPLE, ANIMALS, FAMILY, CITIES, DAYS, COLORS)


def word_classes(tokenizer: Tokenizer) -> tuple[Tensor, Tensor]:
    """Los tokens (N,) de las palabras de seis clases, con un espacio delante, y la clase de cada una (N,).
    Solo las que son un único token: nombres, animales, familia, ciudades, días y colores, en ese orden.

    >>> from siguiente.language_models.words import WordTokenizer
    >>> tokenizer = WordTokenizer.from_texts(["Un perro rojo y un gato"])
    >>> ids, classes = word_classes(tokenizer)
    >>> tokenizer.decode(ids.tolist()), classes.tolist()
    (' perro gato rojo', [1, 1, 5])
    """
    classes = {
        form: kind
        for kind, pool in enumerate(CLASSES)
        for word in pool
        for form in (word.agreed or (word.text,))
    }
    rows = [(tokenizer.encode(" " + form), kind) for form, kind in classes.items()]
    known = torch.tensor([(ids[0], kind) for ids, kind in rows if len(ids) == 1])
    return known[:, 0], known[:, 1]
