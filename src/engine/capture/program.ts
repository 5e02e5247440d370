// A recorded step as data: small, immutable, in single assignment. Values are numbered in the order they come to be.

/** Element types by the name tfjs gives them. Their codes in a GraphDef are in graph-def.ts. */
export type DType = 'float32' | 'int32' | 'bool';

export type ValueId = number;

export interface ValueType {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** What a value is that no operation of the program makes. */
export type Source =
  /** Given anew in every step. */
  | { readonly kind: 'input'; readonly name: string }
  /** What a state variable holds when the step begins. */
  | { readonly kind: 'variable'; readonly name: string }
  /** What it holds once TensorFlow's own operations have updated it in place. */
  | { readonly kind: 'updated'; readonly name: string }
  /** Uploaded by the step itself: the same in every step. */
  | { readonly kind: 'constant'; readonly bytes: Uint8Array };

export type AttributeKind = 'string' | 'int' | 'float' | 'bool' | 'type' | 'shape';
export interface Attribute {
  readonly name: string;
  readonly kind: AttributeKind;
  readonly value: string | number | boolean | readonly number[];
}

/** One call of a TensorFlow operation. */
export interface Operation {
  readonly op: string;
  readonly attributes: readonly Attribute[];
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
}

/**
 * Part of a step that TensorFlow may have one operation for, such as an optimizer's update of one variable. What it does is
 * recorded in operations like everything else; those are its definition.
 */
export interface Update {
  /** Which rule it follows. */
  readonly rule: UpdateRule;
  /** What it reads, by role. */
  readonly operands: ReadonlyMap<string, ValueId>;
  /** The state variables it changes, by role; what they hold when it begins, and what they become. */
  readonly variables: ReadonlyMap<string, string>;
  readonly starts: ReadonlyMap<string, ValueId>;
  readonly results: ReadonlyMap<string, ValueId>;
  /** Whether TensorFlow's operation performs it, in place; its variables are then not among the writes, `starts` and `results` are empty. */
  readonly native: boolean;
}
export type UpdateRule = 'sgd' | 'momentum' | 'nesterov' | 'adam' | 'rmsprop';

export interface Program {
  readonly types: ReadonlyMap<ValueId, ValueType>;
  readonly sources: ReadonlyMap<ValueId, Source>;
  readonly operations: readonly Operation[];
  /** In the order in which the step makes them. */
  readonly updates: readonly Update[];
  /** New values of state variables, by name, written when the step ends. */
  readonly writes: ReadonlyMap<string, ValueId>;
  /** What the step gives back, by name. */
  readonly outputs: ReadonlyMap<string, ValueId>;
}
