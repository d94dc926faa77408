import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatDateTime,
  formatDateTimeMs,
  parseDateTimeStamp,
} from '../../src/protocol/date-time.ts';
import { numRuns } from './runs.ts';

const date = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});

test('an instant comes back from its text', () => {
  fc.assert(
    fc.property(date, (instant) => {
      expect(parseDateTimeStamp(formatDateTimeMs(instant))).toEqual({ ok: true, value: instant });
      const seconds = new Date(Math.floor(instant.getTime() / 1_000) * 1_000);
      expect(parseDateTimeStamp(formatDateTime(instant))).toEqual({ ok: true, value: seconds });
    }),
    { numRuns },
  );
});

test('an instant written in any zone is the same instant', () => {
  fc.assert(
    fc.property(date, fc.integer({ min: -840, max: 840 }), (instant, minutes) => {
      const local = new Date(instant.getTime() + minutes * 60_000);
      if (local.getUTCFullYear() < 1 || local.getUTCFullYear() > 9_999) return;
      const two = (value: number) => String(value).padStart(2, '0');
      const size = Math.abs(minutes);
      const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
      const text = local.toISOString().replace('Z', zone);
      expect(parseDateTimeStamp(text)).toEqual({ ok: true, value: instant });
    }),
    { numRuns },
  );
});
