"""Writes the bundled model for sentence-transformers, with float32 weights: python -m kb.model.export DIR.

Needs NumPy only. `SentenceTransformer(DIR, trust_remote_code=True)` then gives the vectors of
`kb.embedding.StaticEmbedder`, wherever Dayi is installed beside it.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from kb.embedding.static import BUNDLED, MODULE

__all__ = ["MODULE_CLASS", "export"]

MODULE_CLASS = "kb.embedding.torch_module.StaticFeatures"


def export(out: Path, model: Path = BUNDLED) -> None:
    """Write the model in the folder `model` to the folder `out`, about 60 MB."""
    module = out / MODULE
    module.mkdir(parents=True, exist_ok=True)
    tensors = load_file(model / MODULE / "model.safetensors")
    weight = tensors["embedding.weight"].astype(np.float32) * tensors["embedding.scale"][:, None]
    save_file({"embedding.weight": weight}, module / "model.safetensors")
    shutil.copyfile(model / MODULE / "tokenizer.json", module / "tokenizer.json")
    modules = [{"idx": 0, "name": "0", "path": MODULE, "type": MODULE_CLASS}]
    (out / "modules.json").write_text(json.dumps(modules, indent=2) + "\n", "utf-8")
    config = {"model_type": "SentenceTransformer", "similarity_fn_name": "cosine", "prompts": {}}
    (out / "config_sentence_transformers.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")


def main() -> None:
    """Take the folder from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", metavar="DIR", type=Path, help="folder the model is written to")
    export(parser.parse_args().out)


if __name__ == "__main__":
    main()
