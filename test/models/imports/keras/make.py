"""Writes the small Keras 3 models beside this file, gzipped, and what they give: python make.py"""
import glob
import gzip
import json
import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import h5py
import keras
import numpy as np
from keras import layers

HERE = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(7)


def drawn(model):
    for weight in model.weights:
        if 'count' in weight.path or 'seed' in weight.path:
            continue
        low = 0.5 if 'variance' in weight.path else -0.25
        weight.assign(rng.uniform(low, low + 0.5, weight.shape).astype('float32'))
    return model


def sequential():
    return keras.Sequential([
        keras.Input((8, 8, 1)),
        layers.Conv2D(4, 3, activation='relu', kernel_initializer='he_normal'),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
        layers.Dropout(0.2),
        layers.GlobalAveragePooling2D(keepdims=True),
        layers.Flatten(),
        layers.Flatten(),
        layers.Dense(5, activation='gelu'),
        layers.LeakyReLU(negative_slope=0.1),
        layers.Dense(3, activation='softmax'),
    ])


def functional():
    inner = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(4, 3, padding='same', name='within'), layers.ReLU(6.0)], name='inner')
    picture = keras.Input((8, 8, 3))
    x = layers.Rescaling([2.0, 1.5, 1.0], offset=-1.0)(picture)
    x = layers.Normalization(name='normalization')(x)
    x = layers.SeparableConv2D(4, 3, padding='same', activation='silu')(x)
    y = inner(layers.ZeroPadding2D(((0, 1), (0, 1)))(layers.Cropping2D(((0, 1), (0, 1)))(x)))
    x = layers.Add()([x, y])
    squeezed = layers.Reshape((1, 1, -1))(layers.GlobalAveragePooling2D()(x))
    x = layers.Multiply()([x, layers.Conv2D(4, 1, activation='sigmoid')(squeezed)])
    x = layers.Concatenate()([x, y])
    x = layers.DepthwiseConv2D(3, strides=2, use_bias=False)(x)
    x = layers.Activation('tanh')(layers.Flatten()(x))
    return keras.Model(picture, layers.Dense(3, activation='softmax')(x))


def sequence():
    return keras.Sequential([
        keras.Input((6,)),
        layers.Embedding(20, 8),
        layers.Conv1D(4, 3, padding='same'),
        layers.LSTM(4, return_sequences=True),
        layers.GRU(3, reset_after=False),
        layers.LayerNormalization(),
        layers.Dense(2),
    ])


def squeeze(path):
    """The same file with every array packed in chunks."""
    with h5py.File(path) as source, h5py.File(path.replace('.h5', '_packed.h5'), 'w') as target:
        target.attrs.update(source.attrs)

        def copy(name, node):
            if isinstance(node, h5py.Dataset) and node.shape:
                target.create_dataset(name, data=node[()], compression='gzip', shuffle=True, chunks=tuple(max(1, (n + 1) // 2) for n in node.shape))
            elif isinstance(node, h5py.Group):
                target.require_group(name)

        source.visititems(copy)


def main():
    outputs = {}
    for name, build, whole in [('sequential', sequential, None), ('functional', functional, None), ('sequence', sequence, 20)]:
        model = drawn(build())
        inputs = rng.integers(0, whole, (3, *model.input_shape[1:])).astype('float32') if whole else np.round(rng.uniform(0, 1, (3, *model.input_shape[1:])) * 256).astype('float32') / 256
        for ending in ('keras', 'h5'):
            model.save(os.path.join(HERE, f'{name}.{ending}'))
        # A Normalization takes up its weights when it is loaded.
        loaded = keras.saving.load_model(os.path.join(HERE, f'{name}.keras'))
        outputs[name] = {'inputs': inputs.reshape(3, -1).tolist(), 'outputs': np.asarray(loaded(inputs, training=False)).reshape(3, -1).astype(float).tolist()}
    squeeze(os.path.join(HERE, 'sequential.h5'))
    with open(os.path.join(HERE, 'outputs.json'), 'w') as file:
        json.dump(outputs, file)

    with h5py.File(os.path.join(HERE, 'outside.h5'), 'w') as file:
        file.attrs['model_config'] = json.dumps({'class_name': 'Sequential', 'config': {'layers': []}})
        file['model_weights'] = h5py.ExternalLink('/etc/passwd', '/dense')
    with h5py.File(os.path.join(HERE, 'external.h5'), 'w') as file:
        with h5py.File(os.path.join(HERE, 'sequential.h5')) as source:
            file.attrs.update(source.attrs)
            source.copy('model_weights', file)
        del file['model_weights/dense/sequential/dense/kernel']
        file.create_dataset('model_weights/dense/sequential/dense/kernel', (4, 5), dtype='float32', external=[('/etc/passwd', 0, 80)])

    doubled = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x * 2, output_shape=(4,)), layers.Dense(2)])
    doubled.save(os.path.join(HERE, 'lambda.keras'))
    doubled.save(os.path.join(HERE, 'lambda.h5'))

    @keras.saving.register_keras_serializable(package='mine')
    class Doubling(layers.Layer):
        def call(self, x):
            return x * 2

    keras.Sequential([keras.Input((4,)), Doubling(), layers.Dense(2)]).save(os.path.join(HERE, 'custom.keras'))

    # Mostly padding of HDF5.
    for path in [each for ending in ('*.keras', '*.h5', '*.json') for each in glob.glob(os.path.join(HERE, ending))]:
        with open(path, 'rb') as plain, open(f'{path}.gz', 'wb') as packed:
            packed.write(gzip.compress(plain.read(), 9, mtime=0))
        os.remove(path)


main()
