// What tests read from a replay.
import type { Replay } from '#engine/capture/replay.js';

/** The values of a variable, as they are after the last call. */
export function variableValues(replay: Replay, name: string): number[] {
  const tensor = replay.readVariables([name]).get(name)!;
  const values = Array.from(tensor.dataSync());
  tensor.dispose();
  return values;
}
