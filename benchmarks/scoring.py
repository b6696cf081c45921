"""Puntuar continuaciones: el trie en una pasada frente a una pasada de transformers por texto."""

from pathlib import Path

from pairs import Benchmark


def benchmarks(folder: Path) -> list[Benchmark]:
    """Cuatro tweets, una plantilla con sus dos formas y seis etiquetas; las mismas puntuaciones."""
    import torch

    from siguiente.course.data.tweets import load_tweets
    from siguiente.course.prompting.label_scores import TWEET_TEMPLATES, tweet_prompts
    from siguiente.language_models.completions import score_completions
    from siguiente.language_models.scoring import token_logprobs
    from siguiente.llm.files.loading import load

    gemma = load("gemma-3-270m")
    prompts = [p for tweet in load_tweets("test")[:4] for p in tweet_prompts(TWEET_TEMPLATES[:1], tweet.text)]
    labels = [form for c in ("alimentación", "deportes", "retail") for form in (f" {c}", f" {c.upper()}")]

    def ours() -> torch.Tensor:
        return score_completions(gemma, prompts, labels).logprobs.flatten()

    @torch.inference_mode()
    def one(prompt: str, label: str) -> torch.Tensor:
        start, ids = len(gemma.encode(prompt)), torch.tensor([gemma.encode(prompt + label)])
        keep = ids.shape[1] - start + 1  # solo los logits que hacen falta, como haría un buen usuario
        logits = gemma.model.network(input_ids=ids, use_cache=False, logits_to_keep=keep).logits[0, :-1]
        return token_logprobs(logits, ids[0, start:]).sum()

    def peer() -> torch.Tensor:
        return torch.stack([one(prompt, label) for prompt in prompts for label in labels])

    torch.testing.assert_close(ours(), peer(), atol=1e-3, rtol=0)
    return [Benchmark("Puntuar 48 continuaciones con Gemma", ours, peer, goal=0.25, repeats=3)]
