import type { Measurement, Sighting } from './measure-change.ts';
import { type Paint, renderTable } from './paint.ts';

const headings = ['WHO', 'SINCE ASKED', 'SINCE ANSWERED', 'SAID'];

/** Who knew when, one line each. */
export function renderMeasurement(
  { observers, answeredAfterMs }: Measurement,
  paint: Paint,
): string {
  const rows = observers.map((one) => [
    one.name,
    timeOf(one.msSinceAsked, one),
    timeOf(one.msSinceAnswered, one),
    one.before === one.after ? one.before : `${one.before}, then ${one.after}`,
  ]);
  const answered = paint('dim', `the service answered after ${msOf(answeredAfterMs)}`);
  const coarse = Math.max(...observers.map(({ everyMs }) => everyMs));
  const note = paint('dim', `each was asked every ${msOf(coarse)} or oftener`);
  return `${answered}; ${note}\n\n${renderTable(headings, rows)}`;
}

function timeOf(ms: number | null, { looks }: Sighting): string {
  if (ms !== null) return msOf(ms);
  return looks === 0 ? 'not measured' : 'not in time';
}

function msOf(ms: number): string {
  return `${ms.toLocaleString('en-US')} ms`;
}
