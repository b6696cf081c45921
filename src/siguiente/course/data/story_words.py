"""Las palabras de los cuentos: nombres, cosas, animales, lugares y colores, con su género y su número.

Ningún nombre empieza por «i» ni por «o», para que «y» y «o» no tengan que cambiar delante de él, y ningún
sustantivo femenino lleva «el», como «agua».
"""

from siguiente.course.data.grammar import Word


def noun(text: str, agreement: str, **forms: str) -> Word:
    """Un sustantivo: ``m``, ``f``, ``mp`` o ``fp``, y sus otras formas por nombre."""
    return Word(text, int("f" in agreement), int("p" in agreement), forms=forms)


def nouns(**groups: str) -> tuple[Word, ...]:
    """Varios sustantivos, separados por espacios, en grupos ``m``, ``f``, ``mp`` y ``fp``.

    Examples
    --------
    >>> [word.text for word in nouns(m="auto tren", fp="botas")]
    ['auto', 'tren', 'botas']
    """
    return tuple(noun(text, agreement) for agreement, line in groups.items() for text in line.split())


def adjectives(line: str) -> tuple[Word, ...]:
    """Varios adjetivos con sus cuatro formas: en -o, como «rojo», o de dos, como «verde» y «azul».

    Examples
    --------
    >>> adjectives("rojo marrón")[1].agreed
    ('marrón', 'marrón', 'marrones', 'marrones')
    """
    return tuple(Word(text, agreed=_agreed(text)) for text in line.split())


def _agreed(text: str) -> tuple[str, ...]:
    if text.endswith("o"):
        return (text, text[:-1] + "a", text + "s", text[:-1] + "as")
    plural = text + "s" if text[-1] in "aeiou" else text.replace("ó", "o") + "es"
    return (text, text, plural, plural)


PEOPLE = nouns(
    f="""Ana Lucía Valentina Camila Sofía Elena Marta Paula Rosa Julia Carmen Daniela
        Gabriela Ximena Pilar Noemí Renata Antonia Abril Alma Nayeli Micaela Guadalupe Beatriz""",
    m="""Mateo Diego Tomás Pablo Andrés Bruno Luis Javier Samuel Martín Nicolás Emilio
        Ramón Joaquín Santiago Gabriel Fermín Rafael Hugo Julián Benjamín Esteban Leandro Facundo""",
)
FAMILY = nouns(m="abuelo tío padre hermano primo padrino", f="abuela tía madre hermana prima madrina")
THINGS = nouns(
    m="auto tren barco robot tambor títere trompo",
    f="pelota muñeca cometa flauta mochila linterna gorra bufanda",
    mp="guantes zapatos patines",
    fp="botas sandalias",
)
COLORS = adjectives("rojo amarillo blanco negro verde azul gris morado celeste marrón")
ODD = adjectives("rojo verde azul morado celeste violeta turquesa")
FURS = adjectives("blanco negro gris marrón")
NUMBERS = nouns(m="doce quince veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien")
AGES = nouns(m="cinco seis siete ocho nueve diez once")
FEW = nouns(m="dos tres cuatro cinco seis siete")
DAYS = nouns(m="lunes martes miércoles jueves viernes sábado domingo")
CITIES = nouns(
    m="""Lima Quito Bogotá Sevilla Montevideo Valparaíso Guadalajara
        Caracas Asunción Cusco Oaxaca Granada Managua Rosario"""
)
FLAVORS = nouns(m="chocolate vainilla limón fresa coco naranja manzana zanahoria nuez miel plátano mango")
PLACES = (
    noun("parque", "m", spot="un banco"),
    noun("plaza", "f", spot="un banco"),
    noun("estación", "f", spot="un banco"),
    noun("playa", "f", spot="una barca"),
    noun("bosque", "m", spot="un pino"),
    noun("mercado", "m", spot="un puesto de fruta"),
    noun("jardín", "m", spot="un rosal"),
    noun("escuela", "f", spot="una mesa"),
    noun("biblioteca", "f", spot="un estante"),
    noun("museo", "m", spot="una estatua"),
    noun("granja", "f", spot="una carreta"),
    noun("feria", "f", spot="una carpa"),
)
WALKS = nouns(m="parque malecón jardín", f="plaza alameda avenida")
YARDS = nouns(m="patio jardín parque pasillo", f="plaza calle terraza azotea")
GOALS = nouns(m="mar lago volcán desierto río valle", f="playa montaña costa selva sierra cascada")
VEHICLES = nouns(m="auto autobús", f="camioneta furgoneta")
RACERS = (
    noun("auto", "m", plural="autos"),
    noun("camión", "m", plural="camiones"),
    noun("tractor", "m", plural="tractores"),
    noun("robot", "m", plural="robots"),
    noun("moto", "f", plural="motos"),
    noun("grúa", "f", plural="grúas"),
)
ANIMALS = nouns(
    m="perro gato caballo elefante león oso conejo ratón lobo camello",
    f="vaca oveja jirafa cebra cabra paloma pantera foca",
)
PETS = (
    noun("perro", "m", voice="ladró", food="un hueso"),
    noun("perra", "f", voice="ladró", food="una galleta"),
    noun("gato", "m", voice="maulló", food="una sardina"),
    noun("gata", "f", voice="maulló", food="un trozo de queso"),
    noun("conejo", "m", voice="movió las orejas", food="una zanahoria"),
    noun("coneja", "f", voice="movió el hocico", food="una hoja de lechuga"),
    noun("gallina", "f", voice="cacareó", food="un puñado de maíz"),
    noun("pato", "m", voice="hizo cuac", food="un trozo de pan"),
)
PETNAMES = nouns(
    m="""Canela Pimienta Chispa Nube Rayo Trueno Coco Bigotes
        Azúcar Tango Menta Pelusa Galleta Pluma Limón Caramelo"""
)
FRUITS = nouns(
    mp="arándanos mangos duraznos higos plátanos melones",
    fp="manzanas peras naranjas fresas uvas ciruelas",
)
POTS = nouns(m="cubo tiesto frasco", f="maceta caja lata taza")
FLOWERS = nouns(
    mp="claveles girasoles tulipanes geranios lirios", fp="rosas margaritas violetas amapolas azucenas"
)
INSTRUMENTS = nouns(
    m="violín piano acordeón clarinete tambor", f="guitarra flauta trompeta marimba armónica mandolina"
)
POOLS = {name: pool for name, pool in vars().items() if isinstance(pool, tuple)}
