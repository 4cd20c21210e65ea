"""Compile a model's passes for its training, if the machine's setting says so; the weights keep their names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import torch

from colorization.core.errors import InputError, one_line
from colorization.dataset.devices import COMPILE, chosen
from colorization.models.common.contract import Trainable

MODES = {"1": "default", "graphs": "reduce-overhead"}  # torch's names; the second one adds CUDA graphs


@contextmanager
def compiled(model: Trainable, processes: int) -> Iterator[None]:
    """Within the block the model's `passes` are compiled, where COMPILE is not 0; afterwards it is as before.

    Raises InputError for several processes, whose layers wait for each other, and where torch cannot compile.
    """
    wanted = chosen(COMPILE)
    if wanted == "0":
        yield
        return
    if processes > 1:
        raise InputError(f"{COMPILE}: only for one process, not {processes}; set it to 0, or leave LT_DEVICES out")
    faster: dict[Any, Callable] = {one: torch.compile(one, mode=MODES[wanted]) for one in model.passes()}
    if wanted == "graphs":
        faster |= {one: _of_a_batch(one) for one in (model.training_step, model.validation)}
    for one, its in faster.items():
        setattr(one.__self__, one.__name__, its)
    try:
        with torch._inductor.config.patch(fallback_random=True):  # dropout draws torch's own random numbers
            yield
    except torch._dynamo.exc.BackendCompilerFailed as error:
        raise InputError(f"{COMPILE}: torch cannot compile here ({one_line(error, 300)}); set it to 0") from None
    finally:
        for one in faster:
            delattr(one.__self__, one.__name__)
        torch.compiler.reset()


def _of_a_batch(method: Callable) -> Callable:
    """The method; each call ends the life of the former call's results in CUDA graphs, as in no other place is safe.

    A GAN computes three passes and a gradient while it still needs the first pass's result.
    """

    @wraps(method)
    def begun(*given):
        torch.compiler.cudagraph_mark_step_begin()
        return method(*given)

    return begun
