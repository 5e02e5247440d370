"""What every Python program of the training bench shares: the request, the data, the timing and the answer.

Kept free of any framework, so that each program imports its own only.
"""
import json
import sys
import time

import numpy as np

CLASSES = 10
LEARNING_RATE = {"sgd": 0.01, "adam": 0.001}
SHAPES = {"mlp": (28, 28, 1), "cnn": (28, 28, 1), "mobilenet_v2_full": (96, 96, 3), "mobilenet_v2_blocks": (96, 96, 3)}
WARM_PASSES = 2


def read_request():
    """The row to measure: program, model, optimizer, batch, examples, threads, seconds (the least time to measure)."""
    return json.loads(sys.argv[1])


def synthetic_data(request):
    """Bytes [examples, height, width, channels] and int32 labels [examples]; the same size for every program."""
    draws = np.random.default_rng(1)
    shape = (request["examples"], *SHAPES[request["model"]])
    return draws.integers(0, 256, shape, dtype=np.uint8), draws.integers(0, CLASSES, request["examples"], dtype=np.int32)


def glorot(draws, *shape):
    """A kernel drawn uniformly, its fans as Keras counts them. Float32."""
    receptive = int(np.prod(shape[:-2]))
    limit = np.sqrt(6 / (receptive * (shape[-2] + shape[-1])))
    return draws.uniform(-limit, limit, shape).astype(np.float32)


def report_speed(request, one_pass, settings):
    """Warm passes, then timed ones until enough time went by; prints examples a second as the last line.

    one_pass: takes one pass over the data and returns (loss, accuracy) as Python numbers, so that all work is done.
    settings: what a reader needs to know to repeat it, a string.
    """
    started = time.perf_counter()
    for _ in range(WARM_PASSES):
        one_pass()
    warm = time.perf_counter() - started
    started, passes = time.perf_counter(), 0
    while passes == 0 or time.perf_counter() - started < request["seconds"]:
        loss, accuracy = one_pass()
        passes += 1
    speed = passes * request["examples"] / (time.perf_counter() - started)
    answer = {"examples_per_second": speed, "loss": loss, "accuracy": accuracy, "warm_seconds": warm, "settings": settings}
    print(json.dumps(answer))
