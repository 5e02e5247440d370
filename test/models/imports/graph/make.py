"""Writes a network as the TensorFlow.js converter makes a Graph model of it, with what Keras gives: python make.py FOLDER

With the Python of the training bench (Keras 3.15, TensorFlow 2.21) and tensorflowjs 4.22.0 installed without its dependencies; of that only
the part that reads a SavedModel is loaded, since the others need packages that do not go with this TensorFlow.
"""
import gzip
import json
import os
import sys
import types

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import importlib.util
import keras
import numpy as np

# The rest of the package imports jax, tensorflow_hub and tensorflow_decision_forests.
root = importlib.util.find_spec('tensorflowjs').submodule_search_locations[0]
for name, folder in [('tensorflowjs', root), ('tensorflowjs.converters', os.path.join(root, 'converters'))]:
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [folder]
for name in ['tensorflow_hub', 'tensorflow_decision_forests']:
    sys.modules[name] = types.ModuleType(name)
for name in ['object', 'bool']:
    if name not in np.__dict__:
        setattr(np, name, getattr(__builtins__, name))
from tensorflowjs.converters.tf_saved_model_conversion_v2 import convert_tf_saved_model

layers = keras.layers
folder = sys.argv[1]
rng = np.random.default_rng(5)


def network():
    """What MobileNets and EfficientNets are made of: fused and depthwise convolutions, residues, squeeze and excite, swish."""
    picture = layers.Input((24, 24, 3))
    x = layers.Rescaling(2.0, offset=-1.0)(picture)
    x = layers.Conv2D(8, 3, strides=2, padding='same', use_bias=False, name='stem')(x)
    x = layers.ReLU(6.0, name='stem_relu')(layers.BatchNormalization(name='stem_bn')(x))
    shortcut = x
    x = layers.DepthwiseConv2D(3, padding='same', use_bias=False, name='dw')(x)
    x = layers.ReLU(6.0, name='dw_relu')(layers.BatchNormalization(name='dw_bn')(x))
    x = layers.BatchNormalization(name='project_bn')(layers.Conv2D(8, 1, use_bias=False, name='project')(x))
    x = layers.Add(name='residue')([shortcut, x])
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name='pad')(x)
    x = layers.Activation('swish', name='swish')(layers.Conv2D(12, 3, strides=2, name='wide')(x))
    squeezed = layers.Reshape((1, 1, 12), name='row')(layers.GlobalAveragePooling2D(name='squeeze')(x))
    x = layers.Multiply(name='excited')([x, layers.Conv2D(12, 1, activation='sigmoid', name='excite')(squeezed)])
    x = layers.Concatenate(name='joined')([layers.MaxPooling2D(2, name='max')(x), layers.AveragePooling2D(3, strides=2, padding='same', name='mean')(x)])
    x = layers.LeakyReLU(negative_slope=0.1, name='leaky')(x)
    x = layers.GlobalAveragePooling2D(name='pool')(x)
    x = layers.Dense(10, activation='relu', name='hidden')(x)
    return keras.Model(picture, layers.Dense(5, activation='softmax', name='head')(x))


model = network()
for weight in model.weights:
    low = 0.5 if 'variance' in weight.path or 'gamma' in weight.path else -0.4
    weight.assign(rng.uniform(low, low + 0.8, weight.shape).astype('float32'))
model.export(os.path.join(folder, 'saved'))
inputs = (rng.integers(0, 256, (3, 24, 24, 3)) / 256).astype('float32')
outputs = np.asarray(model(inputs, training=False)).astype(float)
pool = np.asarray(keras.Model(model.input, model.get_layer('pool').output)(inputs, training=False)).astype(float)
for name, types_of in [('plain', None), ('uint8', {'uint8': '*'}), ('uint16', {'uint16': '*'}), ('float16', {'float16': '*'})]:
    made = os.path.join(folder, name)
    convert_tf_saved_model(os.path.join(folder, 'saved'), made, quantization_dtype_map=types_of)
    files = {file: open(os.path.join(made, file), 'rb').read() for file in ['model.json', 'group1-shard1of1.bin']}
    for file, data in files.items():
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), f'{name}.{file}.gz'), 'wb') as target:
            target.write(gzip.compress(data, 9, mtime=0))
told = {'inputs': np.round(inputs * 256).astype(int).reshape(-1).tolist(), 'outputs': outputs.tolist(), 'pool': pool.tolist()}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'told.json.gz'), 'wb') as target:
    target.write(gzip.compress(json.dumps(told).encode(), 9, mtime=0))
