// One field of a form that is not made from a schema.
interface TextFieldProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  placeholder?: string;
  type?: 'text' | 'number' | 'url';
  required?: boolean;
  min?: number;
  max?: number;
}

export const TextField = ({ label, value, onValue, ...rest }: TextFieldProps) => (
  <label>{label}<input {...rest} step={rest.type === 'number' ? 'any' : undefined} value={value} onInput={(event) => onValue(event.currentTarget.value)} /></label>
);

/** @param options value and what is shown for it */
export const ChoiceField = ({ label, value, onValue, options }: { label: string; value: string; onValue: (value: string) => void; options: readonly (readonly [string, string])[] }) => (
  <label>{label}<select value={value} onChange={(event) => onValue(event.currentTarget.value)}>{options.map(([name, text]) => <option key={name} value={name}>{text}</option>)}</select></label>
);
