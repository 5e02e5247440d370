"""MobileNetV2 (alpha 0.35) for fused-graph-loop, from the published layout (Sandler et al. 2018, table 2; widths rounded to eights)."""
import tensorflow as tf

from request import CLASSES, glorot

EPSILON, MOMENTUM = 1e-3, 0.999
# expansion, output width, stride of the blocks 0 to 16 at alpha 0.35
BLOCKS = [
    (1, 8, 1), (6, 8, 2), (6, 8, 1), (6, 16, 2), (6, 16, 1), (6, 16, 1), (6, 24, 2), (6, 24, 1), (6, 24, 1), (6, 24, 1),
    (6, 32, 1), (6, 32, 1), (6, 32, 1), (6, 56, 2), (6, 56, 1), (6, 56, 1), (6, 112, 1),
]
FIRST_LEARNING_BLOCK = 14


class Normalized:
    """A convolution without bias, then fused batch normalization, then relu6 where active."""

    def __init__(self, draws, shape, stride, active, learns, depthwise=False):
        self.kernel = tf.Variable(glorot(draws, *shape))
        width = shape[2] if depthwise else shape[3]
        self.scale, self.offset = tf.Variable(tf.ones(width)), tf.Variable(tf.zeros(width))
        self.mean, self.variance = tf.Variable(tf.zeros(width)), tf.Variable(tf.ones(width))
        self.stride, self.active, self.learns, self.depthwise = stride, active, learns, depthwise
        self.learning = [self.kernel, self.scale, self.offset] if learns else []

    def __call__(self, x):
        strides = [1, self.stride, self.stride, 1]
        padding = "VALID" if self.stride == 2 else "SAME"
        if self.stride == 2:
            # Keras pads strided convolutions at the end, and at the start too where the size is odd.
            odd = x.shape[1] % 2
            x = tf.pad(x, [[0, 0], [odd, 1], [odd, 1], [0, 0]])
        convolve = tf.nn.depthwise_conv2d if self.depthwise else tf.nn.conv2d
        x = convolve(x, self.kernel, strides, padding)
        x, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=x, scale=self.scale, offset=self.offset, epsilon=EPSILON, is_training=self.learns,
            mean=tf.constant([]) if self.learns else self.mean, variance=tf.constant([]) if self.learns else self.variance)
        if self.learns:
            self.mean.assign_sub((self.mean - tf.stop_gradient(mean)) * (1 - MOMENTUM))
            self.variance.assign_sub((self.variance - tf.stop_gradient(variance)) * (1 - MOMENTUM))
        return tf.nn.relu6(x) if self.active else x


def mobilenet(draws, only_last_blocks):
    """(forward, learning) as in graph_networks; inputs [batch, 96, 96, 3]."""
    frozen_until = FIRST_LEARNING_BLOCK if only_last_blocks else 0
    stem = Normalized(draws, (3, 3, 3, 16), 2, True, not only_last_blocks)
    blocks, width = [], 16
    for index, (expansion, output, stride) in enumerate(BLOCKS):
        learns, inner = index >= frozen_until, expansion * width
        layers = [Normalized(draws, (1, 1, width, inner), 1, True, learns)] if expansion > 1 else []
        layers += [
            Normalized(draws, (3, 3, inner, 1), stride, True, learns, depthwise=True),
            Normalized(draws, (1, 1, inner, output), 1, False, learns),
        ]
        blocks.append((layers, stride == 1 and width == output))
        width = output
    last = Normalized(draws, (1, 1, width, 1280), 1, True, True)
    head = [tf.Variable(glorot(draws, 1280, CLASSES)), tf.Variable(tf.zeros(CLASSES))]

    def forward(x):
        x = stem(x)
        for layers, residual in blocks:
            before = x
            for layer in layers:
                x = layer(x)
            x = before + x if residual else x
        x = tf.reduce_mean(last(x), [1, 2])
        return tf.nn.bias_add(tf.matmul(x, head[0]), head[1])

    convolutions = [stem, *(layer for layers, _ in blocks for layer in layers), last]
    return forward, [variable for layer in convolutions for variable in layer.learning] + head
