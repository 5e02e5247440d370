"""keras-fit: compile and fit as Keras's own pages show it. keras-fit-best: the same with its settings tuned.

keras-fit-best takes steps_per_execution 32 and lets XLA compile where the request says so (jit, looked for by the bench).
"""
import os

from request import LEARNING_RATE, SHAPES, CLASSES, read_request, report_speed, synthetic_data

REQUEST = read_request()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(REQUEST["threads"])
tf.config.threading.set_inter_op_parallelism_threads(REQUEST["threads"])
STEPS_PER_EXECUTION = 32
LEARNING_BLOCKS = ("block_14_", "block_15_", "block_16_", "Conv_1", "predictions")


def model_named(name):
    """A Keras model from random weights that ends in a softmax."""
    layers = keras.layers
    if name.startswith("mobilenet_v2"):
        model = keras.applications.MobileNetV2(SHAPES[name], alpha=0.35, weights=None, classes=CLASSES)
        if name == "mobilenet_v2_blocks":
            for layer in model.layers:
                # A frozen batch normalization infers in Keras.
                layer.trainable = layer.name.startswith(LEARNING_BLOCKS)
        return model
    convolutions = [
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
    ] if name == "cnn" else []
    head = [layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(CLASSES, activation="softmax")]
    return keras.Sequential([layers.Input(SHAPES[name]), *convolutions, *head])


def main():
    pixels, labels = synthetic_data(REQUEST)
    pixels = pixels.astype("float32") / 255
    model = model_named(REQUEST["model"])
    optimizers = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}
    best = REQUEST["program"] == "keras-fit-best"
    tuned = {"steps_per_execution": STEPS_PER_EXECUTION, "jit_compile": REQUEST.get("jit", False)} if best else {}
    model.compile(
        optimizer=optimizers[REQUEST["optimizer"]](LEARNING_RATE[REQUEST["optimizer"]]),
        loss="sparse_categorical_crossentropy", metrics=["accuracy"], **tuned)

    def one_pass():
        history = model.fit(pixels, labels, batch_size=REQUEST["batch"], epochs=1, verbose=0).history
        return history["loss"][0], history["accuracy"][0]

    settings = ", ".join(f"{name} {value}" for name, value in tuned.items()) or "as it comes"
    report_speed(REQUEST, one_pass, f"keras {keras.__version__}, tf {tf.__version__}, intra=inter={REQUEST['threads']}, {settings}")


main()
