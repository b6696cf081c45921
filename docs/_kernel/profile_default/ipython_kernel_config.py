"""Arranque de los kernels que ejecutan las páginas."""

import sys
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821

# ipykernel avisa en cada arranque de que su conexión local no va cifrada.
c.IPKernelApp.log_level = 40
c.HistoryManager.enabled = False
# Un error mostrado enseña su mensaje, no las rutas de esta máquina.
c.InteractiveShell.xmode = "Minimal"
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.print_figure_kwargs = {"bbox_inches": "tight", "metadata": {"Date": None}}

sys.path.append(str(Path(__file__).resolve().parents[1]))
c.InteractiveShellApp.extensions = ["course_start", "nbdeps.guard"]
