// A layer of ours whose settings come from a file: held to the settings of its class, as those of a request are.
import { Ajv, type ValidateFunction } from 'ajv';
import { ServiceError } from '../../contract/errors.js';
import { LAYER_CONFIGS, type LayerClass, type LayerSpec } from '../../contract/layers.js';
import type { Json } from './source.js';

const ajv = new Ajv({ strict: false });
const checks = new Map<LayerClass, ValidateFunction>();
const checkOf = (layerClass: LayerClass): ValidateFunction => {
  const check = checks.get(layerClass) ?? ajv.compile(LAYER_CONFIGS[layerClass]);
  checks.set(layerClass, check);
  return check;
};

/**
 * @param layer its name, for what is said of it
 * @throws MODEL_NOT_SUPPORTED naming the setting that the class does not take
 */
export function checkedLayer(layer: string, layerClass: LayerClass, config: Json): LayerSpec {
  const check = checkOf(layerClass);
  if (check(config)) return { class_name: layerClass, config } as LayerSpec;
  const [problem] = check.errors ?? [];
  const setting = /^\/(\w+)/.exec(problem?.instancePath ?? '')?.[1];
  if (setting !== undefined) throw unsupportedSetting(layer, layerClass, setting, config[setting]);
  throw ServiceError.of('MODEL_NOT_SUPPORTED', `layer "${layer}" (${layerClass}): ${problem?.message ?? 'its settings are not those of the class'}`);
}

export const unsupportedSetting = (layer: string, layerClass: string, setting: string, value: unknown): ServiceError =>
  ServiceError.of('MODEL_NOT_SUPPORTED', `layer "${layer}" (${layerClass}) has ${setting} ${(JSON.stringify(value) ?? 'undefined').slice(0, 80)}`);
