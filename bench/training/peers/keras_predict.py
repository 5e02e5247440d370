"""keras-predict: the features of pictures by Keras's predict, as its own pages show it: the network without its output layer, its end pooled."""
import os

from request import read_request, report_speed

REQUEST = read_request()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(REQUEST["threads"])
tf.config.threading.set_inter_op_parallelism_threads(REQUEST["threads"])


def main():
    shape = (REQUEST["side"], REQUEST["side"], 3)
    pixels = np.random.default_rng(1).integers(0, 256, (REQUEST["examples"], *shape), dtype=np.uint8).astype("float32") / 255
    model = keras.applications.MobileNetV2(shape, alpha=0.35, weights=None, include_top=False, pooling="avg")

    def one_pass():
        features = model.predict(pixels, batch_size=REQUEST["batch"], verbose=0)
        return float(features[0, 0]), None

    report_speed(REQUEST, one_pass, f"Keras {keras.__version__}, TensorFlow {tf.__version__}, batch {REQUEST['batch']}, {REQUEST['threads']} threads")


main()
