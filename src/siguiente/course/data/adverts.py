"""Anuncios de segunda mano, con el producto, el precio y la ciudad de cada uno."""

from dataclasses import dataclass

from siguiente.course.data.packaged import packaged_part

FIELDS = ("producto", "precio", "ciudad")


@dataclass(frozen=True)
class Advert:
    """Un anuncio y lo que hay que sacar de él.

    >>> Advert("Mesa, 9 euros, en Lima.", "mesa", 9, "Lima").answer()
    {'producto': 'mesa', 'precio': 9, 'ciudad': 'Lima'}
    """

    text: str
    product: str
    price: int
    city: str

    def answer(self) -> dict[str, str | int]:
        """Lo que hay que sacar, con los nombres de `FIELDS`."""
        return dict(zip(FIELDS, (self.product, self.price, self.city), strict=True))


def load_adverts(split: str) -> list[Advert]:
    """Devuelve los anuncios de ``"examples"`` (los tres que se enseñan) o de ``"test"``, en un orden fijo."""
    rows = packaged_part("adverts.csv", split)
    return [Advert(row["text"], row["product"], int(row["price"]), row["city"]) for row in rows]
