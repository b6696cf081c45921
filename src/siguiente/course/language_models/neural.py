"""De contar a compartir: las clases de las palabras, y un nombre que se cambia a ver si la red recuerda."""

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


def swap_first_name(ids: Tensor, names: Tensor) -> tuple[Tensor, slice]:
    """Cambia el primer nombre de un texto (T,) por el siguiente de la lista, y da el texto y dónde sale otro.
    Por token del vocabulario, `names`, (V,), tiene el número de su nombre, o -1 si no es un nombre.

    >>> swap_first_name(torch.tensor([5, 1, 5, 5, 2]), names=torch.tensor([-1, 0, 1, -1, -1, -1]))
    (tensor([5, 2, 5, 5, 2]), slice(1, 4, None))
    """
    first, second = (names[ids] >= 0).nonzero()[:2, 0].tolist()
    other = ids.clone()
    following = (names[ids[first]] + 1) % (names.max() + 1)
    other[first] = (names == following).nonzero()[0]
    return other, slice(first, second)
