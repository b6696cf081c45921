"""Clasificar tweets: frente a lm-evaluation-harness y frente a lo más rápido que multiplica el equipo."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from pairs import Benchmark

# Matrices con que se mide lo más rápido que multiplica el equipo.
SQUARE, PRODUCT = torch.ones(2048, 2048), torch.empty(2048, 2048)


def benchmarks(folder: Path) -> list[Benchmark]:
    """Los 140 tweets de prueba con siete sectores, con k = 7 y k = 0."""
    from siguiente.course.data.tweets import SECTORS, load_tweets
    from siguiente.llm.files.loading import load
    from siguiente.prompting.few_shot import TEMPLATES, balanced_examples
    from siguiente.prompting.labels import score_labels

    gemma = load("gemma-3-270m")
    texts = [tweet.text for tweet in load_tweets("test")]
    examples = balanced_examples(load_tweets("examples"), 7, torch.Generator().manual_seed(0))
    harness = harness_model(gemma)
    check_task(gemma, harness)
    made = []
    for k, goal, sample in ((7, 1 / 30, 14), (0, 1 / 4, 28)):
        prompts = TEMPLATES["categoría"].prompts(texts, examples[:k])
        sampled = slice(None, None, len(prompts) // sample)  # lm-eval tardaría media hora con todos
        ours = partial(score_labels, gemma, prompts, SECTORS)
        peer = partial(harness_scores, harness, prompts[sampled], SECTORS)
        torch.testing.assert_close(ours()[sampled], peer(), atol=1e-3, rtol=0)
        flops = needed_flops(gemma, prompts, SECTORS)
        made.append(Benchmark(f"k = {k}: lm-evaluation-harness", ours, peer, goal, 3, (len(prompts), sample)))
        for threads in (1, 2):
            name = f"k = {k}: solo multiplicar ({threads} {'hilo' if threads == 1 else 'hilos'})"
            pair = (
                partial(with_threads, threads, ours),
                partial(with_threads, threads, partial(multiply, flops)),
            )
            made.append(Benchmark(name, *pair, 1 / 0.6, 3))
    return made


def with_threads(threads: int, function: Callable[[], object]) -> None:
    """Ejecuta algo con ese número de hilos y vuelve a dejar los que había."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    function()
    torch.set_num_threads(before)


def harness_model(gemma: Any) -> Any:
    """Gemma, la misma red, con la interfaz de lm-evaluation-harness."""
    from lm_eval.models.huggingface import HFLM
    from tokenizers import Tokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer.from_str(gemma.tokenizer.backend.to_str())
    backend.post_processor = TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", gemma.tokenizer.bos_id)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>"
    )
    network = gemma.model.network
    return HFLM(network, "causal", tokenizer=tokenizer, device="cpu", add_bos_token=True, batch_size=1)


def tweets(**_: Any) -> dict[str, Any]:
    """Los tweets de cada parte, como los pide `tweets.yaml`."""
    from datasets import Dataset

    from siguiente.course.data.tweets import SPLITS, load_tweets

    return {split: Dataset.from_list([asdict(tweet) for tweet in load_tweets(split)]) for split in SPLITS}


def run_task(harness: Any, count: int) -> float:
    """La exactitud de la tarea de `tweets.yaml` en sus primeros tweets."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    here = TaskManager(include_path=str(Path(__file__).parent))
    found = simple_evaluate(harness, tasks=["tweets"], limit=count, task_manager=here)
    return float(found["results"]["tweets"]["acc,none"])


def check_task(gemma: Any, harness: Any, count: int = 7) -> None:
    """Comprueba que la tarea acierta lo mismo que las puntuaciones del curso."""
    from siguiente.course.data.tweets import SECTORS, load_tweets
    from siguiente.prompting.few_shot import TEMPLATES
    from siguiente.prompting.labels import hits, label_indices, score_labels

    asked, shots = load_tweets("test")[:count], load_tweets("examples")[:7]
    prompts = TEMPLATES["categoría"].prompts([tweet.text for tweet in asked], shots)
    ours = hits(score_labels(gemma, prompts, SECTORS), label_indices(asked, SECTORS)).float().mean()
    theirs = torch.tensor(run_task(harness, count))
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


def harness_scores(harness: Any, prompts: list[str], labels: Any) -> torch.Tensor:
    """La log-probabilidad de cada etiqueta tras cada texto, (N, C)."""
    from lm_eval.api.instance import Instance

    from siguiente.prompting.labels import label_completions

    ends = label_completions(labels)
    pairs = [(prompt, end) for prompt in prompts for end in ends]
    asked = [Instance("loglikelihood", {}, p, i) for i, p in enumerate(pairs)]
    answers = harness.loglikelihood(asked, disable_tqdm=True)
    found = torch.tensor([logprob for logprob, _ in answers])
    return found.view(len(prompts), len(labels))


def needed_flops(gemma: Any, prompts: list[str], labels: Any) -> int:
    """Operaciones que hacen falta: los pesos por cada token leído, la atención a lo que ve y los logits."""
    from siguiente.language_models.completions import completions_trie
    from siguiente.prompting.labels import label_completions

    trie, _ = completions_trie(gemma, prompts, [label_completions(labels)] * len(prompts))
    config = gemma.model.network.config
    depths = [0] * len(trie)
    for node in range(1, len(trie)):
        depths[node] = depths[trie.parents[node]] + 1
    seen = sum(depth for node, depth in enumerate(depths) if trie.children[node])
    rows = sum(bool(trie.wanted_children(node)) for node in range(len(trie)))
    embedding = config.vocab_size * config.hidden_size
    weights = sum(p.numel() for p in gemma.model.network.model.parameters()) - embedding
    attention = 2 * config.num_hidden_layers * config.num_attention_heads * config.head_dim
    return 2 * (weights * trie.read_tokens + attention * seen + embedding * rows)


def multiply(flops: int) -> None:
    """Hace ese número de operaciones con matrices grandes."""
    for _ in range(round(flops / (2 * len(SQUARE) ** 3))):
        torch.matmul(SQUARE, SQUARE, out=PRODUCT)
