"""El equipo en que se ejecutó algo."""

import platform
from pathlib import Path


def processor() -> str:
    """El nombre del procesador, o lo que el sistema sepa de él."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
