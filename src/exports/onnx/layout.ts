// Pictures lie with channels last in our networks and first in ONNX. A value is had in either order; each is made once.
import type { Shape } from '../../contract/shape.js';
import type { OnnxModel } from './model.js';

export class OnnxValue {
  private first: string | undefined;
  private last: string | undefined;

  private constructor(private readonly model: OnnxModel, /** As our network has it, without examples. */ readonly shape: Shape) {}

  static channelsLast(model: OnnxModel, name: string, shape: Shape): OnnxValue {
    const value = new OnnxValue(model, shape);
    value.last = name;
    return value;
  }

  /** @param shape with channels last, as ever */
  static channelsFirst(model: OnnxModel, name: string, shape: Shape): OnnxValue {
    const value = new OnnxValue(model, shape);
    value.first = name;
    return value;
  }

  /** In the same order as this one. @param name of what is made of it, element by element */
  like(name: string, shape = this.shape): OnnxValue {
    return this.isFirst ? OnnxValue.channelsFirst(this.model, name, shape) : OnnxValue.channelsLast(this.model, name, shape);
  }

  /** Whether channels lie first without further work. */
  get isFirst(): boolean {
    return this.first !== undefined;
  }

  /** In the order that costs nothing. */
  get asIs(): string {
    return this.first ?? this.last!;
  }

  /** [N, …, C]. */
  get channelsLast(): string {
    this.last ??= this.model.node('Transpose', [this.first!], { perm: [0, ...this.axes.slice(1), 1] });
    return this.last;
  }

  /** [N, C, …]. */
  get channelsFirst(): string {
    this.first ??= this.model.node('Transpose', [this.last!], { perm: [0, this.shape.length, ...this.axes.slice(0, -1)] });
    return this.first;
  }

  private get axes(): number[] {
    return this.shape.map((_, axis) => axis + 1);
  }
}
