"""Los argumentos de los cuentos, que están en `story_plots.txt`: cada uno, tras su nombre, como ``[lost]``.

Se escriben con la notación de `siguiente.course.data.grammar_notation`. Al principio del archivo están los
fragmentos, como ``<day>``, que los argumentos nombran para no repetirlos.
"""

import re
from pathlib import Path

NAME = re.compile(r"^(\[\w+\]|<\w+>)$", re.MULTILINE)
_PARTS = NAME.split(Path(__file__).with_suffix(".txt").read_text("utf8"))[1:]
SECTIONS = {name: text.strip() for name, text in zip(_PARTS[::2], _PARTS[1::2], strict=True)}
PLOTS = {
    name.strip("[]"): re.sub(r"<\w+>", lambda fragment: SECTIONS[fragment[0]], text)
    for name, text in SECTIONS.items()
    if name.startswith("[")
}
