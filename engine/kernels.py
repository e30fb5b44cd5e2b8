"""The compiled step: epochs of a small network as loops over the flat buffers, with Python's lock given up meanwhile.

The mathematics is that of network.py, activations/, losses/, penalties.py and optimizers/, where it is explained; here it is
written out number by number, since for a small network calling NumPy costs more than computing. Only engine/compiled.py
imports this module, and only where Numba is installed. What has no branch here trains with NumPy.

It is one long file on purpose: Numba's cache notices a change in the file of the function that is called, and in no other.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Sums may be reordered, so that they use the processor's vectors. NaN and infinity keep their meaning: they are looked for.
JIT = {"error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz", "arcp"}}

ACTIVATION_CODES = {
    name: code
    for code, name in enumerate(
        ("identity", "relu", "leaky_relu", "tanh", "sigmoid", "elu", "gelu", "silu", "softplus", "step")
    )
}
LOSS_CODES = {
    name: code for code, name in enumerate(("cross_entropy", "squared_error", "absolute_error", "huber", "hinge"))
}
OPTIMIZER_CODES = {name: code for code, name in enumerate(("sgd", "adagrad", "rmsprop", "adam", "adamw"))}
IDENTITY, RELU, LEAKY_RELU, TANH, SIGMOID, ELU, GELU, SILU, SOFTPLUS, STEP = range(10)
CROSS_ENTROPY, SQUARED_ERROR, ABSOLUTE_ERROR, HUBER, HINGE = range(5)
SGD, ADAGRAD, RMSPROP, ADAM, ADAMW = range(5)


class Net(NamedTuple):
    """A network and its buffers. Layer 0 is the input; ``weights_at[l]``, ``biases_at[l]`` lead from layer l to l + 1.

    ``a``, ``slope`` and ``delta`` hold, from ``at[l]`` on, what ``rows`` samples have in layer l: activations after
    dropout, f'(z) with the dropout mask, ∂L/∂z; ``targets`` is (rows, n_out). In the last layer ``a`` holds the logits.
    """

    params: NDArray
    grads: NDArray
    sizes: NDArray
    weights_at: NDArray
    biases_at: NDArray
    at: NDArray
    a: NDArray
    slope: NDArray
    delta: NDArray
    targets: NDArray
    rows: int
    activations: NDArray
    alphas: NDArray
    dropout: NDArray
    loss: int
    linear: bool
    threshold: float


class Rule(NamedTuple):
    """An update: the optimizer, its running vectors, and what holds weights and gradients small.

    ``constants``: momentum or ρ or β₁; β₂; ε; weight decay.
    """

    optimizer: int
    first: NDArray
    second: NDArray
    constants: NDArray
    nesterov: bool
    torch_epsilon: bool
    l1: float
    l2: float
    l2_per_sample: bool
    clip_norm: float
    max_norm: float


class Samples(NamedTuple):
    """x (n, n_in), targets (n, n_out), labels (n,); ``measured`` of them are measured, every ``every``-th.

    ``smoothing`` is that of the targets, in training only.
    """

    x: NDArray
    targets: NDArray
    labels: NDArray
    measured: int
    every: int
    smoothing: float


@njit(**JIT)
def _exp(x: np.float32) -> np.float32:
    """e^x in float32, 2e-7 relative: x = k·ln 2 + r, and a Taylor polynomial of degree 6 for the small r.

    Unlike the C library's it is free of branches, so that the processor computes eight at a time; a NaN stays one.
    """
    x = np.float32(-87) if x < np.float32(-87) else np.float32(88) if x > np.float32(88) else x
    k = np.floor(x * np.float32(1 / math.log(2)) + np.float32(0.5))
    # ln 2 in two parts, of which the first has few enough digits that its product with k is exact.
    r = x - k * np.float32(0.693359375)
    r = r - k * np.float32(math.log(2) - 0.693359375)
    power = np.float32(1 / 720)
    power = power * r + np.float32(1 / 120)
    power = power * r + np.float32(1 / 24)
    power = power * r + np.float32(1 / 6)
    power = power * r + np.float32(0.5)
    power = power * r + np.float32(1)
    power = power * r + np.float32(1)
    # 2^k, by writing k into the exponent of a float.
    return power * np.int32((np.int32(k) + np.int32(127)) << np.int32(23)).view(np.float32)


@njit(**JIT)
def _tanh(x: np.float32) -> np.float32:
    """(1 − e^−2|x|) / (1 + e^−2|x|) with the sign of x: 1e-7 from tanh x."""
    e = _exp(np.float32(-2) * abs(x))
    t = (np.float32(1) - e) / (np.float32(1) + e)
    return -t if x < 0 else t


@njit(**JIT)
def _sigmoid(x: np.float32) -> np.float32:
    return np.float32(0.5) * _tanh(np.float32(0.5) * x) + np.float32(0.5)


@njit(**JIT)
def _softplus(x: np.float32) -> np.float32:
    """ln(1 + e^x) without overflow."""
    return (x if x > 0 else np.float32(0) * x) + np.float32(math.log1p(_exp(-abs(x))))


@njit(**JIT)
def _activate(kind: int, alpha: float, z: NDArray, slope: NDArray) -> None:
    """z becomes f(z) in place; ``slope`` becomes f'(z)."""
    one, n = np.float32(1), z.size
    if kind == IDENTITY:
        for i in range(n):
            slope[i] = one
    elif kind in (RELU, LEAKY_RELU):
        for i in range(n):
            slope[i] = one if z[i] > 0 else alpha
            z[i] *= slope[i]
    elif kind == TANH:
        for i in range(n):
            z[i] = _tanh(z[i])
            slope[i] = one - z[i] * z[i]
    elif kind == SIGMOID:
        for i in range(n):
            z[i] = _sigmoid(z[i])
            slope[i] = z[i] * (one - z[i])
    elif kind == ELU:
        for i in range(n):
            slope[i] = one if z[i] > 0 else _exp(z[i])
            z[i] = z[i] if z[i] > 0 else slope[i] - one
    elif kind == GELU:
        for i in range(n):
            v = np.float64(z[i])
            below = 0.5 * math.erfc(-v * math.sqrt(0.5))
            z[i] = v * below
            slope[i] = below + v * math.exp(-0.5 * min(v * v, 1600.0)) / math.sqrt(2 * math.pi)
    elif kind == SILU:
        for i in range(n):
            s = _sigmoid(z[i])
            a = z[i] * s
            slope[i] = s * (one + z[i] - a)
            z[i] = a
    elif kind == SOFTPLUS:
        for i in range(n):
            slope[i] = _sigmoid(z[i])
            z[i] = _softplus(z[i])
    else:  # STEP
        for i in range(n):
            z[i] = one if z[i] >= 0 else np.float32(0)
            slope[i] = np.float32(0)


@njit(**JIT)
def _forward(net: Net, n: int) -> None:
    """The first ``n`` rows of layer 0 through all layers, without dropout."""
    depth = net.sizes.size - 1
    for layer in range(depth):
        _weigh(net, layer, n)
        if layer < depth - 1:
            start = net.at[layer + 1]
            end = start + n * net.sizes[layer + 1]
            _activate(net.activations[layer], net.alphas[layer], net.a[start:end], net.slope[start:end])


@njit(**JIT)
def _rows(buffer: NDArray, net: Net, layer: int, n: int) -> NDArray:
    """View (n, width) of what ``buffer`` holds of a layer."""
    width = net.sizes[layer]
    return buffer[net.at[layer] : net.at[layer] + n * width].reshape(n, width)


@njit(**JIT)
def _weights(buffer: NDArray, net: Net, layer: int) -> NDArray:
    """View (n_in, n_out) of the weights, or their gradients, from ``layer`` to the next."""
    return buffer[net.weights_at[layer] : net.biases_at[layer]].reshape(net.sizes[layer], net.sizes[layer + 1])


@njit(**JIT)
def _biases(buffer: NDArray, net: Net, layer: int) -> NDArray:
    """View (n_out,) of the biases, or their gradients, of the layer after ``layer``."""
    return buffer[net.biases_at[layer] : net.biases_at[layer] + net.sizes[layer + 1]]


@njit(**JIT)
def _weigh(net: Net, layer: int, n: int) -> None:
    """z = a·W + b of layer ``layer + 1``, into its ``a``."""
    z, b = _rows(net.a, net, layer + 1, n), _biases(net.params, net, layer)
    np.dot(_rows(net.a, net, layer, n), _weights(net.params, net, layer), z)
    for i in range(n):
        for j in range(b.size):
            z[i, j] += b[j]


@njit(**JIT)
def _loss(net: Net, n: int) -> float:
    """The sum of the losses of ``n`` rows from their logits; ``delta`` of the last layer becomes its ∂/∂z."""
    one, half, depth = np.float32(1), np.float32(0.5), net.sizes.size - 1
    logits, slopes = _rows(net.a, net, depth, n), _rows(net.delta, net, depth, n)
    value = 0.0
    if net.loss == CROSS_ENTROPY and logits.shape[1] > 1:
        for i in range(n):
            z, y, delta = logits[i], net.targets[i], slopes[i]
            top, total = z.max(), np.float32(0)
            for j in range(z.size):
                delta[j] = _exp(z[j] - top)
                total += delta[j]
            value += math.log(total)
            for j in range(z.size):
                value -= (z[j] - top) * y[j]
                delta[j] = delta[j] / total - y[j]
        return value
    z, y, delta = logits.ravel(), net.targets.ravel(), slopes.ravel()
    if net.loss == CROSS_ENTROPY:
        for j in range(z.size):
            # ln(1 + e^z) − y·z, exact for every z.
            value += _softplus(z[j]) - y[j] * z[j]
            delta[j] = _sigmoid(z[j]) - y[j]
    elif net.loss == HINGE:
        for j in range(z.size):
            sign = np.float32(2) * y[j] - one
            value += max(one - sign * z[j], np.float32(0))
            delta[j] = -sign if sign * z[j] < one else np.float32(0)
    else:
        for j in range(z.size):
            p = z[j] if net.linear else _sigmoid(z[j])
            r = p - y[j]
            if net.loss == SQUARED_ERROR:
                value += half * r * r
            elif net.loss == ABSOLUTE_ERROR:
                value += abs(r)
                r = np.float32(np.sign(r))
            else:  # HUBER
                cut = min(max(r, -net.threshold), net.threshold)
                value += cut * (r - half * cut)
                r = cut
            delta[j] = r if net.linear else r * p * (one - p)
    return value


@njit(**JIT)
def _train_batch(
    net: Net, rule: Rule, samples: Samples, rows: NDArray, uniforms: NDArray, rate: float, step: int
) -> bool:
    """Forward, backward, update with the samples ``rows`` (n,). False when a logit or a weight stopped being finite.

    ``uniforms``: a random number in 0..1 for every neuron that dropout may silence, in the order of layers and rows.
    """
    n, depth = rows.size, net.sizes.size - 1
    _pick(net, samples, rows)
    drawn = 0
    for layer in range(depth):
        _weigh(net, layer, n)
        if layer < depth - 1:
            start = net.at[layer + 1]
            size = n * net.sizes[layer + 1]
            a, slope = net.a[start : start + size], net.slope[start : start + size]
            _activate(net.activations[layer], net.alphas[layer], a, slope)
            share = net.dropout[layer]
            if share > 0:
                scale = np.float32(1) / (np.float32(1) - share)
                for i in range(size):
                    keep = scale if uniforms[drawn + i] >= share else np.float32(0)
                    a[i] *= keep
                    slope[i] *= keep
                drawn += size
    if samples.smoothing > 0:
        for i in range(n):
            for j in range(net.sizes[depth]):
                net.targets[i, j] *= np.float32(1) - samples.smoothing
                net.targets[i, j] += samples.smoothing / max(net.sizes[depth], 2)
    value = _loss(net, n)
    squares = _sum_of_squares(_rows(net.a, net, depth, n).ravel())
    _scale(_rows(net.delta, net, depth, n), np.float32(1.0 / n))
    _backward(net, n)
    _regularize(net, rule, n)
    _update(net, rule, rate, step)
    if rule.max_norm > 0:
        _limit_norms(net, rule.max_norm)
    return bool(value < math.inf and squares < math.inf and _sum_of_squares(net.params) < math.inf)


@njit(**JIT)
def _sum_of_squares(values: NDArray) -> float:
    """A NaN or an infinity in it where one is among ``values`` (n,)."""
    total = np.float32(0)
    for i in range(values.size):
        total += values[i] * values[i]
    return float(total)


@njit(**JIT)
def _pick(net: Net, samples: Samples, rows: NDArray) -> None:
    """The inputs of ``rows`` into layer 0, and their targets."""
    x = _rows(net.a, net, 0, rows.size)
    for i in range(rows.size):
        for j in range(x.shape[1]):
            x[i, j] = samples.x[rows[i], j]
        for j in range(net.targets.shape[1]):
            net.targets[i, j] = samples.targets[rows[i], j]


@njit(**JIT)
def _scale(array: NDArray, factor: float) -> None:
    flat = array.ravel()
    for i in range(flat.size):
        flat[i] *= factor


@njit(**JIT)
def _backward(net: Net, n: int) -> None:
    """The chain rule, from the last ``delta`` to all gradients."""
    for layer in range(net.sizes.size - 2, -1, -1):
        delta, b_grad = _rows(net.delta, net, layer + 1, n), _biases(net.grads, net, layer)
        np.dot(_rows(net.a, net, layer, n).T, delta, _weights(net.grads, net, layer))
        b_grad[:] = 0
        for i in range(n):
            for j in range(b_grad.size):
                b_grad[j] += delta[i, j]
        if layer > 0:
            earlier, slope = _rows(net.delta, net, layer, n), _rows(net.slope, net, layer, n)
            np.dot(delta, _weights(net.params, net, layer).T, earlier)
            for i in range(n):
                for j in range(slope.shape[1]):
                    earlier[i, j] *= slope[i, j]


@njit(**JIT)
def _regularize(net: Net, rule: Rule, n: int) -> None:
    """Clip the gradient of the loss, then add that of L1 and L2 to the weights' part of it."""
    if rule.clip_norm > 0:
        total = np.float32(0)
        for i in range(net.grads.size):
            total += net.grads[i] * net.grads[i]
        norm = math.sqrt(total)
        if norm > rule.clip_norm:
            scale = np.float32(rule.clip_norm / norm)
            _scale(net.grads, scale)
    if rule.l1 > 0 or rule.l2 > 0:
        l1, l2 = np.float32(rule.l1), np.float32(rule.l2 / n if rule.l2_per_sample else rule.l2)
        for layer in range(net.sizes.size - 1):
            for i in range(net.weights_at[layer], net.biases_at[layer]):
                net.grads[i] += l2 * net.params[i] + l1 * np.float32(np.sign(net.params[i]))


@njit(**JIT)
def _update(net: Net, rule: Rule, learning_rate: float, step: int) -> None:
    """The optimizer's step; ``step`` counts from 1."""
    params, grads, m, v = net.params, net.grads, rule.first, rule.second
    rate, beta_1, beta_2 = np.float32(learning_rate), np.float32(rule.constants[0]), np.float32(rule.constants[1])
    epsilon, one = np.float32(rule.constants[2]), np.float32(1)
    if rule.optimizer == SGD:
        for i in range(params.size):
            m[i] = beta_1 * m[i] - rate * grads[i]
            params[i] += beta_1 * m[i] - rate * grads[i] if rule.nesterov else m[i]
    elif rule.optimizer == ADAGRAD:
        for i in range(params.size):
            m[i] += grads[i] * grads[i]
            params[i] -= rate * (grads[i] / (np.sqrt(m[i]) + epsilon))
    elif rule.optimizer == RMSPROP:
        rest = np.float32(1 - rule.constants[0])
        for i in range(params.size):
            m[i] = beta_1 * m[i] + rest * grads[i] * grads[i]
            params[i] -= rate * (grads[i] / (np.sqrt(m[i]) + epsilon))
    else:  # ADAM, ADAMW
        correction = math.sqrt(1 - rule.constants[1] ** step)
        rate = np.float32(learning_rate * correction / (1 - rule.constants[0] ** step))
        if rule.torch_epsilon:
            epsilon = np.float32(rule.constants[2] * correction)
        rest_1, rest_2 = np.float32(1 - rule.constants[0]), np.float32(1 - rule.constants[1])
        kept = one if rule.optimizer == ADAM else np.float32(1 - learning_rate * rule.constants[3])
        for i in range(params.size):
            m[i] = beta_1 * m[i] + rest_1 * grads[i]
            v[i] = beta_2 * v[i] + rest_2 * (grads[i] * grads[i])
            params[i] = kept * params[i] - rate * (m[i] / (np.sqrt(v[i]) + epsilon))


@njit(**JIT)
def _limit_norms(net: Net, limit: float) -> None:
    """Max-norm: the weights into a neuron, as one vector, are shortened to ``limit``."""
    for layer in range(net.sizes.size - 1):
        n_in, n_out, start = net.sizes[layer], net.sizes[layer + 1], net.weights_at[layer]
        for j in range(n_out):
            total = np.float32(0)
            for k in range(n_in):
                total += net.params[start + k * n_out + j] * net.params[start + k * n_out + j]
            norm = math.sqrt(total)
            if norm > limit:
                scale = np.float32(limit / norm)
                for k in range(n_in):
                    net.params[start + k * n_out + j] *= scale


@njit(nogil=True, cache=True, **JIT)
def train(
    net: Net, rule: Rule, samples: Samples, order: NDArray, uniforms: NDArray, size: int, rate: float, step: int
) -> int:
    """Mini-batches of ``size`` over the samples in ``order``; ``step`` updates were done before.

    Returns how many left the weights finite: all of them, or it stopped after one more.
    """
    width = 0
    for layer in range(net.dropout.size):
        if net.dropout[layer] > 0:
            width += net.sizes[layer + 1]
    done = 0
    for start in range(0, order.size, size):
        end = min(start + size, order.size)
        if not _train_batch(
            net, rule, samples, order[start:end], uniforms[start * width : end * width], rate, step + done + 1
        ):
            break
        done += 1
    return done


@njit(nogil=True, cache=True, **JIT)
def measure(net: Net, samples: Samples) -> tuple[float, float]:
    """The sum of the losses, and how many answers are right; in regression Σ (z − y)²."""
    depth, n_out, value, score = net.sizes.size - 1, net.sizes[-1], 0.0, 0.0
    for start in range(0, samples.measured, net.rows):
        n = min(net.rows, samples.measured - start)
        _pick(net, samples, np.arange(start, start + n) * samples.every)
        _forward(net, n)
        value += _loss(net, n)
        z = _rows(net.a, net, depth, n)
        for i in range(n):
            if net.linear:
                for j in range(n_out):
                    score += (z[i, j] - net.targets[i, j]) ** 2
            elif n_out == 1:
                score += (z[i, 0] > 0) == (samples.labels[(start + i) * samples.every] == 1)
            else:
                score += z[i].argmax() == samples.labels[(start + i) * samples.every]
    return value, score


@njit(nogil=True, cache=True, **JIT)
def epochs(
    net: Net, rule: Rule, parts: tuple[Samples, ...], order: NDArray, uniforms: NDArray, size: int, rates: NDArray,
    step: int, limit: float, sums: NDArray,
) -> int:  # fmt: skip
    """Whole epochs: one for each row of ``order`` (k, n), with its ``uniforms`` (k, m) and ``rates`` (k,).

    After each, the sums of :func:`measure` for every part go into ``sums`` (k, 2·parts); ``parts[0]`` is trained on. Returns
    how many epochs were sound: it stops where a weight is no longer finite, or a loss is not, or the first exceeds ``limit``.
    """
    batches = -(-order.shape[1] // size)
    for epoch in range(order.shape[0]):
        if (
            train(net, rule, parts[0], order[epoch], uniforms[epoch], size, rates[epoch], step + epoch * batches)
            < batches
        ):
            return epoch
        for i in range(len(parts)):
            sums[epoch, 2 * i], sums[epoch, 2 * i + 1] = measure(net, parts[i])
            if not sums[epoch, 2 * i] < math.inf:
                return epoch
        if not sums[epoch, 0] <= limit:
            return epoch
    return order.shape[0]


@njit(nogil=True, cache=True, **JIT)
def distort(x: NDArray, side: int, places: NDArray, strokes: NDArray, out: NDArray) -> None:
    """What engine/augmentation.py's function of this name does, image by image."""
    size, zero, one = side + 3, np.float32(0), np.float32(1)
    image, other = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    flat, last = image.reshape(-1), np.float32(side + 1)
    for i in range(x.shape[0]):
        for r in range(side):
            for k in range(side):
                image[r + 1, k + 1] = x[i, r * side + k]
        if strokes.size > 0:
            left = abs(strokes[i])
            while left > 0:
                _thicken(image, other, side, min(left, one), strokes[i] < 0)
                left -= one
        for r in range(side):
            if places.shape[0] == 0:
                for k in range(side):
                    out[i, r * side + k] = image[r + 1, k + 1]
                continue
            a, b, c, d, e, f = places[i]
            x_0, y_0 = b * np.float32(r) + c + one, e * np.float32(r) + f + one
            for k in range(side):
                u, v = a * np.float32(k) + x_0, d * np.float32(k) + y_0
                u, v = min(max(u, zero), last), min(max(v, zero), last)
                column, row = np.int32(u), np.int32(v)
                u -= np.float32(column)
                v -= np.float32(row)
                at = row * np.int32(size) + column
                upper = flat[at] + u * (flat[at + 1] - flat[at])
                lower = flat[at + size] + u * (flat[at + size + 1] - flat[at + size])
                out[i, r * side + k] = upper + v * (lower - upper)


@njit(**JIT)
def _thicken(image: NDArray, other: NDArray, side: int, share: float, thinner: bool) -> None:
    """One pixel of dilation or erosion by the 4 neighbours, ``share`` of it; ``other`` is room for it."""
    sign = np.float32(-1) if thinner else np.float32(1)
    for r in range(1, side + 1):
        for k in range(1, side + 1):
            v = sign * image[r, k]
            m = max(
                max(sign * image[r - 1, k], sign * image[r + 1, k]), max(sign * image[r, k - 1], sign * image[r, k + 1])
            )
            other[r, k] = sign * (v + share * (max(m, v) - v))
    for r in range(1, side + 1):
        for k in range(1, side + 1):
            image[r, k] = other[r, k]
