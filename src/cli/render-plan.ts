import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import { rowsOf, textIn } from './api-client.ts';
import type { Paint } from './paint.ts';
import { printable, shortened } from './paint.ts';

const signs = {
  create: ['+', 'green'],
  change: ['~', 'yellow'],
  refuse: ['✖', 'red'],
} as const;

/** How many agents a plan, or its making, has of each kind. */
export interface PlanSummary {
  readonly create: number;
  readonly change: number;
  readonly unchanged: number;
  readonly refuse: number;
}

/** Counts the agents of a plan by what is done about them. */
export function summaryOf(rows: readonly JsonObject[]): PlanSummary {
  const count = (action: string): number =>
    rows.filter((row) => textIn(row, 'action') === action).length;
  return {
    ...{ create: count('create'), change: count('change') },
    ...{ unchanged: count('unchanged'), refuse: count('refuse') },
  };
}

/** A plan for people: a line for each agent that does not stay as it is, what changes, and the sum. */
export function renderPlan(rows: readonly JsonObject[], paint: Paint): string {
  const { create, change, unchanged, refuse } = summaryOf(rows);
  const sum = `${create} to create, ${change} to change, ${unchanged} unchanged, ${refuse} refused`;
  return `${rows.map((row) => renderRow(row, paint)).join('')}${sum}\n`;
}

function renderRow(row: JsonObject, paint: Paint): string {
  const action = textIn(row, 'action');
  const [sign, style] = Object.entries(signs).find(([name]) => name === action)?.[1] ?? [];
  if (sign === undefined || style === undefined) return '';
  const lines = [...linesAt(row, 'members', memberLine), ...linesAt(row, 'credentials', stepLine)];
  const head = `${paint(style, sign)} ${printable(textIn(row, 'handle'))}`;
  return [head, ...lines, ...problemLines(row)].map((line) => `${line}\n`).join('');
}

function linesAt(
  row: JsonObject,
  name: string,
  line: (entry: JsonObject) => string,
): readonly string[] {
  const entries: JsonValue | undefined = row[name];
  if (!Array.isArray(entries)) return [];
  const objects = entries.filter((entry: JsonValue) => isJsonObject(entry));
  return objects.map((entry) => `    ${printable(line(entry))}`);
}

function memberLine(entry: JsonObject): string {
  return `${textIn(entry, 'member')}: ${shownValue(entry['from'])} -> ${shownValue(entry['to'])}`;
}

function shownValue(value: JsonValue | undefined): string {
  return shortened(JSON.stringify(value ?? null));
}

function stepLine(entry: JsonObject): string {
  const replaced: JsonValue | undefined = entry['replaces'];
  const ids = Array.isArray(replaced) ? replaced.map(String) : [];
  return `${textIn(entry, 'action')} ${textIn(entry, 'type')} ${ids.join(', ')}`.trimEnd();
}

function problemLines(row: JsonObject): readonly string[] {
  const problem: JsonValue | undefined = row['problem'];
  if (!isJsonObject(problem)) return [];
  const errors = rowsOf({ data: problem['errors'] ?? [] });
  return [
    `${textIn(problem, 'detail')} (${textIn(problem, 'code')})`,
    ...errors.map((error) => `${textIn(error, 'pointer')} ${textIn(error, 'detail')}`.trim()),
  ].map((line) => `    ${printable(line)}`);
}
