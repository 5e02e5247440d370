"""Writes networks of keras.applications with random weights into a folder, with what they give: python networks.py FOLDER"""
import json
import os
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import keras
import numpy as np

applications = keras.applications
NETWORKS = {
    'mobilenet': lambda: applications.MobileNet((64, 64, 3), alpha=0.25, weights=None, classes=10, classifier_activation=None),
    'mobilenet_v2': lambda: applications.MobileNetV2((64, 64, 3), alpha=0.35, weights=None, classes=10, classifier_activation=None),
    'resnet50': lambda: applications.ResNet50(input_shape=(64, 64, 3), weights=None, classes=10, classifier_activation=None),
    'efficientnet_b0': lambda: applications.EfficientNetB0(input_shape=(64, 64, 3), weights=None, classes=10, classifier_activation=None),
    'vgg16': lambda: applications.VGG16(input_shape=(32, 32, 3), weights=None, classes=10, classifier_activation=None),
}
folder = sys.argv[1]
rng = np.random.default_rng(3)
for name, build in NETWORKS.items():
    keras.backend.clear_session()
    model = build()
    # Fresh statistics are 0 and 1, by which a wrong order would not show.
    for layer in model.layers:
        if isinstance(layer, (keras.layers.BatchNormalization, keras.layers.Normalization)):
            for weight in layer.weights:
                if 'count' not in weight.path:
                    low = -0.2 if 'mean' in weight.path or 'beta' in weight.path else 0.8
                    weight.assign(rng.uniform(low, low + 0.4, weight.shape).astype('float32'))
        elif layer.get_weights() and layer.use_bias:
            layer.bias.assign(rng.uniform(-0.1, 0.1, layer.bias.shape).astype('float32'))
    path = os.path.join(folder, f'{name}.keras')
    model.save(path)
    model = keras.saving.load_model(path)
    model.save(os.path.join(folder, f'{name}.h5'))
    inputs = rng.integers(0, 256, (2, *model.input_shape[1:])).astype('float32') / 256
    outputs = np.asarray(model(inputs, training=False)).astype(float)
    with open(os.path.join(folder, f'{name}.json'), 'w') as file:
        json.dump({'inputs': inputs.reshape(-1).tolist(), 'outputs': outputs.reshape(-1).tolist()}, file)
    print(name, flush=True)
