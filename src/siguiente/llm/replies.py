"""Responder: lo que un modelo de chat contesta a una conversación, escrito o puntuado."""

from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence

from torch import Tensor

from siguiente.language_models.completions import CompletionScores, path_scores
from siguiente.language_models.fast.trie import TokenTrie
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.language_models.sampling import Adjust, Choose, greedy, stream_tokens
from siguiente.llm.chat import ASSISTANT, Message, answer_span, chat_ids


def stream_reply(
    model: TextModel[LanguageModel],
    messages: Sequence[Message],
    length: int,
    choose: Choose = greedy,
    adjust: Adjust | None = None,
) -> Iterator[str]:
    """Responde a una conversación, con `length` tokens como mucho, y entrega el texto según lo escribe.

    Cada trozo tiene caracteres enteros: los bytes de una letra a medias esperan al resto. `choose` y `adjust`
    son los de :func:`~siguiente.language_models.sampling.generate`.

    >>> from siguiente.llm import load
    >>> smollm = load("smollm2-135m-instruct")
    >>> question = Message("user", "What is the capital of France?")
    >>> list(stream_reply(smollm, [question], length=3))
    ['The', ' capital', ' of']
    """
    tokens = stream_tokens(model.model, chat_ids(model, messages), length, choose, adjust=adjust)
    return whole_characters(model, tokens)


def whole_characters(model: TextModel[LanguageModel], tokens: Iterator[Tensor]) -> Iterator[str]:
    """El texto de unos tokens, (1,), a trozos; el primero de control cierra el turno."""
    decoder = getincrementaldecoder("utf-8")("replace")
    for token in tokens:
        written = model.tokenizer.token_bytes(int(token))
        if not written:
            break
        if piece := decoder.decode(written):
            yield piece
    if piece := decoder.decode(b"", final=True):
        yield piece


def reply(
    model: TextModel[LanguageModel],
    messages: Sequence[Message],
    length: int,
    choose: Choose = greedy,
    adjust: Adjust | None = None,
) -> str:
    """La respuesta entera a una conversación: lo que entrega :func:`stream_reply`, junto.

    >>> from siguiente.llm import load
    >>> smollm = load("smollm2-135m-instruct")
    >>> reply(smollm, [Message("user", "What is the capital of France?")], length=12)
    'The capital of France is Paris.'
    """
    return "".join(stream_reply(model, messages, length, choose, adjust))


def score_replies(
    model: TextModel[LanguageModel],
    conversations: Sequence[Sequence[Message]],
    replies: Sequence[Sequence[str]],
) -> CompletionScores:
    """Log-probabilidad de que el modelo responda a cada conversación con cada texto, y ahí termine su turno.

    Son P conversaciones, que terminan con una pregunta, y C respuestas para cada una; los tensores, (P, C),
    cuentan el token que cierra el turno.

    >>> from siguiente.llm import load
    >>> question = [Message("user", "What is the capital of France?")]
    >>> scores = score_replies(load("smollm2-135m-instruct"), [question], [["Paris", "Rome"]])
    >>> scores.logprobs.argmax().item()
    0
    """
    if len(conversations) != len(replies) or len(set(map(len, replies))) != 1 or not replies[0]:
        raise ValueError("Cada conversación necesita sus respuestas posibles, tantas como las demás.")
    trie, paths = TokenTrie(), list[list[int]]()
    for messages, answers in zip(conversations, replies, strict=True):
        for answer in answers:
            ids = chat_ids(model, [*messages, Message(ASSISTANT, answer)], add_generation_prompt=False)[0]
            span = answer_span(model.tokenizer, messages, ids.tolist())
            paths.append(trie.insert(ids[: span.stop].tolist(), span.start)[span])
    return path_scores(model.model, trie, paths, len(conversations))
