"""Lo que el curso hace al arrancar cada kernel, antes de que se vigile."""

import os
import random
import warnings
from numbers import Integral
from typing import Any


def shift_seeds(shift: int) -> None:
    """Desplaza las semillas de torch y de numpy: la página se repite con otro azar, sin saberlo.

    Los datos del curso se sortean con `random.Random` y no cambian: son los mismos en todas las réplicas.
    """
    import numpy
    import torch

    far = shift * 7_919_113  # lejos de las semillas que usan las páginas, que son pequeñas

    class Generator(torch.Generator):
        """Un generador que suma a su semilla el desplazamiento."""

        def manual_seed(self, seed: int) -> torch.Generator:
            return super().manual_seed(seed + far)

    seed_everything, make_numpy = torch.manual_seed, numpy.random.default_rng
    torch.Generator = Generator  # type: ignore[misc]
    torch.manual_seed = lambda seed: seed_everything(seed + far)  # type: ignore[assignment]
    # Quien ya tiene un generador también lo pasa por aquí: ese no se desplaza otra vez.
    numpy.random.default_rng = lambda seed=None: make_numpy(
        seed + far if isinstance(seed, Integral) else seed
    )


def load_ipython_extension(shell: Any) -> None:
    """Fija el azar de `random`, desplaza las semillas si se pide y calla un aviso ajeno."""
    random.seed(0)
    if shift := int(os.environ.get("SIGUIENTE_SEED_SHIFT", "0")):
        shift_seeds(shift)
    # tqdm echa de menos en un kernel las barras de ipywidgets; aquí no se dibuja ninguna.
    warnings.filterwarnings("ignore", message="IProgress not found")
