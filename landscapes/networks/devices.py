"""Which device networks go to: a GPU where there is one."""

from __future__ import annotations


def best_device() -> str:
    """ "cuda" where torch sees a GPU, else "cpu"; CUDA_VISIBLE_DEVICES="" hides them. float32 is float32 there.

    A GPU's convolutions would round what enters them to 10 bits (TF32), 8,000 times as coarsely as the float32 that is named.
    """
    import torch

    if not torch.cuda.is_available():
        return "cpu"
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return "cuda"
