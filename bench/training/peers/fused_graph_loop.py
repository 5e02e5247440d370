"""fused-graph-loop: the training step hand-written with TensorFlow's own fused operations, all of a pass one graph.

The bar for recorded steps: the same kernels with nothing between them. A shuffled index drives a while loop; each step
gathers bytes, divides them by 255, and gives its loss and accuracy.
"""
import os

from request import LEARNING_RATE, read_request, report_speed, synthetic_data

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf  # noqa: E402  (the log level is read on import)

from graph_networks import network  # noqa: E402

REQUEST = read_request()
tf.config.threading.set_intra_op_parallelism_threads(REQUEST["threads"])
tf.config.threading.set_inter_op_parallelism_threads(REQUEST["threads"])


def updater(optimizer, learning):
    """A function (variable index, gradient) that updates in place with one fused operation."""
    rate = tf.constant(LEARNING_RATE[optimizer])
    if optimizer == "sgd":
        # In place of assign_sub(rate * gradient): one operation instead of two for each variable.
        return lambda i, gradient: tf.raw_ops.ResourceApplyGradientDescent(var=learning[i].handle, alpha=rate, delta=gradient)
    first = [tf.Variable(tf.zeros_like(variable)) for variable in learning]
    second = [tf.Variable(tf.zeros_like(variable)) for variable in learning]
    powers = [tf.Variable(1.0), tf.Variable(1.0)]

    def adam(i, gradient):
        if i == 0:
            powers[0].assign(powers[0] * 0.9)
            powers[1].assign(powers[1] * 0.999)
        tf.raw_ops.ResourceApplyAdam(
            var=learning[i].handle, m=first[i].handle, v=second[i].handle, beta1_power=powers[0], beta2_power=powers[1],
            lr=rate, beta1=0.9, beta2=0.999, epsilon=1e-7, grad=gradient)

    return adam


def main():
    pixels, labels = (tf.constant(part) for part in synthetic_data(REQUEST))
    forward, learning = network(REQUEST["model"])
    update = updater(REQUEST["optimizer"], learning)
    batch = REQUEST["batch"]

    def step(rows):
        wanted = tf.gather(labels, rows)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(learning)
            logits = forward(tf.cast(tf.gather(pixels, rows), tf.float32) / 255.0)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, logits))
        for i, gradient in enumerate(tape.gradient(loss, learning)):
            update(i, gradient)
        right = tf.equal(tf.argmax(logits, 1, output_type=tf.int32), wanted)
        return loss, tf.reduce_mean(tf.cast(right, tf.float32))

    @tf.function
    def one_pass(order):
        steps = tf.size(order) // batch
        losses, accuracies = (tf.TensorArray(tf.float32, steps) for _ in range(2))
        for i in tf.range(steps):
            loss, accuracy = step(order[i * batch:(i + 1) * batch])
            losses, accuracies = losses.write(i, loss), accuracies.write(i, accuracy)
        return tf.reduce_mean(losses.stack()), tf.reduce_mean(accuracies.stack())

    def shuffled_pass():
        order = tf.random.shuffle(tf.range(REQUEST["examples"]))
        return [float(mean) for mean in one_pass(order)]

    report_speed(REQUEST, shuffled_pass, f"tf {tf.__version__}, intra=inter={REQUEST['threads']}, tf.function while loop")


main()
