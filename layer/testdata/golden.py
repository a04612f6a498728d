#!/usr/bin/env python3
"""Writes golden.json: what PyTorch's layers give in float64.

    python3 golden.py > golden.json

Debian: apt-get install python3-torch python3-numpy. Inputs and weights come from numbers(), which golden_test.go has
as well. Gates of an LSTM are in the order i, f, g, o in both.
"""
import json

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


def numbers(seed, *shape):
    """sin(seed + 0.7 i + 0.01 i^2), row-major"""
    i = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return torch.sin(seed + 0.7 * i + 0.01 * i * i).reshape(shape)


ACTIVATIONS = {
    'linear': lambda z: z, 'relu': F.relu, 'sigmoid': torch.sigmoid, 'tanh': torch.tanh,
    'softmax': lambda z: F.softmax(z, -1), 'gelu': F.gelu, 'gelu_tanh': lambda z: F.gelu(z, approximate='tanh'),
    'silu': F.silu, 'elu': F.elu, 'selu': F.selu, 'leaky_relu': lambda z: F.leaky_relu(z, 0.2),
    'softplus': F.softplus, 'softsign': F.softsign, 'hard_sigmoid': F.hardsigmoid, 'exponential': torch.exp, 'mish': F.mish,
}

x = numbers(1, 2, 5)            # [batch, features]
sequence = numbers(2, 2, 4, 3)  # [batch, steps, features]
golden = {}
for name, f in ACTIVATIONS.items():
    golden['dense_' + name] = f(x @ numbers(3, 5, 4) + numbers(4, 4))
    golden['steps_' + name] = f(sequence @ numbers(3, 3, 4) + numbers(4, 4))

lstm = nn.LSTM(3, 2, batch_first=True)
with torch.no_grad():
    lstm.weight_ih_l0.copy_(numbers(5, 3, 8).T)
    lstm.weight_hh_l0.copy_(numbers(6, 2, 8).T)
    lstm.bias_ih_l0.copy_(numbers(7, 8))
    lstm.bias_hh_l0.zero_()
    golden['lstm_sequences'], (last, _) = lstm(sequence)
    golden['lstm_last'] = last[0]

ids = torch.tensor([[0, 5, 2, 5], [3, 1, 1, 4]])
golden['embedding'] = F.embedding(ids, numbers(8, 6, 3))
golden['concatenate_last'] = torch.cat([sequence, sequence], 2)
golden['concatenate_first'] = torch.cat([sequence, sequence], 1)
golden['layer_normalization'] = F.layer_norm(sequence, (3,), numbers(9, 3), numbers(10, 3), 1e-3)
golden['layer_normalization_axes'] = F.layer_norm(sequence, (4, 3), numbers(9, 4, 3), numbers(10, 4, 3), 1e-3)
golden['batch_normalization'] = F.batch_norm(
    sequence.reshape(8, 3), numbers(11, 3), numbers(12, 3) ** 2 + 0.5, numbers(9, 3), numbers(10, 3), False, 0, 1e-3
).reshape(2, 4, 3)
golden['add'] = sequence + sequence
print(json.dumps({name: value.tolist() for name, value in golden.items()}, indent=1))
