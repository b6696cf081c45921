"""El curso, tal como lo ejecuta `runner`: su paquete, sus páginas, sus recursos y lo que cuestan."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from building import resources
from building.runner import Course
from claims.claim_text import CLAIM
from nbdeps.closure import Package
from nbdeps.digest import Surroundings
from siguiente.runtime.recipe import versions_key

DOCS = Path(__file__).resolve().parents[2]
# Lo que todo kernel recibe: un hilo, sin red, sin barras de progreso, sin azar en los conjuntos.
KERNEL_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
}


def our_course(out: Path) -> Course:
    """El curso, construido en una carpeta."""
    package = Package(DOCS.parent / "src" / "siguiente")
    around = Surroundings(
        package,
        DOCS,
        DOCS / "_kernel",
        cache(resources.key),
        versions_key(),
        KERNEL_ENVIRONMENT,
        "siguiente.resource",
        {"siguiente.claim": CLAIM},
    )
    return Course(around, out, build_order, page_costs(DOCS / "reference" / "replicas.json"))


def page_costs(path: Path) -> dict[str, tuple[float, int]]:
    """Segundos y bytes de cada página, anotados al hacer las réplicas."""
    pages = json.loads(path.read_text("utf8"))["pages"] if path.is_file() else {}
    return {name: (float(row["seconds"]), int(row["memory"])) for name, row in pages.items()}


def build_order(name: str) -> list[str] | None:
    """La orden que construye un recurso que falta, o `None` si ya está listo."""
    if resources.is_ready(name):
        return None
    return [sys.executable, "-m", "siguiente.artefacts", resources.short_name(name)]


def prepare_kernels(work: Path) -> None:
    """Da a los kernels carpetas suyas donde escribir y hace, una vez, la lista de tipos de letra.

    Sin la lista hecha, matplotlib avisaría por stderr en la primera página.
    """
    os.environ.update({"MPLCONFIGDIR": str(work / "matplotlib"), "HF_HOME": str(work / "huggingface")})
    if not list((work / "matplotlib").glob("fontlist-*.json")):
        subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], check=True)
