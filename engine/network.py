"""A multilayer perceptron: every parameter in one flat buffer, layers as views, backpropagation in plain sight."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.activations import Activation
from engine.losses import Loss
from engine.spec import ExperimentSpec


@dataclass(frozen=True)
class Layout:
    """Where each layer's weights and biases lie in the flat buffer: W0, b0, W1, b1, ..."""

    sizes: tuple[int, ...]

    @cached_property
    def offsets(self) -> tuple[tuple[int, int, int], ...]:
        """(start of the weights, start of the biases, end) of each layer of weights."""
        result, start = [], 0
        for n_in, n_out in zip(self.sizes, self.sizes[1:], strict=False):
            result.append((start, start + n_in * n_out, start + (n_in + 1) * n_out))
            start = result[-1][2]
        return tuple(result)

    @property
    def depth(self) -> int:
        """Layers of weights: hidden layers + 1."""
        return len(self.sizes) - 1

    @property
    def n_parameters(self) -> int:
        return self.offsets[-1][2]

    def weights(self, flat: NDArray, layer: int) -> NDArray:
        """View (n_in, n_out) of the weights from layer ``layer`` to the next."""
        start, stop, _ = self.offsets[layer]
        return flat[start:stop].reshape(self.sizes[layer], self.sizes[layer + 1])

    def biases(self, flat: NDArray, layer: int) -> NDArray:
        """View (n_out,) of the biases of the layer after ``layer``."""
        _, start, stop = self.offsets[layer]
        return flat[start:stop]

    def weight_index(self, layer: int, source: int, target: int) -> int:
        """Place in the flat buffer of the weight from neuron ``source`` of ``layer`` to ``target`` of the next."""
        return self.offsets[layer][0] + source * self.sizes[layer + 1] + target

    def bias_index(self, layer: int, neuron: int) -> int:
        """Place in the flat buffer of the bias of ``neuron`` in the layer after ``layer``."""
        return self.offsets[layer][1] + neuron


class LayerWork:
    """One layer of weights at work on n rows: views of its parameters and gradients, and its own buffers.

    ``w`` (n_in, n_out), ``b`` (n_out,); ``z``, ``a``, ``delta`` and ``slope`` = f'(z) are (n, n_out). The transposed views
    are made once, since making one costs as much as a small product. ``ones`` (n,) sums rows by a product. ``out`` is what
    the next layer gets: ``a`` itself, or with dropout a ∘ ``mask``.
    """

    __slots__ = (
        "a",
        "activation",
        "b",
        "b_grad",
        "delta",
        "mask",
        "ones",
        "out",
        "out_t",
        "slope",
        "w",
        "w_grad",
        "w_t",
        "z",
    )

    def __init__(self, n: int, network: Network, layer: int, drops: bool = False) -> None:
        self.activation = network.activations[layer] if layer < len(network.activations) else None
        self.w, self.b = network.weights[layer], network.biases[layer]
        self.w_grad, self.b_grad = network.weight_grads[layer], network.bias_grads[layer]
        self.w_t = self.w.T
        self.z: NDArray = np.empty((n, len(self.b)), network.dtype)
        self.a, self.delta, self.slope = (np.empty_like(self.z) for _ in range(3))
        self.mask: NDArray | None = np.ones_like(self.z) if drops else None
        self.out: NDArray = np.empty_like(self.z) if drops else self.a
        self.out_t = self.out.T
        self.ones: NDArray = np.ones(n, network.dtype)


class Network:
    """Weights, their gradients, and the two passes.

    ``params`` and ``grads`` are flat (n_parameters,) arrays laid out by ``layout``; ``weights[l]``, ``biases[l]`` and
    ``weight_grads[l]``, ``bias_grads[l]`` are views into them, so that an optimizer never needs to know of layers.
    ``activation`` may be one for all hidden layers or a tuple of one for each.
    """

    def __init__(
        self, layout: Layout, activation: Activation | tuple[Activation, ...], loss: Loss, dtype: type = np.float32
    ) -> None:
        n_hidden = layout.depth - 1
        self.activations = activation if isinstance(activation, tuple) else (activation,) * n_hidden
        self.layout, self.loss, self.dtype = layout, loss, dtype
        self.params: NDArray = np.zeros(layout.n_parameters, dtype)
        self.grads = np.zeros_like(self.params)
        layers = range(layout.depth)
        self.weights = [layout.weights(self.params, layer) for layer in layers]
        self.biases = [layout.biases(self.params, layer) for layer in layers]
        self.weight_grads = [layout.weights(self.grads, layer) for layer in layers]
        self.bias_grads = [layout.biases(self.grads, layer) for layer in layers]
        self._work: dict[tuple[int, tuple[bool, ...]], list[LayerWork]] = {}

    @classmethod
    def of(cls, spec: ExperimentSpec, dtype: type = np.float32) -> Network:
        """The network that ``spec`` describes, with its first weights: the same seed gives the same bits."""
        network = cls(Layout(spec.layer_sizes), spec.activations, spec.loss, dtype)
        rng = np.random.default_rng([spec.training.seed, 0])
        for weights in network.weights:
            weights[:] = spec.network.initializer.draw(rng, *weights.shape)
        return network

    def work(self, n: int, drops: tuple[bool, ...] = ()) -> list[LayerWork]:
        """The buffers for ``n`` rows, made at the first use and kept, so that training allocates nothing.

        ``drops`` says which hidden layers have a dropout mask; measuring and answering use buffers without.
        """
        if (n, drops) not in self._work:
            self._work[n, drops] = self._new_work(n, drops)
        return self._work[n, drops]

    def _new_work(self, n: int, drops: tuple[bool, ...] = ()) -> list[LayerWork]:
        return [LayerWork(n, self, layer, layer < len(drops) and drops[layer]) for layer in range(self.layout.depth)]

    def forward(self, x: NDArray, layers: list[LayerWork]) -> NDArray:
        """z = a·W + b and a = f(z), layer by layer: ``x`` (n, n_in) -> logits (n, n_out).

        The logits are the last z, which ``layers`` owns; what becomes of them is the loss's business.
        """
        a = x
        for layer in layers:
            a.dot(layer.w, layer.z)
            np.add(layer.z, layer.b, layer.z)
            if layer.activation is not None:
                layer.activation.forward(layer.z, layer.a)
                if layer.mask is not None:
                    np.multiply(layer.a, layer.mask, layer.out)
                a = layer.out
        return layers[-1].z

    def backward(self, x: NDArray, targets: NDArray, layers: list[LayerWork]) -> None:
        """The chain rule, from the last layer to the first, after :meth:`forward` with the same ``x`` and ``layers``.

        With δ = ∂L/∂z of a layer: ∂L/∂W = aᵀ·δ, ∂L/∂b = Σ δ, and one layer earlier δ ← (δ·Wᵀ) ∘ f'(z)
        (Rumelhart, Hinton & Williams 1986). Writes the gradients of the mean loss over the n rows into ``grads``.
        """
        last = layers[-1]
        last.a[...] = last.z  # the loss may use up what it is given
        self.loss.delta(last.a, targets, last.delta)
        last.delta *= 1 / len(x)
        for i in range(len(layers) - 1, -1, -1):
            layer = layers[i]
            earlier = layers[i - 1] if i else None
            a_t = earlier.out_t if earlier else x.T
            a_t.dot(layer.delta, layer.w_grad)
            layer.ones.dot(layer.delta, layer.b_grad)
            if earlier and earlier.activation:
                layer.delta.dot(layer.w_t, earlier.delta)
                earlier.activation.gradient(earlier.z, earlier.a, earlier.slope)
                earlier.delta *= earlier.slope
                if earlier.mask is not None:
                    earlier.delta *= earlier.mask

    def predict(self, x: NDArray) -> NDArray:
        """Answers in 0..1, in regression the numbers: (n, n_in) -> (n, n_out), newly allocated."""
        logits = self.forward(np.ascontiguousarray(x, self.dtype), self._new_work(len(x)))
        self.loss.output(logits, logits)
        return logits
