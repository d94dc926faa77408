import { accepted, type Parsed, refused } from './parsed.ts';

const dateTimeStamp =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * Parses an XSD 1.1 dateTimeStamp (§3.4.28): the time zone is mandatory, fractions and offsets are
 * legal, `24:00:00` is the midnight that ends the day. Years have four digits; a fraction beyond
 * milliseconds is cut. Rule: `date-time`.
 */
export function parseDateTimeStamp(text: unknown): Parsed<Date> {
  const match = typeof text === 'string' ? dateTimeStamp.exec(text) : null;
  if (match === null) return notADateTime();
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map(Number);
  const [, , , , , , , fraction = '', sign = '+', zoneHour = '0', zoneMinute = '0'] = match;
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3));
  const zone = Number(zoneHour) * 60 + Number(zoneMinute);
  const endOfDay = hour === 24 && minute === 0 && second === 0 && Number(fraction) === 0;
  const inRange =
    isCalendarDay(year, month, day) &&
    (hour < 24 || endOfDay) &&
    minute < 60 &&
    second < 60 &&
    Number(zoneMinute) < 60 &&
    zone <= 14 * 60;
  if (!inRange) return notADateTime();
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute + (sign === '-' ? zone : -zone), second, ms);
  return accepted(date);
}

/** A time in whole seconds of UTC, such as `2026-11-20T12:00:00Z`; the fraction is cut. */
export function formatDateTime(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** A time in milliseconds of UTC, such as `2026-11-20T12:00:00.042Z`. */
export function formatDateTimeMs(date: Date): string {
  return date.toISOString();
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A day or a month of two digits that the calendar does not have falls into another month.
  return date.getUTCMonth() === month - 1;
}

function notADateTime(): Parsed<Date> {
  return refused('', 'date-time', 'not a date and time with a time zone');
}
