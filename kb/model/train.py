"""Trains the bundled embedding model: python -m kb.model.train --data DIR --out DIR.

Needs PyTorch; nothing else in Dayi imports this module. A text is the sum of its features' vectors. Training moves the
vectors so that the two texts of a pair lie nearer to each other than to the other texts of their batch (symmetric
contrastive loss over in-batch negatives).
Source of the loss: https://arxiv.org/abs/1807.03748 (InfoNCE), temperature as in https://arxiv.org/abs/2103.00020
"""

import argparse
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.logging import RichHandler
from rich.progress import Progress
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from torch.nn.functional import cross_entropy, embedding_bag, normalize

from kb.embedding.static import MODULE, revision_of
from kb.model.examples import Examples, Ints, read_examples
from kb.model.export import MODULE_CLASS
from kb.text import STOP_WORDS

__all__ = ["evaluate", "export", "train"]

logger = logging.getLogger(__name__)

TEMPERATURE = 0.05
DROPOUT = 0.1  # share of a text's features left out in a step
WARM_UP = 100  # steps
HELD_OUT = 2000  # pairs
ASKING = 0.5  # part of their weight that words of asking keep: "how do I" is no subject


def main() -> None:
    """Read, train, write the model folder, and report how often held-out pairs find each other."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(show_path=False)])
    torch.manual_seed(options.seed)
    if options.cache and options.cache.exists():
        examples = Examples.load(options.cache)
    else:
        examples = read_examples(
            options.data, rows=options.rows, cap=options.cap, boost=options.boost, seed=options.seed
        )
        if options.cache:
            examples.save(options.cache)
    order = np.random.default_rng(options.seed).permutation(len(examples))
    training, held_out = order[HELD_OUT:], order[:HELD_OUT]
    logger.info("%s pairs, %s features", len(training), len(examples.vocabulary))
    table = train(examples, training, options)
    asking = np.isin(examples.vocabulary, list(STOP_WORDS))
    examples = replace(examples, weight=np.where(asking, options.asking, 1).astype(np.float32) * examples.weight)
    export(options.out, examples, table, {"pairs": len(training), **_recorded(options)})
    for name, value in evaluate(examples, held_out, table).items():
        logger.info("held-out pairs among %s: %s %.3f", HELD_OUT, name, value)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the text pairs")
    parser.add_argument("--out", type=Path, required=True, help="folder the model is written to")
    parser.add_argument("--cache", type=Path, help="keep the tokenised pairs in this .npz file, or take them from it")
    parser.add_argument("--rows", type=int, default=28_000, help="size of the vocabulary")
    parser.add_argument("--dim", type=int, default=256, help="length of the vectors")
    parser.add_argument("--cap", type=int, default=25_000, help="most pairs of one source in one file")
    parser.add_argument("--boost", type=int, default=3, help="how often an epoch shows a middleware pair")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--minutes", type=float, help="end after this time, however far the epochs are")
    parser.add_argument("--batch", type=int, default=1536, help="pairs in a batch")
    parser.add_argument("--rate", type=float, default=0.01, help="learning rate, falling to 0 towards the end")
    parser.add_argument("--learn-weights", action="store_true", help="learn a weight of each feature besides its idf")
    parser.add_argument("--asking", type=float, default=ASKING, help="part of their weight that words of asking keep")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _recorded(options: argparse.Namespace) -> dict[str, object]:
    return {name: value for name, value in vars(options).items() if not isinstance(value, Path)}


def train(examples: Examples, training: Ints, options: argparse.Namespace) -> torch.Tensor:
    """The feature vectors, shape (rows, dim), before their weights; `training` numbers the pairs to learn from."""
    rng = np.random.default_rng(options.seed)
    rows = (torch.randn(len(examples.vocabulary), options.dim) / options.dim**0.5).requires_grad_()
    strength = torch.zeros(len(rows), 1, requires_grad=True)  # logarithm; scales a row as a whole
    learned = [rows, strength] if options.learn_weights else [rows]
    optimizer = torch.optim.Adam(learned, lr=options.rate)
    shown = np.repeat(training, examples.repeats[training])
    steps = options.epochs * (len(shown) // options.batch)
    started, step = time.monotonic(), 0
    with Progress(*Progress.get_default_columns(), "{task.fields[loss]}") as progress:
        task = progress.add_task("Training", total=1.0, loss="")
        for _ in range(options.epochs):
            for batch in _batches(shown, examples.source, options.batch, rng):
                spent = (time.monotonic() - started) / 60 / options.minutes if options.minutes else 0.0
                done = max(step / steps, spent)
                if done >= 1:
                    return _joined(rows, strength)
                for group in optimizer.param_groups:
                    group["lr"] = options.rate * min((step + 1) / WARM_UP, 1 - done)
                loss = _loss(examples, batch, rows * strength.exp(), rng)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                step += 1
                progress.update(task, completed=done, loss=f"loss {loss.item():.3f}")
                if step % 100 == 0:
                    logger.info("step %s of %s, loss %.3f", step, steps, loss.item())
    return _joined(rows, strength)


def _joined(rows: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
    return (rows * strength.exp()).detach()


def _batches(shown: Ints, source: Ints, size: int, rng: np.random.Generator) -> Iterator[Ints]:
    # Half of the batches hold one source: telling its pages apart is what a question inside one product needs.
    shown = rng.permutation(shown)
    half = len(shown) // 2
    grouped = shown[:half][np.argsort(source[shown[:half]], kind="stable")]
    batches = [part[i : i + size] for part in (grouped, shown[half:]) for i in range(0, len(part) - size + 1, size)]
    for n in rng.permutation(len(batches)):
        yield batches[n]


def _loss(examples: Examples, batch: Ints, table: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    left, right = 2 * batch, 2 * batch + 1
    vectors = _encode(examples, np.concatenate([left, right]), table, rng)
    likeness = vectors[: len(batch)] @ vectors[len(batch) :].T / TEMPERATURE
    same = examples.same
    equal = (same[left][:, None] == same[left]) | (same[right][:, None] == same[right])
    np.fill_diagonal(equal, False)
    likeness = likeness.masked_fill(torch.from_numpy(equal), -torch.inf)
    target = torch.arange(len(batch))
    return (cross_entropy(likeness, target) + cross_entropy(likeness.T, target)) / 2


def _encode(
    examples: Examples, texts: Ints, table: torch.Tensor, rng: np.random.Generator | None = None
) -> torch.Tensor:
    """Vectors of the texts with these numbers, of length 1; with `rng` a share of the features is dropped."""
    starts, lengths = examples.offsets[texts], examples.offsets[texts + 1] - examples.offsets[texts]
    bags = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    places = np.repeat(starts - bags, lengths) + np.arange(lengths.sum())
    ids = examples.ids[places]
    weights = examples.amounts[places] * examples.weight[ids]
    if rng is not None:
        weights *= rng.random(len(weights), np.float32) >= DROPOUT
    return normalize(
        embedding_bag(
            torch.from_numpy(ids.astype(np.int64)),
            table,
            torch.from_numpy(bags),
            mode="sum",
            per_sample_weights=torch.from_numpy(weights),
        )
    )


def export(out: Path, examples: Examples, table: torch.Tensor, training: dict[str, object]) -> None:
    """Write the model folder that `StaticEmbedder` reads: 8-bit rows with one scale each, vocabulary, description."""
    module = out / MODULE
    module.mkdir(parents=True, exist_ok=True)
    rows: NDArray[np.float32] = table.numpy() * examples.weight[:, None]
    scale = np.abs(rows).max(axis=1) / 127
    whole = np.round(rows / np.where(scale == 0, 1, scale)[:, None]).astype(np.int8)
    save_file({"embedding.weight": whole, "embedding.scale": scale}, module / "model.safetensors")
    vocabulary = {name: row for row, name in enumerate(examples.vocabulary.tolist())}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.save(str(module / "tokenizer.json"), pretty=False)
    modules = [{"idx": 0, "name": "0", "path": MODULE, "type": MODULE_CLASS}]
    (out / "modules.json").write_text(json.dumps(modules, indent=2) + "\n", "utf-8")
    config = {
        "id": "dayi-static-zh-en",
        "revision": revision_of(module),
        "dimension": whole.shape[1],
        "rows": whole.shape[0],
        "training": training,
    }
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")


def evaluate(examples: Examples, pairs: Ints, table: torch.Tensor) -> dict[str, float]:
    """How well the first texts of these pairs find the second ones among all: R@1, R@10 and MRR@10."""
    vectors = _encode(examples, np.concatenate([2 * pairs, 2 * pairs + 1]), table).numpy()
    likeness = vectors[: len(pairs)] @ vectors[len(pairs) :].T
    rank = 1 + (likeness > np.diag(likeness)[:, None]).sum(axis=1)
    return {
        "R@1": float((rank == 1).mean()),
        "R@10": float((rank <= 10).mean()),
        "MRR@10": float(np.where(rank <= 10, 1 / rank, 0).mean()),
    }


if __name__ == "__main__":
    main()
