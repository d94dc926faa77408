import { expect, it } from 'vitest';
import { printStep } from '../../src/demo/print-story.ts';

it('prints what was found, why, how long it took, and what is not as it should be', () => {
  const printed = printStep({
    step: 6,
    title: 'Suspended, then resumed',
    asExpected: false,
    findings: [
      {
        what: 'read_logs',
        decision: 'refused: 403',
        reason: 'status-suspended',
        ms: 41,
        asExpected: true,
      },
      { what: 'read_logs', decision: 'served: 200', reason: null, ms: 7, asExpected: false },
    ],
  });
  expect(printed).toBe(
    '6 Suspended, then resumed\n' +
      '  ok  read_logs: refused: 403 (status-suspended), 41 ms\n' +
      '  NOT read_logs: served: 200, 7 ms\n',
  );
});
