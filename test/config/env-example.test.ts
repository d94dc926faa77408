import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { variableList } from '../../src/config/env.ts';
import { renderEnvExample } from '../../src/config/env-example.ts';

test('.env.example says what the settings say', () => {
  const file = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  expect(file).toBe(renderEnvExample());
});

test('it names every variable, and sets none', () => {
  const lines = renderEnvExample().split('\n');
  for (const { name } of variableList) {
    expect(lines.filter((line) => line.startsWith(`# ${name}=`))).toHaveLength(1);
  }
  expect(lines.filter((line) => line !== '' && !line.startsWith('# '))).toEqual([]);
});
