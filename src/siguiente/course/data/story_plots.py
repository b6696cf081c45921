"""Los argumentos de los cuentos, escritos con la notación de `siguiente.course.data.grammar_notation`.

Lo que va entre ángulos, como ``<day>``, se sustituye por el fragmento de `FRAGMENTS` de ese nombre.
"""

FRAGMENTS = {
    "day": """[3:Una tarde|3:Una mañana|2:Un domingo|2:Un sábado|Un lunes|Un jueves|Un día de sol|Un día
        de otoño|Una tarde de abril|Una mañana de mayo]""",
    "crash": """[en la curva|en la última vuelta|cerca de la meta] chocó con [una piedra|una maceta|un
        zapato|el gato|una silla]""",
    "revenge": """[¡Quiero la revancha!|¡Eso no vale!|¡La próxima vez ganaré yo!|¡Otra
        vez!] —[protestó|dijo|exclamó]""",
    "treat": """[con dos cucharas|muy grande|que compartieron entre risas|en la plaza]""",
}
PLOTS = {
    "lost": """
        <day>, {hero=PEOPLE} perdió {thing=THINGS#su|sus} {thing} {color=COLORS/thing} en
        {place=PLACES:el|la} {place}. [{thing#Era|Eran} un regalo de|Se {thing:lo|la|los|las} había
        dado|Se {thing:lo|la|los|las} había comprado] su {kin=FAMILY}, y {hero} [estaba muy triste|no
        podía pensar en otra cosa|tenía un nudo en la garganta|tenía ganas de llorar].
        —¿Dónde {thing#está mi|están mis} {thing}? —[preguntaba|repetía] [a todo el mundo|una y otra
        vez|sin parar|en voz baja].
        —[No te preocupes|No te rindas|Ten paciencia|Ánimo], {hero}: {thing:lo|la|los|las} encontraremos
        —[dijo|prometió|le aseguró|respondió] {friend=PEOPLE}, que [jugaba cerca|pasaba por allí|tenía muy
        buena vista|nunca se daba por vencid{friend:o|a}].
        {hero+friend:Los|Las} dos buscaron [por todas partes|en cada rincón|durante dos horas|sin
        descansar|hasta cansarse]. [Al final|Por fin|De pronto|Cuando ya se iban],
        {friend} [vio|encontró|descubrió] {thing:el|la|los|las} {thing} {color/thing} [detrás de|junto
        a|al lado de|cerca de] {place.spot}. [{hero} [le dio un abrazo|dio un salto de alegría|le dio las
        gracias|se echó a reír] y [pensó|comprendió] que {friend} era [su mejor amig{friend:o|a}|un
        tesoro|más valios{friend:o|a} que {thing:el|la|los|las} {thing}]|Desde aquel día, {hero}
        no [vuelve|quiere ir] {place:al|a la} {place} sin {friend}].
        """,
    "savings": """
        {hero=PEOPLE} [había ahorrado|guardaba en un frasco|había reunido|tenía en una caja|escondía en un
        zapato] {number=NUMBERS} monedas para comprar {thing=THINGS:un|una|unos|unas} {thing}
        {color=COLORS/thing}.
        —[Iremos|Mañana te llevaré|Vamos ahora mismo|Acompáñame] al banco: [ese dinero estará más seguro
        allí|las monedas no deben dormir debajo de la cama|un tesoro así necesita una casa más
        segura|alguien podría llevarse tu tesoro] —le [dijo|explicó|advirtió] su {kin=FAMILY}.
        En el banco, {clerk=PEOPLE:un cajero llamado|una cajera llamada} {clerk} contó las monedas [en voz
        alta|dos veces|con mucho cuidado|muy deprisa] y [sonrió|asintió|aplaudió]: había {number}.
        —¿[Qué harás con el dinero|En qué vas a gastarlas|Para qué las quieres], {hero}? —preguntó.
        —[Compraré|Voy a comprar|Quiero] {thing:un|una|unos|unas} {thing} {color/thing}
        —[respondió|contestó] {hero}[| con orgullo| sin dudar| en voz baja]. [Un mes después|Al año
        siguiente|En primavera|Antes de Navidad], {hero} volvió al banco, [saludó|dio las
        gracias|sonrió] a {clerk} y [corrió a la tienda|por fin cumplió su sueño|salió con el dinero en la
        mano].
        """,
    "bench": """
        <day>, {hero=PEOPLE} [paseaba|caminaba|iba] por {place=WALKS:el|la} {place} con su {kin=FAMILY}.
        Como [estaban cansad{hero+kin:os|as}|hacía calor|les dolían los pies|no tenían prisa], fueron al
        banco [más cercano|de siempre|de la fuente|de los enamorados] y se sentaron a [la sombra|mirar las
        palomas|descansar|conversar].
        En el banco, alguien había olvidado {thing=THINGS:un|una|unos|unas} {thing} {color=COLORS/thing}.
        —¿De quién {thing#será|serán}? —[preguntó|dijo|murmuró] {hero}.
        —[Esperaremos aquí|No nos iremos sin saberlo|Ya vendrá su dueño|Ten
        paciencia] —[respondió|contestó|dijo] su {kin}. [Media hora después|Al rato|Mucho más
        tarde|Enseguida], {friend=PEOPLE} llegó [corriendo|sin aliento|con cara de susto|muy
        nervios{friend:o|a}].
        —¿[Han visto|No habrán visto|Alguien ha visto] {thing:un|una|unos|unas} {thing} {color/thing}?
        —preguntó.
        {hero} se levantó del banco y le [entregó|devolvió|dio] {thing:el|la|los|las} {thing}.
        Desde entonces, {hero} y {friend} [se sientan|leen|meriendan] {hero+friend:juntos|juntas} en
        el mismo banco [todas las tardes|cada domingo|cuando hace sol|los sábados].
        """,
    "birthday": """
        {hero=PEOPLE} cumplía {age=AGES} años y [había invitado a toda la clase|llevaba semanas contando
        los días|no había dormido en toda la noche|esperaba en la puerta].
        Su {kin=FAMILY} había [preparado|comprado|decorado] un pastel de {flavor=FLAVORS} con {age}
        velas [de colores|blancas|muy altas|doradas]. [De pronto|A las cinco|Por fin|Un poco tarde], llegó
        {friend=PEOPLE} con una caja [misteriosa|atada con una cinta|envuelta en papel de periódico|muy
        ligera].
        —¡Feliz cumpleaños, {hero}! [Ábrela|Espero que te guste|Adivina qué hay
        dentro] —[dijo|exclamó|gritó].
        Dentro había {thing=THINGS:un|una|unos|unas} {thing} {color=COLORS/thing}.
        —¡[Qué maravilla|Qué sorpresa|Muchas gracias|Qué alegría], {friend}! ¡[Siempre quise|Toda la vida
        he soñado con|Nunca tuve] {thing:un|una|unos|unas} {thing} así! —[exclamó|dijo] {hero}.
        Luego [cerró los ojos|tomó aire|pidió un deseo] y sopló las {age} velas.
        Aquella noche, {hero} soñó con [{thing:el|la|los|las} {thing} {color/thing}|el pastel de
        {flavor}|{friend}|una fiesta en la luna].
        """,
    "trip": """
        [En verano|En las vacaciones|En primavera|Un fin de semana], {hero=PEOPLE} viajó con su
        {kin=FAMILY} {goal=GOALS:al|a la} {goal} en {vehicle=VEHICLES:un|una} {vehicle}
        {color=COLORS/vehicle} [muy viej{vehicle:o|a}|que hacía mucho ruido|que olía a naranjas|sin
        ventanas].
        —¿Falta mucho? —preguntó {hero} {number=NUMBERS} veces [en la primera hora|antes de comer|por el
        camino].
        —[Llegaremos antes de que anochezca|Llegarás cuando menos lo esperes|Falta menos que ayer|Duerme
        un poco] —[respondía|contestaba|decía] siempre su {kin}. [A mitad del viaje|De pronto|En una
        cuesta|Casi al final], {vehicle:el|la} {vehicle} [se quedó sin gasolina|empezó a echar humo|se
        detuvo|pinchó una rueda]. [Por suerte|Enseguida|Al rato], {friend=PEOPLE}, que [pasaba en
        bicicleta|vivía cerca|vendía melones allí mismo|montaba a caballo], {hero+kin:los|las} [ayudó|sacó
        del apuro].
        Cuando llegaron {goal:al|a la} {goal}, [ya brillaban las estrellas|el sol se ponía|salía la
        luna|era de noche].
        —La próxima vez [vendremos a pie|vendremos en burro|nos quedaremos en casa] —[bromeó|dijo] su
        {kin}.
        Pero {hero} [nunca olvidará|no ha olvidado] {vehicle:el|la} {vehicle} {color/vehicle} ni
        la [sonrisa|bondad|paciencia|risa] de {friend}.
        """,
    "storm": """
        [Llovía sin parar|Tronaba a lo lejos|Soplaba un viento terrible|Caía una gran tormenta] y, de
        pronto, se fue la luz en casa de {hero=PEOPLE}.
        {name=PETNAMES}, su {pet=PETS} {fur=FURS/pet}, [se escondió|se metió temblando|corrió a
        meterse] [debajo de la mesa|detrás del sofá|debajo de la cama|en el armario].
        —¿Tienes miedo, {name}? —[preguntó|susurró] {hero}—. [Yo también|Yo no|Yo solo un poco].
        —[Contaré|Voy a contar|Les leeré] un cuento hasta que [pase la tormenta|vuelva la
        luz] —[dijo|anunció|prometió] su {kin=FAMILY}, y encendió {few=FEW} velas.
        Era la historia de {animal=ANIMALS:un|una} {animal} que [quería escribir poemas|buscaba el fin del
        mundo|vivía en la luna|no podía dormir|había perdido su sombra|viajaba en globo]. [Poco a
        poco|Palabra a palabra|Sin darse cuenta], {name} [salió de su escondite|dejó de temblar|se
        acercó].
        Cuando volvió la luz, {hero} y {name} dormían [en el sofá|sobre la alfombra|junto a las {few}
        velas], y nadie [supo|preguntó] [qué fue|cómo terminaba la historia] {animal:del|de la} {animal}.
        """,
    "pet": """
        Desde los {age=AGES} años, {hero=PEOPLE} [soñaba con tener|quería tener|pedía] una mascota.
        <day>, su {kin=FAMILY} [llegó a casa con|trajo|le regaló|encontró en la calle] {pet=PETS:un|una}
        {pet} {fur=FURS/pet}.
        —¿Cómo {pet:lo|la} llamarás? —[le preguntó|quiso saber].
        —Se llamará {name=PETNAMES} —[respondió|decidió|anunció] {hero}[| sin pensarlo mucho| con voz
        solemne| muy content{hero:o|a}].
        {name} {pet.voice} [dos veces|con alegría|como si dijera que sí] y se comió {pet.food}.
        Pero [aquella noche|a la hora de cenar|al día siguiente|una noche] {name} desapareció.
        —¡{name}! ¿Dónde estás? —[gritaba|llamaba] {hero} [por toda la casa|desde la ventana|en la
        escalera].
        {friend=PEOPLE:Su vecino|Su vecina} {friend} [ayudó a buscar|trajo una linterna|miró en el
        tejado|salió a la calle].
        {pet:El|La} {pet} {fur/pet} dormía [dentro de una bota|en la cesta de la ropa|entre dos
        almohadas|debajo de un sombrero].
        —[Desde hoy|Esta noche] {name} dormirá [en mi cama|a mi
        lado|conmigo] —[dijo|prometió|decidió] {hero}.
        """,
    "race": """
        <day>, {hero=PEOPLE} y {friend=PEOPLE} organizaron una carrera de {racer=RACERS.plural} de juguete
        en {yard=YARDS:el|la} {yard}.
        {racer:El|La} {racer} de {hero} era {first=COLORS/racer}; {racer:el|la} de {friend},
        {second=COLORS/racer}.
        —¡[Preparados, listos, ya|En sus marcas, listos, fuera|A la una, a las dos y a las tres]! —gritó
        {judge=PEOPLE}, que [llevaba un silbato|agitaba una bandera|tenía un reloj|hacía de
        {judge:árbitro|árbitra}]. [Al principio|En la primera vuelta|Tras la salida] iba delante
        [{racer:el|la} {first/racer}, pero <crash> y ganó {friend}. —<revenge> {hero}|{racer:el|la}
        {second/racer}, pero <crash> y ganó {hero}. —<revenge> {friend}].
        {judge} les [repartió galletas|dio un premio a {hero+friend:los|las} dos|dio una medalla de
        papel|contó un chiste].
        {racer:El|La} {racer} {first/racer} y {racer:el|la} {second/racer} pasaron la noche
        {racer:juntos|juntas} [en la misma caja|en el mismo estante|debajo de la cama|en una maleta].
        """,
    "painting": """
        En la clase de [pintura|dibujo|arte], {hero=PEOPLE} pintó {animal=ANIMALS:un|una} {animal}
        {color=ODD/animal} [con botas|con corona|con sombrero|en bicicleta|que leía el periódico].
        —¿[Dónde|En qué lugar] has visto {animal:un|una} {animal} {color/animal}? —[preguntó|quiso
        saber] {friend=PEOPLE} [con asombro|entre risas|muy seri{friend:o|a}].
        —[En un sueño|En la luna|En un libro que escribiré|En mi
        imaginación] —[respondió|contestó] {hero} [con mucha calma|sin levantar la vista|sin soltar el
        pincel].
        {teacher=PEOPLE:El maestro|La maestra} {teacher} [miró|observó] el cuadro [un buen rato|de
        cerca|con una lupa].
        —[En un papel cabe todo|El arte no obedece a nadie|Los colores también sueñan], {friend}. ¿Por qué
        no pintas tú otro? —[dijo|propuso]. Entonces {friend} pintó {other=ANIMALS:un|una} {other}
        {tint=ODD/other} para que {animal:el|la} {animal} no [estuviera sol{animal:o|a}|se aburriera].
        Ahora {animal:el|la} {animal} {color/animal} y {other:el|la} {other}
        {tint/other} [bailan|viven|sonríen] {animal+other:juntos|juntas} en [la pared|la puerta|una
        ventana] de la clase.
        """,
    "letter": """
        {hero=PEOPLE} le escribió una carta a su {kin=FAMILY}, que vivía en {city=CITIES}.
        «Querid{kin:o|a} {kin}: [Ya sé nadar|Se me cayó un diente|Aquí llueve mucho|He aprendido a
        silbar|Tengo un gato] y [te extraño|guardo un secreto|quiero verte|nadie me cuenta cuentos].
        ¿Cuándo vendrás?».
        {friend=PEOPLE}, que repartía el correo, guardó el sobre {color=COLORS} en [su bolsa|el
        bolsillo|la cesta|su gorra].
        A los {number=NUMBERS} días llegó la respuesta: «[Iré|Llegaré|Estaré allí] el {day=DAYS}. [Prepara
        un|Quiero un|No olvides el] pastel de {flavor=FLAVORS}».
        —¡[Viene|Va a venir|Pronto vendrá] mi {kin} de {city}! —[gritaba|cantaba|repetía|exclamó] {hero}.
        El {day}, {hero} [esperaba|saltaba|miraba el reloj] en la estación con un pastel de {flavor}.
        Su {kin} bajó del tren con el sobre {color} en la mano, y [se abrazaron|se echaron a reír|{hero}
        corrió a su encuentro].
        """,
    "bet": """
        —Te apuesto un helado de {flavor=FLAVORS} a que no puedes [saltar la cuerda|botar la pelota|dar
        palmas|saltar en un pie|dar la voltereta] {number=NUMBERS} veces —le [dijo|propuso] {hero=PEOPLE}
        a {friend=PEOPLE} en {yard=YARDS:el|la} {yard}.
        —¡[Claro que puedo|Acepto|Prepara el helado|Ya verás]!
        —[respondió|exclamó|contestó] {friend}. [Enseguida|Al momento], [todos los niños|los vecinos|sus
        amigos] [hicieron un corro|se acercaron], y {judge=PEOPLE} se puso a contar [en voz alta|con los
        dedos|muy despacio].
        —¡[No llegarás|Vas muy despacio|Te vas a cansar|Ríndete]! —[gritaba|decía] {hero}. [{friend} [no
        se detuvo|no hizo caso|apretó los dientes] y llegó a {number}. {hero} [suspiró|se rio] y pagó la
        apuesta|Cuando [faltaban solo dos|iba por la mitad|casi terminaba], {friend} [se rindió|se echó a
        reír|se cansó] y tuvo que pagar la apuesta]: un helado de {flavor} <treat>.
        —[Mañana|El domingo|La próxima vez] apostaremos [una manzana|un cuento|una canción] y [ganaré
        yo|contará {friend}|ganaremos todos] —dijo [{hero}|{judge}].
        """,
    "market": """
        <day>, {hero=PEOPLE} fue al mercado con su {kin=FAMILY} a comprar {fruit=FRUITS} para [hacer
        mermelada|hacer un pastel|la merienda|una ensalada].
        —¿[A cuánto están|Cuánto cuestan|Qué precio tienen] {fruit:los|las} {fruit}? —preguntó.
        —A {number=NUMBERS} pesos [el kilo|la bolsa|la caja] —[respondió|dijo|contestó] {friend=PEOPLE},
        que [atendía el puesto|llevaba un delantal {color=COLORS}|pesaba la fruta].
        —[Es mucho dinero|Solo traigo unas monedas|Entonces volveremos otro
        día] —[suspiró|dijo|murmuró] su {kin}.
        —Si me [cuentas un chiste|haces reír], te regalo {fruit:los|las} {fruit}
        —le [propuso|ofreció|dijo] {friend} a {hero}.
        {hero} contó el chiste {animal=ANIMALS:del|de la} {animal} que [iba a la peluquería|no sabía
        contar|viajaba en tren|quería comprar un sombrero|tenía miedo del mar], y [todo el mercado se
        rio|{friend} lloró de risa|hasta las palomas se rieron].
        Su {kin} [nunca había probado|no recordaba] {fruit:unos|unas} {fruit}
        tan [dulces|grandes|{fruit:ricos|ricas}|{fruit:frescos|frescas}].
        """,
    "garden": """
        {hero=PEOPLE} plantó {few=FEW} semillas en {pot=POTS:un|una} {pot} {color=COLORS/pot} y
        {pot:lo|la} puso [junto a la ventana|en el balcón|en la escalera|en el patio].
        —[Con agua y paciencia|Si las cuidas|Si no te cansas], tendrás {flower=FLOWERS}
        —le [dijo|explicó|prometió] su {kin=FAMILY}. [Cada mañana|Todos los días|Después de desayunar],
        {hero} [regaba las semillas|les cantaba|les contaba un cuento|les hablaba en voz baja].
        —[Ahí no crecerá nada|Las semillas no tienen orejas|Pierdes el tiempo] —[decía|se
        burlaba] {friend=PEOPLE}, que [pasaba por la calle|vivía enfrente|iba camino de la escuela].
        Pero a los {number=NUMBERS} días [apareció una hoja|asomó un brote|algo verde brilló] en
        {pot:el|la} {pot} {color/pot}. [En mayo|Poco después|Con la primera lluvia|Una mañana],
        {flower:todos los|todas las} {flower} [se abrieron|florecieron].
        —¿Me [das|regalas] {flower:uno|una}, {hero}? —[pidió|preguntó] {friend}[|,
        avergonzad{friend:o|a}].
        —Te daré [algo mejor|más que eso]: {few} semillas —[respondió|dijo] {hero}. [Hoy|Ahora] hay
        {flower} en las dos casas.
        """,
    "concert": """
        {hero=PEOPLE} [ensayaba|practicaba] con {instrument=INSTRUMENTS:el|la} {instrument} [todas las
        tardes|día y noche|hasta muy tarde|en su cuarto] para el concierto del {day=DAYS}.
        —¿Y si me equivoco? —le [preguntaba|decía] a {friend=PEOPLE}, que tocaba
        {second=INSTRUMENTS:el|la} {second}.
        —[Entonces tocaré más fuerte|Sonríe y sigue|Nadie lo notará] —[respondía|contestaba] {friend}.
        El {day}, [en la primera fila|entre el público|desde un palco], su {kin=FAMILY} agitaba un pañuelo
        {color=COLORS}.
        {hero} [respiró hondo|cerró los ojos|tragó saliva] y empezó a tocar. [De pronto|A mitad de la
        canción|Casi al final], [se apagó la luz|un gato cruzó el escenario|alguien estornudó|se cayó una
        silla], pero {instrument:el|la} {instrument} y {second:el|la} {second} [siguieron sonando|no se
        detuvieron].
        —¡Bravo, {hero}! —gritó su {kin}, y [lanzó al aire|se secó los ojos con|besó] el pañuelo {color}.
        —¿Lo ves? —[dijo|susurró] {friend}—. [Nadie notó nada|Ni una nota falsa|Mañana ensayaremos otra
        canción].
        """,
}
