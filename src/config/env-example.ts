import { type Variable, variableList } from './env.ts';

const lineWidth = 92;

/** The text of `.env.example`: every variable with its help, its default or an example. */
export function renderEnvExample(): string {
  const head = [
    '# Settings of Sealwright, all optional. SEALWRIGHT_X_FILE reads any of them from a file.',
    '# This file is written by scripts/write-env-example.mjs from src/config/env.ts.',
  ];
  return `${[head.join('\n'), ...variableList.map(paragraph)].join('\n\n')}\n`;
}

function paragraph(variable: Variable<unknown>): string {
  const secret = variable.secret ? ' Secret: prefer the _FILE form.' : '';
  const kind = variable.fallback === null ? 'Unset by default.' : 'Default:';
  const help = wrap(`${variable.help}${secret} ${kind}`);
  return [...help.map((line) => `# ${line}`), `# ${variable.name}=${variable.example}`].join('\n');
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const fits = last !== undefined && last.length + 1 + word.length <= lineWidth;
    if (fits) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
