"""Trains the example networks, exports them to QONNX and records their reference outputs.

Usage: python make_examples.py [NAME ...]     (no NAME: all of them)

Writes beside this file, for every network:
  NAME.onnx         the model as Brevitas exports it, with no clean-up
  NAME.inputs.npz   in0: SAMPLES held-out samples, each with the exact shape of the graph input
  NAME.outputs.npz  out0: what QONNX's own executor computes for them
The data sets come with scikit-learn, so nothing is downloaded. Seeds are fixed and one thread is used:
the same package versions on the same kind of machine give the same files.
"""

import pathlib
import sys

import brevitas.nn as qnn
import numpy as np
import onnx
import torch
from brevitas.export import export_qonnx
from brevitas.quant import (
    Int8ActPerTensorFixedPoint,
    Int8ActPerTensorFloat,
    Int8Bias,
    Int8WeightPerChannelFloat,
    Int8WeightPerTensorFixedPoint,
    Uint8ActPerTensorFixedPoint,
    Uint8ActPerTensorFloat,
)
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.util.cleanup import cleanup_model
from sklearn.datasets import load_digits, load_wine
from sklearn.model_selection import train_test_split
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = 16
OPSET = 13


def unsigned(bits):
    """An unsigned activation quantizer for values that are never negative."""
    return qnn.QuantIdentity(bit_width=bits, act_quant=Uint8ActPerTensorFloat)


def relu(bits, quant=Uint8ActPerTensorFloat, **options):
    """ReLU followed by an unsigned quantizer."""
    return qnn.QuantReLU(bit_width=bits, act_quant=quant, **options)


def per_channel(bits):
    """Weight quantizer with one float scale for each output channel."""
    return {"weight_quant": Int8WeightPerChannelFloat, "weight_bit_width": bits}


def digits_mlp():
    """Per-channel weight scales, batch normalisation, and one quantizer that rounds down."""
    return nn.Sequential(
        unsigned(4),
        qnn.QuantLinear(64, 32, bias=False, **per_channel(3)),
        nn.BatchNorm1d(32),
        relu(3),
        qnn.QuantLinear(32, 32, bias=True, **per_channel(3)),
        qnn.QuantIdentity(
            bit_width=4,
            act_quant=Int8ActPerTensorFloat,
            float_to_int_impl_type="floor",
        ),
        qnn.QuantLinear(32, 10, bias=True, **per_channel(3)),
    )


def digits_cnn():
    """Dense, depthwise and strided convolution with max pooling."""
    return nn.Sequential(
        unsigned(4),
        qnn.QuantConv2d(1, 8, 3, padding=1, bias=False, **per_channel(4)),
        nn.BatchNorm2d(8),
        relu(4),
        nn.MaxPool2d(2),
        qnn.QuantConv2d(8, 8, 3, padding=1, groups=8, bias=False, **per_channel(4)),
        nn.BatchNorm2d(8),
        relu(4),
        qnn.QuantConv2d(8, 16, 3, stride=2, padding=1, bias=False, **per_channel(4)),
        nn.BatchNorm2d(16),
        relu(4),
        nn.Flatten(),
        qnn.QuantLinear(64, 10, bias=True, **per_channel(4)),
    )


def wine_mlp():
    """Power-of-two scales throughout, a float input and a softmax at the end."""
    weights = {"weight_quant": Int8WeightPerTensorFixedPoint, "weight_bit_width": 4}
    return nn.Sequential(
        qnn.QuantLinear(13, 16, bias=True, **weights),
        # The 8-bit bias takes its scale from the input's and the weights', so it must be told the input's.
        relu(4, Uint8ActPerTensorFixedPoint, return_quant_tensor=True),
        qnn.QuantLinear(16, 16, bias=True, bias_quant=Int8Bias, **weights),
        qnn.QuantIdentity(bit_width=6, act_quant=Int8ActPerTensorFixedPoint),
        qnn.QuantLinear(16, 3, bias=True, **weights),
        nn.Softmax(dim=1),
    )


def digits(shape):
    """The 8x8 digits scaled to [0, 1], every sample in `shape`, split into train and test."""
    data = load_digits()
    features = (data.data / 16.0).astype(np.float32).reshape(-1, *shape)
    return train_test_split(features, data.target, test_size=0.25, random_state=0, stratify=data.target)


def wine():
    """The wine measurements standardised with the mean and deviation of the training part."""
    data = load_wine()
    train, test, train_labels, test_labels = train_test_split(
        data.data, data.target, test_size=0.25, random_state=0, stratify=data.target
    )
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    standardise = lambda values: ((values - mean) / deviation).astype(np.float32)
    return standardise(train), standardise(test), train_labels, test_labels


EXAMPLES = {
    "digits_mlp": (digits_mlp, lambda: digits((64,)), 60),
    "digits_cnn": (digits_cnn, lambda: digits((1, 8, 8)), 30),
    "wine_mlp": (wine_mlp, wine, 150),
}


def train(network, features, labels, epochs):
    """Quantization-aware training: Adam with a cosine schedule."""
    features, labels = torch.from_numpy(features), torch.from_numpy(labels)
    # A softmax at the end belongs to the exported network; the loss wants the logits before it.
    body = network[:-1] if isinstance(network[-1], nn.Softmax) else network
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    network.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(features)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(body(features[batch]), labels[batch]).backward()
            optimizer.step()
        schedule.step()
    network.eval()


def reference(model, samples):
    """What QONNX's executor computes for each of `samples`, stacked on a leading axis."""
    name_in, name_out = model.graph.input[0].name, model.graph.output[0].name
    return np.stack([execute_onnx(model, {name_in: sample})[name_out] for sample in samples])


def make(name):
    """Trains, exports and records one example; prints its accuracy on the held-out part."""
    build, load, epochs = EXAMPLES[name]
    torch.manual_seed(0)
    train_features, test_features, train_labels, test_labels = load()
    network = build()
    train(network, train_features, train_labels, epochs)

    path = HERE / f"{name}.onnx"
    example = torch.from_numpy(test_features[:1])
    export_qonnx(
        network,
        args=example,
        export_path=str(path),
        opset_version=OPSET,
        dynamo=False,
        # Named, because the names torch makes up depend on what it has traced before.
        input_names=["input"],
        output_names=["output"],
    )
    model = cleanup_model(ModelWrapper(onnx.load(path)))

    # The graph input has a batch of one: each sample keeps that axis behind the sample axis.
    outputs = reference(model, test_features[:, None])
    accuracy = float((outputs[:, 0].argmax(axis=1) == test_labels).mean())
    np.savez_compressed(HERE / f"{name}.inputs.npz", in0=test_features[:SAMPLES, None])
    np.savez_compressed(HERE / f"{name}.outputs.npz", out0=outputs[:SAMPLES])
    ops = " ".join(node.op_type for node in model.graph.node)
    print(f"{name}: {accuracy:.1%} of {len(test_labels)} held-out samples, {path.stat().st_size} bytes: {ops}")


def main(names):
    """Makes the named examples, or all."""
    unknown = [name for name in names if name not in EXAMPLES]
    if unknown:
        sys.exit(f"unknown example {unknown[0]!r}: expected one of {', '.join(EXAMPLES)}")
    torch.set_num_threads(1)
    for name in names or EXAMPLES:
        make(name)


if __name__ == "__main__":
    main(sys.argv[1:])
