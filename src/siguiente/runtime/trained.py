"""Lo que se entrena: pesos y registro de cada paso, en archivos que se anotan una vez y se abren igual."""

import gzip
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from filelock import FileLock, Timeout

from siguiente.runtime.recipe import Recipe
from siguiente.runtime.store import cache_dir, directory, write_atomically

if TYPE_CHECKING:
    from torch import Tensor, nn


FIRST = 3  # pasos que se repiten para comprobar lo anotado
LONG = 100_000  # letras: un registro más largo se guarda comprimido
WORK = ".training-"  # delante del nombre de la carpeta que se construye: la de lo que va aprendiendo
RESULTS = {".safetensors", ".json", ".gz"}  # de esa carpeta, lo que queda al acabar
Model = TypeVar("Model", bound="nn.Module")


class Part(NamedTuple):
    """Una de las cosas que una receta entrena."""

    name: str
    """Cuál."""
    seed: int | None = None
    """La semilla, en las recetas que tienen varias."""
    checkpoint: Path | None = None
    """Dónde guarda lo que va aprendiendo, por si se interrumpe."""

    @property
    def stem(self) -> str:
        """El nombre de sus archivos, sin extensión."""
        return self.name if self.seed is None else f"{self.name}-{self.seed}"


class Run(NamedTuple):
    """Un entrenamiento que empieza: avanza al recorrer sus informes."""

    model: "nn.Module | None"
    """Lo que aprende; `None` si solo se escriben informes, como unos textos."""
    reports: Iterator[Any]
    """Un informe por paso, con números, textos o tuplas de ellos."""
    measure: Callable[[list[Any]], Sequence[float]]
    """De los informes a unos números que dependen de los pesos ya leídos de sus archivos."""


class Trained(Recipe):
    """Una receta que entrena cada una de sus partes, quizá varias veces, con otro método o con otra semilla.

    Los pesos se redondean a 16 bits: en cualquier máquina se leen los mismos, y quien parta de ellos parte de
    los redondeados. Si se interrumpe, sigue donde quedó.

    >>> recipe = Trained("story-toy", __name__, lambda part: ..., parts=("dpo", "sft"), seeds=range(2))
    >>> [part.stem for part in recipe.parts]
    ['dpo-0', 'dpo-1', 'sft-0', 'sft-1']
    """

    def __init__(
        self,
        name: str,
        module: str,
        run: Callable[[Part], Run],
        parts: Sequence[str] = ("model",),
        seeds: Sequence[int] = (),
    ) -> None:
        super().__init__(name, module, self.train_all)
        self.run, self.seeds = run, tuple(seeds)
        self.parts = [Part(each, seed) for each in parts for seed in self.seeds or (None,)]

    def part(self, name: str | None = None, seed: int | None = None) -> Part:
        """Una de sus partes; de lo que no se diga, la primera."""
        for part in self.parts:
            if name in (None, part.name) and seed in (None, part.seed):
                return part
        known = ", ".join(part.stem for part in self.parts)
        raise ValueError(f"{self.name} no tiene {name!r} con la semilla {seed}. Tiene: {known}.")

    def rows(self, name: str | None = None, seed: int | None = None) -> list[Any]:
        """Los informes de un entrenamiento, como JSON los lee: uno por paso."""
        return read_rows(self.folder(), self.part(name, seed).stem)

    def restore(self, model: Model, name: str | None = None, seed: int | None = None) -> Model:
        """Pone en un modelo los pesos que aprendió un entrenamiento, y lo deja en evaluación."""
        read_weights(self.folder(), self.part(name, seed).stem, model)
        return model

    def train(self, part: Part, folder: Path) -> Run:
        """Entrena una parte y escribe sus archivos; el modelo queda con los pesos ya redondeados."""
        run = self.run(part)
        rows = json.loads(json.dumps(list(run.reports)))
        if run.model is not None:
            write_weights(folder, part.stem, run.model)
            read_weights(folder, part.stem, run.model)
        write_rows(folder, part.stem, rows)
        return run

    def train_all(self, folder: Path) -> None:
        """Entrena lo que falte y lo escribe todo."""
        work = cache_dir() / f"{WORK}{directory(self.name, self.key).name}"
        work.mkdir(parents=True, exist_ok=True)
        for part in self.parts:
            if not rows_files(work, part.stem):  # se escribe lo último
                self.train(part._replace(checkpoint=work / f"{part.stem}.checkpoint"), work)
        for file in work.iterdir():
            if file.suffix in RESULTS:
                shutil.copyfile(file, folder / file.name)

    def build(self) -> Path:
        """La de :class:`~siguiente.runtime.recipe.Recipe`; al acabar borra lo que hizo falta antes.

        También lo de un código anterior, salvo donde alguien entrena.
        """
        folder = super().build()
        for work in cache_dir().glob(f"{WORK}{self.name}-{'[0-9a-f]' * 16}"):
            with suppress(Timeout), FileLock(cache_dir() / f"{work.name.removeprefix(WORK)}.lock", timeout=0):
                shutil.rmtree(work, ignore_errors=True)
        return folder


def write_weights(folder: Path, stem: str, model: "nn.Module") -> None:
    """Escribe los pesos con 16 bits."""
    from safetensors.torch import save

    weights = {name: rounded(value) for name, value in model.state_dict().items()}
    write_atomically(folder / f"{stem}.safetensors", save(weights))


def rounded(weights: "Tensor") -> "Tensor":
    """Redondea a 16 bits, once de ellos de precisión; los enteros quedan como están."""
    return (weights.half() if weights.is_floating_point() else weights).contiguous()


def read_weights(folder: Path, stem: str, model: "nn.Module") -> None:
    """Pone en un modelo los pesos de un archivo y lo deja en evaluación."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        model.load_state_dict(load((folder / f"{stem}.safetensors").read_bytes()))
    except (SafetensorError, RuntimeError) as error:
        raise ValueError(f"{folder.name}/{stem}.safetensors está dañado o es de otro modelo.") from error
    model.eval()


def write_rows(folder: Path, stem: str, rows: list[Any]) -> None:
    """Escribe unos informes en JSON, comprimidos si son largos."""
    text = json.dumps(rows, ensure_ascii=False) + "\n"
    if len(text) > LONG:
        write_atomically(folder / f"{stem}.json.gz", gzip.compress(text.encode(), mtime=0))
    else:
        write_atomically(folder / f"{stem}.json", text)


def rows_files(folder: Path, stem: str) -> list[Path]:
    """El archivo de unos informes, si está."""
    return list(folder.glob(f"{stem}.json*"))


def read_rows(folder: Path, stem: str) -> list[Any]:
    """Lee unos informes."""
    path = rows_files(folder, stem)[0]
    data = path.read_bytes()
    rows: list[Any] = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    return rows
