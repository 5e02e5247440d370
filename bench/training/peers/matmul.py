"""The SGEMM ceiling of the machine: the best of several float32 products of 1024 x 1024 matrices with TensorFlow, in GFLOP/s."""
import json
import os
import time

from request import read_request

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf  # noqa: E402

SIDE, PRODUCTS, TRIES = 1024, 10, 10
threads = read_request()["threads"]
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)
x = tf.random.normal([SIDE, SIDE])
tf.matmul(x, x).numpy()
best_seconds = float("inf")
for _ in range(TRIES):
    started = time.perf_counter()
    for _ in range(PRODUCTS):
        y = tf.matmul(x, x)
    y.numpy()
    best_seconds = min(best_seconds, (time.perf_counter() - started) / PRODUCTS)
print(json.dumps({"gigaflops": 2 * SIDE**3 / best_seconds / 1e9}))
