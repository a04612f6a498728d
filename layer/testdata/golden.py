#!/usr/bin/env python3
"""Writes golden.json: what Keras' layers give, computed in float64 from their documented formulas.

    python3 golden.py > golden.json

Inputs and weights come from numbers(), which golden_test.go has as well. Nothing but Python is needed.
"""
import json
from math import exp, sin, tanh


def numbers(seed, *shape):
    """sin(seed + 0.7 i + 0.01 i^2), row-major, in nested lists of the given shape"""
    size = 1
    for n in shape:
        size *= n
    flat = [sin(seed + 0.7 * i + 0.01 * i * i) for i in range(size)]
    for n in reversed(shape[1:]):
        flat = [flat[i:i + n] for i in range(0, len(flat), n)]
    return flat


def sigmoid(x):
    return 1 / (1 + exp(-x))


def softmax(z):
    e = [exp(v - max(z)) for v in z]
    return [v / sum(e) for v in e]


def affine(x, kernel, bias):
    return [sum(v * row[j] for v, row in zip(x, kernel)) + b for j, b in enumerate(bias)]


ACTIVATIONS = {
    'linear': lambda z: z,
    'relu': lambda z: [max(v, 0) for v in z],
    'sigmoid': lambda z: [sigmoid(v) for v in z],
    'tanh': lambda z: [tanh(v) for v in z],
    'softmax': softmax,
}


def lstm(steps, kernel, recurrent, bias, units):
    h, c, out = [0.0] * units, [0.0] * units, []
    for x in steps:
        z = [a + b for a, b in zip(affine(x, kernel, bias), affine(h, recurrent, [0.0] * 4 * units))]
        i, f, g, o = (z[k * units:(k + 1) * units] for k in range(4))
        c = [sigmoid(f[k]) * c[k] + sigmoid(i[k]) * tanh(g[k]) for k in range(units)]
        h = [sigmoid(o[k]) * tanh(c[k]) for k in range(units)]
        out.append(h)
    return out


x = numbers(1, 2, 5)                     # [batch, features]
sequence = numbers(2, 2, 4, 3)           # [batch, steps, features]
golden = {}
for name, f in ACTIVATIONS.items():
    golden['dense_' + name] = [f(affine(row, numbers(3, 5, 4), numbers(4, 4))) for row in x]
    golden['steps_' + name] = [[f(affine(step, numbers(3, 3, 4), numbers(4, 4))) for step in row] for row in sequence]
hidden = [lstm(row, numbers(5, 3, 8), numbers(6, 2, 8), numbers(7, 8), 2) for row in sequence]
golden['lstm_sequences'] = hidden
golden['lstm_last'] = [row[-1] for row in hidden]
table = numbers(8, 6, 3)
ids = [[0, 5, 2, 5], [3, 1, 1, 4]]
golden['embedding'] = [[table[i] for i in row] for row in ids]
golden['concatenate_last'] = [[step + step for step in row] for row in sequence]
golden['concatenate_first'] = [row + row for row in sequence]
print(json.dumps(golden, indent=1))
