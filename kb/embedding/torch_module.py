"""The bundled model as a module of sentence-transformers; nothing else in Dayi imports this file.

`modules.json` of a folder made by `python -m kb.model.export` names the class. No `tokenizers` pipeline can express the
features (overlapping Han pairs, 4-grams, damped counts), so the class computes them with `kb.embedding.static`.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import normalize

from kb.embedding.static import UNKNOWN, damped, feature_counts

__all__ = ["StaticFeatures"]


class StaticFeatures(torch.nn.Module):  # type: ignore[misc]  # torch is an extra and publishes no types to mypy
    """Texts to unit vectors, as `StaticEmbedder` makes them; sentence-transformers loads, calls and saves it.

    `tokenizer_file` is the model's tokenizer.json, `weight` its vectors: shape (rows, dimension) float32.
    """

    modalities = ("text",)

    def __init__(self, tokenizer_file: Path, weight: torch.Tensor) -> None:
        super().__init__()
        self._tokenizer_file = tokenizer_file
        self._row: dict[str, int] = json.loads(tokenizer_file.read_text("utf-8"))["model"]["vocab"]
        self.embedding = torch.nn.EmbeddingBag.from_pretrained(weight, freeze=False, mode="sum")

    def preprocess(
        self, inputs: Sequence[str], prompt: str | None = None, **_kwargs: object
    ) -> dict[str, torch.Tensor]:
        """Vocabulary rows of the texts one after another, the weight of each, and where each text starts."""
        counts = [feature_counts((prompt or "") + text) for text in inputs]
        rows = [self._row.get(name, UNKNOWN) for found in counts for name in found]
        amounts = np.array([count for found in counts for count in found.values()], np.float32)
        starts = np.cumsum([0, *map(len, counts)])[:-1]
        return {
            "input_ids": torch.tensor(rows, dtype=torch.long),
            "amounts": torch.from_numpy(damped(amounts)),
            "offsets": torch.from_numpy(starts),
        }

    tokenize = preprocess  # the name before sentence-transformers 6

    def forward(self, features: dict[str, torch.Tensor], **_kwargs: object) -> dict[str, torch.Tensor]:
        """Adds `sentence_embedding`: shape (texts, dimension), rows of length 1."""
        vectors = self.embedding(features["input_ids"], features["offsets"], per_sample_weights=features["amounts"])
        first = torch.zeros_like(vectors)
        first[:, 0] = 1  # what text without a known feature gets
        unknown = (vectors == 0).all(dim=1, keepdim=True)
        features["sentence_embedding"] = torch.where(unknown, first, normalize(vectors))
        return features

    def get_embedding_dimension(self) -> int:
        """Length of every vector."""
        return int(self.embedding.embedding_dim)

    get_sentence_embedding_dimension = get_embedding_dimension  # the name before sentence-transformers 6

    def save(self, output_path: str, *_args: object, **_kwargs: object) -> None:
        """Write the weights and the vocabulary into the folder of the module."""
        save_file({"embedding.weight": self.embedding.weight.detach()}, Path(output_path) / "model.safetensors")
        shutil.copyfile(self._tokenizer_file, Path(output_path) / "tokenizer.json")

    @classmethod
    def load(cls, model_name_or_path: str, subfolder: str = "", **_kwargs: object) -> "StaticFeatures":
        """The module in that folder, with float32 weights or with 8-bit ones as Dayi ships them."""
        folder = Path(model_name_or_path) / subfolder
        tensors = load_file(folder / "model.safetensors")
        weight = tensors["embedding.weight"].float()
        if "embedding.scale" in tensors:
            weight *= tensors["embedding.scale"][:, None]
        return cls(folder / "tokenizer.json", weight)
