// Lint rules. The ones that matter most here: no floating promise, no console or process.env outside their rooms.
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'data/', 'coverage/'] },
  {
    files: ['src/**/*.ts', 'src/**/*.tsx', 'workers/**/*.ts', 'test/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-await': 'off',
      'no-console': 'error',
      'max-depth': ['error', 4],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Read settings through config/load.ts.' },
        { object: 'Math', property: 'random', message: 'Draw from engine/random.ts: runs are functions of their seed.' },
      ],
    },
  },
  {
    files: ['src/**/*.ts', 'workers/**/*.ts'],
    // These run where their user is, not in the service.
    ignores: ['src/client/**', 'src/cli/**', 'src/dashboard/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'].map((name) => ({ name, message: 'The only way out is outbound/guarded-fetch.ts.' })),
      ],
    },
  },
  {
    files: ['src/**/*.ts', 'workers/**/*.ts'],
    ignores: ['src/contract/typebox.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths: [{ name: 'typebox', allowTypeImports: true, message: 'contract/typebox.ts has it in one file.' }] }] },
  },
  {
    files: ['src/client/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', ...['process', 'Buffer', 'setImmediate', '__dirname'].map((name) => ({ name, message: 'Browsers have none.' }))] },
  },
  { files: ['src/config/load.ts', 'src/cli/environment.ts', 'test/**/*.ts'], rules: { 'no-restricted-properties': 'off' } },
);
