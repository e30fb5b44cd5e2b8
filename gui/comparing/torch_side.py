"""PyTorch's nn.Sequential and optimizers, trained on the pieces that the engine trained on. Only in a child process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from engine.activations import Activation
from engine.network import Layout
from engine.spec import ExperimentSpec
from gui.comparing.conventions import ADAMS, LIBRARY_EPSILON, loss_name
from gui.comparing.pieces import Piece

VERSION = str(torch.__version__)
CLIP_EXTRA = 1e-6  # what clip_grad_norm_ adds to the norm


def activation_of(activation: Activation) -> Any:
    """PyTorch's module for one of ours."""
    makers: dict[str, Callable[[], Any]] = {
        "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "identity": nn.Identity, "elu": nn.ELU, "gelu": nn.GELU,
        "silu": nn.SiLU, "softplus": nn.Softplus,
        "leaky_relu": lambda: nn.LeakyReLU(activation.alpha),  # type: ignore[attr-defined]
    }  # fmt: skip
    return makers[activation.name]()


class Given(nn.Module):
    """Dropout by masks that come from outside."""

    mask: Any = None

    def forward(self, x: Any) -> Any:
        return x if self.mask is None else x * self.mask


class TorchSide:
    """``train`` goes over a piece in a usual training loop; ``seconds`` of training so far."""

    def __init__(self, spec: ExperimentSpec, layout: Layout, first: NDArray, apart: frozenset[str]) -> None:
        self.spec, self.layout, self.apart = spec, layout, apart
        self.seconds, self.steps = 0.0, 0
        torch.set_num_threads(1)
        torch.manual_seed(spec.training.seed)
        self.dtype = torch.float32 if "precision" in apart else torch.float64
        self.linear = [nn.Linear(*pair, dtype=self.dtype) for pair in zip(layout.sizes, layout.sizes[1:], strict=False)]
        parts: list[Any] = []
        self._given: list[Given] = []
        for layer, linear in enumerate(self.linear):
            parts.append(linear)
            if layer < len(spec.activations):
                parts.append(activation_of(spec.activations[layer]))
                if spec.dropout[layer]:
                    own = "dropout" in apart
                    parts.append(nn.Dropout(spec.dropout[layer]) if own else Given())
                if isinstance(parts[-1], Given):
                    self._given.append(parts[-1])
        self.model = nn.Sequential(*parts)
        if "weights" not in apart:
            with torch.no_grad():
                for layer, linear in enumerate(self.linear):
                    linear.weight.copy_(torch.from_numpy(layout.weights(first, layer).T.copy()))
                    linear.bias.copy_(torch.from_numpy(layout.biases(first, layer).copy()))
        self.optimizer = self._optimizer()
        self._rate = spec.optimizer.learning_rate
        self._losses: list[tuple[float, int]] = []

    def _optimizer(self) -> Any:
        ours: Any = self.spec.optimizer
        l2 = self.spec.training.l2
        decay = {"weight_decay": l2} if l2 else {}
        spare = {"weight_decay": 0.0} if l2 else {}
        groups = [
            {"params": [linear.weight for linear in self.linear]} | decay,
            {"params": [linear.bias for linear in self.linear]} | (decay if "l2_biases" in self.apart else spare),
        ]
        epsilon = LIBRARY_EPSILON if "epsilon" in self.apart else getattr(ours, "epsilon", 0.0)
        rate = ours.learning_rate
        if ours.name == "sgd":
            return torch.optim.SGD(
                groups, lr=rate, momentum=ours.momentum, nesterov=ours.nesterov and ours.momentum > 0
            )
        if ours.name == "adagrad":
            return torch.optim.Adagrad(groups, lr=rate, eps=ours.epsilon)
        if ours.name == "rmsprop":
            return torch.optim.RMSprop(groups, lr=rate, alpha=ours.rho, eps=ours.epsilon)
        betas = (ours.beta_1, ours.beta_2)
        if ours.name == "adam":
            return torch.optim.Adam(groups, lr=rate, betas=betas, eps=epsilon, foreach=False)
        for group in groups:  # AdamW's own decay takes biases too, as ours; L2 is not offered twice
            group["weight_decay"] = ours.weight_decay
        return torch.optim.AdamW(groups, lr=rate, betas=betas, eps=epsilon, foreach=False)

    # --- a piece --------------------------------------------------------------------------------------------------

    def train(self, piece: Piece, rate: float) -> None:
        """Over the piece by our mini-batches."""
        self._set_rate(self.spec.optimizer.learning_rate if "schedule" in self.apart else rate)
        x, y = (torch.from_numpy(array).to(self.dtype) for array in (piece.x, piece.targets))
        if "order" in self.apart and self.spec.training.shuffle:
            order = torch.randperm(len(x))
            x, y = x[order], y[order]
        masks = [[torch.from_numpy(m) for m in batch if m is not None] for batch in piece.masks]
        began = time.perf_counter()
        self.model.train()
        for at, rows in enumerate(piece.batches()):
            for given, mask in zip(self._given, masks[at] if masks else (), strict=False):
                given.mask = mask.to(self.dtype)
            self._step(x[rows], y[rows])
        self.seconds += time.perf_counter() - began

    def _set_rate(self, rate: float) -> None:
        if rate != self._rate and "momentum" not in self.apart:
            for state in self.optimizer.state.values():
                if (kept := state.get("momentum_buffer")) is not None:
                    kept *= self._rate / rate  # its gradients become the steps that ours are
        self._rate = rate
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def _step(self, x: Any, y: Any) -> None:
        training, optimizer = self.spec.training, self.optimizer
        self.steps += 1
        self._adapt(len(x))
        optimizer.zero_grad()
        loss = self.loss(self.model(x), y)
        loss.backward()
        if training.clip_norm:
            self._clip(training.clip_norm)
        if training.l2 and self.spec.optimizer.name == "adamw":  # its weight_decay is its own
            share = training.l2 / len(x) if training.l2_per_sample and "l2_batch" not in self.apart else training.l2
            for linear in self.linear:
                linear.weight.grad += share * linear.weight.detach()
        if training.l1:
            for linear in self.linear:
                linear.weight.grad += training.l1 * linear.weight.detach().sign()
        optimizer.step()
        if training.max_norm:
            with torch.no_grad():
                for linear in self.linear:
                    norms = linear.weight.norm(dim=1, keepdim=True)
                    linear.weight *= training.max_norm / norms.clamp(min=training.max_norm)
        self._losses.append((float(loss.detach()), len(x)))

    def _adapt(self, n: int) -> None:
        """What must follow the size of the mini-batch or the number of the step, to come to the same as ours."""
        ours: Any = self.spec.optimizer
        training = self.spec.training
        if training.l2 and training.l2_per_sample and "l2_batch" not in self.apart and ours.name != "adamw":
            for group in self.optimizer.param_groups:
                group["weight_decay"] = training.l2 / n if group["weight_decay"] else 0.0
        if ours.name in ADAMS and not ours.torch_epsilon and "epsilon" not in self.apart:
            for group in self.optimizer.param_groups:
                group["eps"] = ours.epsilon / (1 - ours.beta_2**self.steps) ** 0.5

    def _clip(self, limit: float) -> None:
        norm = float(nn.utils.clip_grad_norm_(self.model.parameters(), limit))
        if "clip" in self.apart:
            return
        extra = (norm + CLIP_EXTRA) / norm if norm + CLIP_EXTRA > limit else 1.0
        if norm <= limit < norm + CLIP_EXTRA:
            extra = (norm + CLIP_EXTRA) / limit  # it cut what ours leaves as it is
        for parameter in self.model.parameters():
            parameter.grad *= extra

    def loss(self, logits: Any, targets: Any) -> Any:
        """The mini-batch's loss: ours, or in "half" its own scale."""
        name, regression, functional = loss_name(self.spec), self.spec.data.dataset.regression, nn.functional
        if name == "cross_entropy":
            if logits.shape[1] == 1:
                return functional.binary_cross_entropy_with_logits(logits, targets)
            return functional.cross_entropy(logits, targets)
        if name == "hinge":
            return (1 - (2 * targets - 1) * logits).clamp(min=0).sum() / len(logits)
        answers = logits if regression else torch.sigmoid(logits)
        whole = "half" not in self.apart
        how: dict[str, Any] = {"reduction": "sum"} if whole else {}
        if name == "squared_error":
            value = functional.mse_loss(answers, targets, **how) * (0.5 if whole else 1.0)
        elif name == "absolute_error":
            value = functional.l1_loss(answers, targets, **how)
        else:
            threshold = getattr(self.spec.network.loss, "threshold", 1.0)
            value = functional.huber_loss(answers, targets, delta=threshold, **how)
        return value / len(logits) if whole else value

    # --- looking --------------------------------------------------------------------------------------------------

    def params(self) -> NDArray:
        """(n_parameters,) float64 in the engine's layout, a new array."""
        flat: NDArray = np.empty(self.layout.n_parameters)
        for layer, linear in enumerate(self.linear):
            self.layout.weights(flat, layer)[:] = linear.weight.detach().numpy().T
            self.layout.biases(flat, layer)[:] = linear.bias.detach().numpy()
        return flat

    def reported(self) -> float:
        """The mean of the losses of the epoch's mini-batches, as a training loop prints it."""
        losses, self._losses = self._losses, []
        return sum(value * n for value, n in losses) / sum(n for _, n in losses)
