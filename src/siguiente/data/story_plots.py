"""Los argumentos de los cuentos, escritos con la notación de `siguiente.data.templates`.

Lo que va entre ángulos, como ``<day>``, se sustituye por el fragmento de `FRAGMENTS` de ese nombre.
"""

__all__ = ["FRAGMENTS", "PLOTS"]

FRAGMENTS = {
    "day": "[Una tarde|Una mañana|El lunes|El martes|El jueves|El sábado|El domingo|Aquel día]",
}

PLOTS = {
    "lost": """
        <day>, {hero=PEOPLE} perdió {thing=THINGS#su|sus} {thing} {color=COLORS/thing}
        en {place=PLACES:el|la} {place}.
        [{thing#Era|Eran} un regalo de|Se {thing:lo|la|los|las} había dado|Se {thing:lo|la|los|las} había comprado]
        su {kin=FAMILY}, y {hero} [estaba muy triste|no dejaba de llorar|no podía pensar en otra cosa].
        —¿Dónde {thing#está mi|están mis} {thing}? —[preguntaba|repetía|decía] [a todo el mundo|una y otra vez].
        —{thing:Lo|La|Los|Las} encontraremos, {hero} —[dijo|prometió|le aseguró] {friend=PEOPLE}, que
        [jugaba cerca|pasaba por allí|tenía muy buena vista].
        {hero+friend:Los|Las} dos buscaron [por todas partes|durante dos horas|sin descansar].
        [Al final|Por fin|De pronto], {friend} [vio|encontró|descubrió] {thing:el|la|los|las} {thing}
        {color/thing} [detrás de|junto a|al lado de] {place.spot}.
        {hero} [le dio un abrazo|dio un salto de alegría|le dio las gracias] y [dijo|pensó|comprendió] que
        {friend} era [su mejor amig{friend:o|a}|un tesoro|más valios{friend:o|a} que {thing:el|la|los|las} {thing}].
        """,
    "savings": """
        {hero=PEOPLE} [había ahorrado|guardaba en un frasco|había reunido] {number=NUMBERS} monedas para comprar
        {thing=THINGS:un|una|unos|unas} {thing} {color=COLORS/thing}.
        —[Ese dinero estará más seguro en otro sitio|Las monedas no deben dormir debajo de la cama]
        —le [dijo|explicó] su {kin=FAMILY}—. [Iremos|Mañana te llevaré] al banco.
        En el banco, {clerk=PEOPLE:un cajero llamado|una cajera llamada} {clerk} contó las monedas
        [en voz alta|dos veces|con mucho cuidado] y [sonrió|asintió]: había {number}.
        —¿[Qué harás con el dinero|En qué vas a gastarlas], {hero}? —preguntó {clerk}.
        —[Compraré|Voy a comprar] {thing:un|una|unos|unas} {thing} {color/thing} —respondió {hero}.
        Cuando salieron del banco, su {kin} [le dio otra moneda|le invitó un helado|le apretó la mano].
        [Un mes después|Al año siguiente|En primavera], {hero} volvió al banco, dio las gracias a {clerk} y
        [corrió a la tienda|por fin cumplió su sueño|salió con el dinero en la mano].
        """,
    "bench": """
        <day>, {hero=PEOPLE} [paseaba|caminaba] por {place=WALKS:el|la} {place} con su {kin=FAMILY}.
        Como estaban cansad{hero+kin:os|as}, fueron al banco [más cercano|de siempre] y se sentaron a la sombra.
        En el banco, alguien había olvidado {thing=THINGS:un|una|unos|unas} {thing} {color=COLORS/thing}.
        —¿De quién {thing#será|serán}? —[preguntó|dijo] {hero}.
        —[Esperaremos aquí|No nos iremos] hasta que aparezca su dueño —respondió su {kin}.
        [Media hora después|Al rato|Cuando ya anochecía], {friend=PEOPLE} llegó [corriendo|sin aliento].
        —¿[Han visto|No habrán visto] {thing:un|una|unos|unas} {thing} {color/thing}? —preguntó.
        {hero} se levantó del banco y le entregó {thing:el|la|los|las} {thing}.
        Desde entonces, {hero} y {friend} se sientan {hero+friend:juntos|juntas} en el mismo banco
        [todas las tardes|cada domingo|cuando hace sol].
        """,
}
