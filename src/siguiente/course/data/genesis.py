"""El Génesis en la traducción de Reina y Valera de 1909: español que nadie escribió para un modelo."""

from functools import lru_cache
from importlib.resources import files

TEST_EVERY = 3  # uno de cada tres capítulos se aparta para medir
SPLITS = ("train", "test")


@lru_cache(maxsize=2)
def load_genesis(split: str) -> tuple[str, ...]:
    """Los capítulos de una parte, ``"train"`` o ``"test"``, cada uno con sus versículos seguidos.

    >>> load_genesis("train")[0][:49]
    'EN el principio crió Dios los cielos y la tierra.'
    >>> len(load_genesis("train")), len(load_genesis("test"))
    (34, 16)
    """
    if split not in SPLITS:
        raise ValueError(f"No hay una parte «{split}». Elija una de estas: {', '.join(SPLITS)}.")
    text = (files("siguiente.course.data") / "genesis.txt").read_text(encoding="utf-8")
    chapters = enumerate(text.strip().split("\n\n"), start=1)
    test = split == "test"
    return tuple(" ".join(c.split("\n")) for number, c in chapters if (number % TEST_EVERY == 0) == test)
