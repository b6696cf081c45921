"""La página de la inyección: lo que SmolLM2 responde a setenta reseñas atacadas, con cada defensa."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.course.data.injections import load_injections
from siguiente.course.data.reviews import OPINIONS, load_reviews
from siguiente.course.scoring import batches, scoring
from siguiente.llm.files.loading import opened
from siguiente.llm.replies import score_replies
from siguiente.prompting.injection import DEFENCES, ORDERS, hide
from siguiente.prompting.labels import label_indices
from siguiente.runtime.trained import Part, Run, Trained

CHAT = "smollm2-135m-instruct"
SHOTS = 4  # reseñas resueltas; las siguientes son las atacadas
HOSTS = 10
READ = 2  # ataques que se vuelven a puntuar para comprobar los pesos
#: Las defensas que se anotan, con el nombre de lo anotado.
DEFENDED = {"comillas": "quoted", "aviso": "warned", "filtro": "filtered"}
DODGED = "dodged"  # el filtro, con los ataques que lo esquivan


def attacks() -> list[str]:
    """Las reseñas atacadas: diez, cada una con un ataque de cada clase que pide la opinión contraria.

    >>> len(attacks())
    70
    """
    hosts, injections = load_reviews()[SHOTS : SHOTS + HOSTS], load_injections()
    wanted = [OPINIONS[1 - i] for i in label_indices(hosts, OPINIONS).tolist()]
    return [
        hide(hosts[i % HOSTS].text, injection.attack_with(wanted[i % HOSTS]))
        for i, injection in enumerate(injections)
    ]


def dodge(text: str) -> str:
    """Esquiva el filtro: mete en cada palabra de su lista un carácter que no se ve.

    >>> dodge("Responda").split(chr(0x200B))
    ['R', 'esponda']
    """
    return ORDERS.sub(lambda found: found[0][0] + "\u200b" + found[0][1:], text)


def load_attack_scores(part: str) -> Tensor:
    """Abre las puntuaciones de una defensa, (70, 2), en nats: por ataque, las dos opiniones; si faltan,
    puntúa. La defensa es un valor de `DEFENDED`, o `dodged`: el filtro, con los ataques que lo esquivan.
    """
    return torch.tensor([scores for rows in INJECTION_SCORES.rows(part) for scores in rows])


def score_attacks(part: Part) -> Run:
    """Puntúa los ataques con una defensa, diez cada vez: comparten el comienzo del prompt."""
    defences = {name: defence for defence, name in DEFENDED.items()} | {DODGED: "filtro"}
    defence, texts, shots = DEFENCES[defences[part.name]], attacks(), load_reviews()[:SHOTS]
    if part.name == DODGED:
        texts = [dodge(text) for text in texts]

    def scored(some: Sequence[str]) -> Tensor:
        asked = [defence.conversation(text, shots) for text in some]
        return score_replies(opened(CHAT), asked, [OPINIONS] * len(asked)).logprobs

    return scoring(scored, batches(texts, HOSTS), texts[:READ])


INJECTION_SCORES = Trained("injection-scores", __name__, score_attacks, parts=(*DEFENDED.values(), DODGED))
