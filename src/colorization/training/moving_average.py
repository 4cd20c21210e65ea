"""An exponential moving average of the weights: training validates and saves it instead of the last weights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Average:
    """The mean of a model's weights and buffers over the steps; each step weighs `decay` times the next.

    After Polyak & Juditsky 1992. The decay at step t is min(decay, (1 + t) / (10 + t)), as in TensorFlow's
    ExponentialMovingAverage, so early steps weigh less. Whole numbers, such as batch norm's counter, have no mean.
    decay: in [0, 1); 0 keeps no mean and uses the model's own weights.
    """

    def __init__(self, model: nn.Module, decay: float):
        self.decay, self.steps = decay, 0
        self.weights = copy_of(_averaged(model)) if decay else {}

    def update(self, model: nn.Module) -> None:
        """Add the weights of one more step to the mean."""
        self.steps += 1
        if self.weights:
            add = get_ema_multi_avg_fn(min(self.decay, (1 + self.steps) / (10 + self.steps)))
            add([*self.weights.values()], [*_averaged(model).values()], self.steps)  # one kernel for all of them

    @contextmanager
    def used(self, model: nn.Module) -> Iterator[None]:
        """Give the model the mean weights within the block, and its own afterwards."""
        if not self.weights:
            yield
            return
        own = copy_of(model.state_dict())
        model.load_state_dict(own | self.weights)
        try:
            yield
        finally:
            model.load_state_dict(own)

    def state_dict(self) -> dict:
        return {"steps": self.steps, "weights": self.weights}

    def load_state_dict(self, state: dict) -> None:
        self.steps = state["steps"]
        for name, mean in self.weights.items():
            mean.copy_(state["weights"][name])


def _averaged(model: nn.Module) -> dict[str, Tensor]:
    """The weights and buffers that have a mean."""
    return {name: value for name, value in model.state_dict().items() if value.is_floating_point()}


def copy_of(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in weights.items()}
