// The only file that loads TensorFlow. Types may be imported anywhere; the library itself comes from here, as `tf`.
import { createRequire } from 'node:module';
import { ServiceError } from '../contract/errors.js';
import type { Engine } from '../contract/job.js';
import type * as TensorFlowModule from '@tensorflow/tfjs-node-gpu';

export type TensorFlow = typeof TensorFlowModule;
export type Tensor = TensorFlowModule.Tensor;
export type Variable = TensorFlowModule.Variable;
export type Sequential = TensorFlowModule.Sequential;
export type SymbolicTensor = TensorFlowModule.SymbolicTensor;

const require = createRequire(import.meta.url);

/** What the set-up step wrote beside the libraries it installed. */
interface InstalledEngine extends Engine {
  sha256: string;
  source: string;
}

/** The engine the set-up installed, without loading it; undefined where there is none. */
export function installedEngine(): InstalledEngine | undefined {
  try {
    return require('@tensorflow/tfjs-node-gpu/deps/engine.json') as InstalledEngine;
  } catch {
    return undefined;
  }
}

/**
 * Loads native TensorFlow into this process.
 * @throws ENGINE_MISSING where none is set up; there is no other engine that steps in.
 */
export function loadTensorFlow(): { tf: TensorFlow; engine: Engine } {
  const installed = installedEngine();
  if (!installed) throw ServiceError.of('ENGINE_MISSING');
  restoreRemovedFunctions();
  // A deprecation notice of tfjs-node's own dependencies, once a process, tells the user nothing.
  const tf = require('@tensorflow/tfjs-node-gpu') as TensorFlow;
  return { tf, engine: { name: installed.name, version: installed.version, device: installed.device } };
}

/** tfjs-node 4.22 calls two functions that Node 23 removed (tensorflow/tfjs#8609). */
function restoreRemovedFunctions(): void {
  const util = require('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
