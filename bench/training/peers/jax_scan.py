"""jax-scan: a pass over the data as one jitted lax.scan over the shuffled batches."""
import os

from request import CLASSES, LEARNING_RATE, glorot, read_request, report_speed, synthetic_data

REQUEST = read_request()
# XLA takes as many threads as there are cores it may use; it has no setting of its own for that.
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: REQUEST["threads"]])
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402


def weights_of(name):
    draws = np.random.default_rng(2)
    shapes = [(3, 3, 1, 32), (3, 3, 32, 64), (1600, 128), (128, CLASSES)] if name == "cnn" else [(784, 128), (128, CLASSES)]
    return [(jnp.asarray(glorot(draws, *shape)), jnp.zeros(shape[-1])) for shape in shapes]


def forward(weights, x):
    for kernel, bias in weights[:-2]:
        x = jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        x = jax.lax.reduce_window(jax.nn.relu(x + bias), -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    (hidden, hidden_bias), (output, output_bias) = weights[-2:]
    return jax.nn.relu(x.reshape(len(x), -1) @ hidden + hidden_bias) @ output + output_bias


def loss_of(weights, x, wanted):
    logits = forward(weights, x)
    loss = -jnp.take_along_axis(jax.nn.log_softmax(logits), wanted[:, None], 1).mean()
    return loss, (logits.argmax(1) == wanted).mean()


def updated(optimizer, state, gradients):
    """The state after a step: (weights, first moments, second moments, step)."""
    weights, first, second, step = state
    rate, each = LEARNING_RATE[optimizer], jax.tree.map
    if optimizer == "sgd":
        return each(lambda w, g: w - rate * g, weights, gradients), first, second, step + 1
    first = each(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
    second = each(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
    rate *= jnp.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
    return each(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, first, second), first, second, step + 1


def main():
    pixels, labels = (jnp.asarray(part) for part in synthetic_data(REQUEST))
    weights = weights_of(REQUEST["model"])
    zeros = jax.tree.map(jnp.zeros_like, weights)
    state, draws = [weights, zeros, zeros, 0.0], np.random.default_rng(3)

    @jax.jit
    def scan(state, order):
        def step(state, rows):
            x = pixels[rows].astype(jnp.float32) / 255
            (loss, accuracy), gradients = jax.value_and_grad(loss_of, has_aux=True)(state[0], x, labels[rows])
            return updated(REQUEST["optimizer"], state, gradients), (loss, accuracy)
        state, (losses, accuracies) = jax.lax.scan(step, state, order)
        return state, losses.mean(), accuracies.mean()

    def one_pass():
        order = jnp.asarray(draws.permutation(len(labels)).reshape(-1, REQUEST["batch"]))
        state[:], loss, accuracy = scan(tuple(state), order)
        return float(loss), float(accuracy)

    report_speed(REQUEST, one_pass, f"jax {jax.__version__}, {REQUEST['threads']} cores")


main()
