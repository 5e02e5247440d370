// Model files of other kinds, told by their names and first bytes, so that they are refused by what they are.

interface Foreign {
  format: string;
  names: RegExp;
  starts?: (start: Uint8Array) => boolean;
}

const has = (start: Uint8Array, at: number, ...bytes: number[]): boolean => bytes.every((byte, index) => start[at + index] === byte);

const FOREIGN: readonly Foreign[] = [
  // The protocols of pickle begin with 0x80 and their number.
  { format: 'a pickle, which is a program', names: /\.(?:pkl|pickle|joblib)$/i, starts: (start) => start[0] === 0x80 && start[1]! >= 2 && start[1]! <= 5 && start[2] !== undefined },
  { format: 'a PyTorch file', names: /(?:\.(?:pt|pth|ckpt)|\/data\.pkl)$/i },
  // A ModelProto begins with ir_version (field 1, a small number), then the name of its producer.
  { format: 'an ONNX model', names: /\.onnx$/i, starts: (start) => start[0] === 0x08 && start[1]! > 0 && start[1]! < 32 && start[2] === 0x12 && start[3]! < 64 },
  { format: 'a TensorFlow SavedModel', names: /(?:^|\/)saved_model\.pb(?:txt)?$/i, starts: (start) => has(start, 0, 0x08, 0x01, 0x12) && start[3]! >= 128 },
  { format: 'a TensorFlow graph', names: /\.pb(?:txt)?$/i },
  { format: 'a TensorFlow Lite model', names: /\.tflite$/i, starts: (start) => has(start, 4, 0x54, 0x46, 0x4c, 0x33) },
  { format: 'a file of weights alone', names: /\.(?:safetensors|npz|npy)$/i },
];

/** What a file is that is no model which is read here; undefined where it may be one. */
export const foreignFormat = (name: string, start: Uint8Array): string | undefined =>
  FOREIGN.find(({ names, starts }) => names.test(name) || starts?.(start))?.format;
