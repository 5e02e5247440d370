"""numpy-loop: the MLP's training step written by hand in NumPy, gradients and all."""
import os

from request import CLASSES, LEARNING_RATE, glorot, read_request, report_speed, synthetic_data

import numpy as np  # threads of its BLAS come from OPENBLAS_NUM_THREADS, set by the bench

REQUEST = read_request()
RATE = np.float32(LEARNING_RATE[REQUEST["optimizer"]])


def updater(optimizer, weights):
    """A function (gradients) that updates the weights in place."""
    if optimizer == "sgd":
        def descend(gradients):
            for weight, gradient in zip(weights, gradients):
                weight -= RATE * gradient
        return descend
    first, second, step = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights], [0]

    def adam(gradients):
        step[0] += 1
        rate = np.float32(RATE * np.sqrt(1 - 0.999 ** step[0]) / (1 - 0.9 ** step[0]))
        for weight, gradient, m, v in zip(weights, gradients, first, second):
            m += np.float32(0.1) * (gradient - m)
            v += np.float32(0.001) * (gradient * gradient - v)
            weight -= rate * m / (np.sqrt(v) + np.float32(1e-7))
    return adam


def main():
    pixels, labels = synthetic_data(REQUEST)
    images = pixels.reshape(len(pixels), -1).astype(np.float32) / np.float32(255)
    draws = np.random.default_rng(2)
    weights = [glorot(draws, 784, 128), np.zeros(128, np.float32), glorot(draws, 128, CLASSES), np.zeros(CLASSES, np.float32)]
    update = updater(REQUEST["optimizer"], weights)

    def step(x, wanted):
        kernel, bias, output_kernel, output_bias = weights
        hidden = np.maximum(x @ kernel + bias, 0)
        logits = hidden @ output_kernel + output_bias
        exponentials = np.exp(logits - logits.max(1, keepdims=True))
        probabilities = exponentials / exponentials.sum(1, keepdims=True)
        each = np.arange(len(x))
        loss = -np.log(probabilities[each, wanted]).mean()
        right = (logits.argmax(1) == wanted).sum()

        probabilities[each, wanted] -= 1
        to_logits = probabilities / np.float32(len(x))
        to_hidden = (to_logits @ output_kernel.T) * (hidden > 0)
        update([x.T @ to_hidden, to_hidden.sum(0), hidden.T @ to_logits, to_logits.sum(0)])
        return loss, right

    def one_pass():
        order, batch = draws.permutation(len(labels)), REQUEST["batch"]
        results = [step(images[rows], labels[rows]) for rows in np.split(order, range(batch, len(order), batch))]
        losses, rights = zip(*results)
        return float(np.mean(losses)), float(np.sum(rights)) / len(labels)

    report_speed(REQUEST, one_pass, f"numpy {np.__version__}, {os.environ.get('OPENBLAS_NUM_THREADS')} BLAS threads")


main()
