// JSON as text. What is no JSON yet stays in the field, and is not passed on.
import { useEffect, useState } from 'preact/hooks';

export function JsonField({ value, onChange, rows = 4 }: { value: unknown; onChange: (value: unknown) => void; rows?: number }) {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState('');
  useEffect(() => {
    // Typing changes the value too: the text is only replaced where it says something else.
    if (!says(text, value)) setText(JSON.stringify(value, null, 2));
  }, [value]);
  const put = (next: string): void => {
    setText(next);
    try {
      const parsed: unknown = JSON.parse(next);
      setWrong('');
      onChange(parsed);
    } catch (error) {
      setWrong((error as Error).message);
    }
  };
  return (
    <>
      <textarea rows={rows} spellcheck={false} aria-label="JSON" value={text} onInput={(event) => put(event.currentTarget.value)} />
      {wrong !== '' && <span class="bad">{wrong}</span>}
    </>
  );
}

function says(text: string, value: unknown): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(value);
  } catch {
    return false;
  }
}
