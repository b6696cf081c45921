"""Bibliografía en español: «y» entre autores, «En», «vol.» y «págs.», y etiquetas de autor y año."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from pybtex.plugin import find_plugin
from pybtex.plugin import register_plugin as register_pybtex
from pybtex.style.formatting import toplevel
from pybtex.style.formatting.unsrt import Style, date, pages
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.names.plain import NameStyle
from pybtex.style.template import field as bib_field
from pybtex.style.template import first_of, join, names, optional, sentence, tag, words
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.names.last import LastNameStyle
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle


class AuthorYearLabels(BaseLabelStyle):
    """Etiqueta cada obra con el primer apellido y el año, y con una letra si se repite."""

    def format_labels(self, sorted_entries: Sequence[Any]) -> Iterator[str]:
        """Devuelve las etiquetas en el orden de las entradas."""
        plain = [f"{surname(entry)} {entry.fields.get('year', '')}".strip() for entry in sorted_entries]
        seen: Counter[str] = Counter()
        for label in plain:
            seen[label] += 1
            yield label + chr(ord("a") + seen[label] - 1) * (plain.count(label) > 1)


def surname(entry: Any) -> str:
    """Primer apellido, o nombre de la institución, de quien firma primero."""
    first = entry.persons["author"][0]
    return str(" ".join(first.prelast_names + first.last_names)).strip("{}")


class SpanishNames(NameStyle):
    """Nombre y apellidos; lo que BibTeX escribe `others`, «otros»."""

    def format(self, person: Any, abbr: bool = False) -> Any:
        """Devuelve el nombre completo."""
        return "otros" if str(person) == "others" else super().format(person, abbr)


class SpanishStyle(Style):
    """Una sola disposición para todas las obras: quién, qué, dónde, cuándo y enlaces."""

    default_sorting_style = "author_year_title"
    default_label_style = AuthorYearLabels
    default_name_style = SpanishNames

    def format_names(self, role: str, as_sentence: bool = True) -> Any:
        """Une los nombres como en español, sin coma antes de la «y»."""
        formatted = names(role, sep=", ", sep2=" y ", last_sep=" y ")
        return sentence[formatted] if as_sentence else formatted

    def layout(self, *where: Any, entry: Any) -> Any:
        """Autores, título tal como se publicó, dónde apareció y enlaces."""
        return toplevel[
            self.format_names("author"), sentence[bib_field("title")], *where, self.format_web_refs(entry)
        ]

    def get_article_template(self, e: Any) -> Any:
        """Artículo de revista; si solo está en arXiv, basta el enlace."""
        number = optional["(", bib_field("number"), ")"]
        volume = optional[join[bib_field("volume"), number, optional[":", pages]]]
        return self.layout(sentence[optional[tag("em")[bib_field("journal")]], volume, date], entry=e)

    def get_inproceedings_template(self, e: Any) -> Any:
        """Comunicación en unas actas."""
        where = words["En", tag("em")[bib_field("booktitle")]]
        volume = optional[words["vol.", bib_field("volume")]]
        return self.layout(sentence[where, volume, optional[words["págs.", pages]], date], entry=e)

    def get_techreport_template(self, e: Any) -> Any:
        """Informe técnico."""
        return self.layout(sentence["Informe técnico", bib_field("institution"), date], entry=e)

    def get_misc_template(self, e: Any) -> Any:
        """Página web o ficha."""
        where = first_of[optional[sentence[bib_field("howpublished"), date]], sentence[date]]
        return self.layout(where, entry=e)


class SpanishLastNames(LastNameStyle):
    """Apellidos; lo que BibTeX escribe `others`, «otros»."""

    def format(self, person: Any, abbr: bool = True) -> Any:
        """Devuelve los apellidos."""
        return "otros" if str(person) == "others" else super().format(person, abbr)


def references() -> AuthorYearReferenceStyle:
    """Citas de autor y año: «(Kaplan y otros, 2020)»; dos autores se unen con «y»."""
    persons = PersonStyle(style="spanish_last", sep2=" y ", last_sep=" y ", other=" y otros")
    brackets = BracketStyle("(", ")", sep="; ")
    return AuthorYearReferenceStyle(person=persons, bracket_textual=brackets, bracket_parenthetical=brackets)


def setup(app: Sphinx) -> dict[str, Any]:
    """Registra los estilos: `spanish` el de la bibliografía y el de las citas."""
    register_pybtex("pybtex.style.formatting", "spanish", SpanishStyle)
    register_pybtex("pybtex.style.names", "spanish_last", SpanishLastNames)
    # Registrado, pybtex no lo busca a cada cita entre todo lo instalado.
    plain = find_plugin("pybtex.backends", "plaintext")
    register_pybtex("pybtex.backends", "plaintext", plain, force=True)
    # Pide una clase, y solo la llama.
    register_plugin("sphinxcontrib.bibtex.style.referencing", "spanish", references)  # type: ignore[arg-type]
    return {"parallel_read_safe": True, "parallel_write_safe": True}
