"""The networks of fused-graph-loop as plain TensorFlow: a forward function to logits and the variables that learn."""
import numpy as np
import tensorflow as tf

from request import CLASSES, glorot


def network(model):
    """(forward, learning): forward maps floats [batch, height, width, channels] to logits [batch, 10]."""
    draws = np.random.default_rng(2)
    if model == "mlp":
        return mlp(draws)
    if model == "cnn":
        return cnn(draws)
    from graph_mobilenet import mobilenet
    return mobilenet(draws, only_last_blocks=model == "mobilenet_v2_blocks")


def layer(draws, *shape):
    """Kernel and bias of a dense or convolution layer."""
    return tf.Variable(glorot(draws, *shape)), tf.Variable(tf.zeros(shape[-1]))


def dense(x, kernel, bias):
    return tf.nn.bias_add(tf.matmul(x, kernel), bias)


def convolve(x, kernel, bias):
    return tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, "VALID"), bias))


def mlp(draws):
    hidden, output = layer(draws, 784, 128), layer(draws, 128, CLASSES)

    def forward(x):
        return dense(tf.nn.relu(dense(tf.reshape(x, [-1, 784]), *hidden)), *output)

    return forward, [*hidden, *output]


def cnn(draws):
    first, second = layer(draws, 3, 3, 1, 32), layer(draws, 3, 3, 32, 64)
    hidden, output = layer(draws, 1600, 128), layer(draws, 128, CLASSES)

    def forward(x):
        x = tf.nn.max_pool2d(convolve(x, *first), 2, 2, "VALID")
        x = tf.nn.max_pool2d(convolve(x, *second), 2, 2, "VALID")
        return dense(tf.nn.relu(dense(tf.reshape(x, [-1, 1600]), *hidden)), *output)

    return forward, [*first, *second, *hidden, *output]
