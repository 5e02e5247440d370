// Dark or light: as the system says, until somebody says otherwise.
import { computed, effect, signal } from '@preact/signals';

export type Theme = 'light' | 'dark';
const THEME = 'rootstock-theme';

const system = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(system.matches);
system.addEventListener('change', () => (systemIsDark.value = system.matches));

const chosen = signal(localStorage.getItem(THEME));
export const theme = computed<Theme>(() => (chosen.value === 'dark' || chosen.value === 'light' ? chosen.value : systemIsDark.value ? 'dark' : 'light'));
effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

export function toggleTheme(): void {
  const next = theme.peek() === 'dark' ? 'light' : 'dark';
  localStorage.setItem(THEME, next);
  chosen.value = next;
}
