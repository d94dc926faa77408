import { describe, expect, it } from 'vitest';
import {
  resolveValidity,
  type ValidityOrder,
  wholeSeconds,
} from '../../src/credentials/validity.ts';
import { refusalOf } from '../kernel/refusal.ts';

const now = new Date('2026-11-20T12:00:00.900Z');

function endOf(order: Partial<ValidityOrder>): string {
  const { validUntil } = resolveValidity({ agentExpiresAt: null, ...order }, now);
  return validUntil.toISOString();
}

function refusalFor(order: Partial<ValidityOrder>): readonly string[] {
  return refusalOf(() => resolveValidity({ agentExpiresAt: null, ...order }, now));
}

describe('the life of a facet', () => {
  it('begins at the whole second and lasts 90 days unless told', () => {
    expect(resolveValidity({ agentExpiresAt: null }, now)).toStrictEqual({
      validFrom: new Date('2026-11-20T12:00:00Z'),
      validUntil: new Date('2027-02-18T12:00:00Z'),
    });
  });

  it.each([
    ['P1D', '2026-11-21T12:00:00.000Z'],
    ['P2W', '2026-12-04T12:00:00.000Z'],
    ['P3M', '2027-02-20T12:00:00.000Z'],
    ['P1Y', '2027-11-20T12:00:00.000Z'],
    ['P1M1W1D', '2026-12-28T12:00:00.000Z'],
    ['P398D', '2027-12-23T12:00:00.000Z'],
    ['P13M', '2027-12-20T12:00:00.000Z'],
  ])('of %s ends at %s', (validFor, end) => {
    expect(endOf({ validFor })).toBe(end);
  });

  it.each([
    ['2026-11-20T12:00:01.000Z', '2026-11-20T12:00:01.000Z'],
    ['2026-12-01T00:00:00.999Z', '2026-12-01T00:00:00.000Z'],
    ['2027-12-23T12:00:00.000Z', '2027-12-23T12:00:00.000Z'],
  ])('until %s ends at %s', (validUntil, end) => {
    expect(endOf({ validUntil: new Date(validUntil) })).toBe(end);
  });

  it.each([
    ['2026-12-01T00:00:00.500Z', '2026-12-01T00:00:00.000Z'],
    ['2027-06-01T00:00:00.000Z', '2027-02-18T12:00:00.000Z'],
  ])('of an agent that ends at %s ends at %s', (agentExpiresAt, end) => {
    expect(endOf({ agentExpiresAt: new Date(agentExpiresAt) })).toBe(end);
  });
});

describe('what is refused', () => {
  const malformed = '/validFor: must be a duration such as P90D or P1Y';
  const past = 'must end in the future';
  const long = 'must be at most 398 days';
  const cases: readonly (readonly [string, Partial<ValidityOrder>, string])[] = [
    ...['', 'P', '90D', 'P90', 'p90d', 'PT1H', 'P1DT1H', 'P-1D', 'P1.5D', 'P1D1M', 'P99999D'].map(
      (validFor) => [`the duration ${JSON.stringify(validFor)}`, { validFor }, malformed] as const,
    ),
    ['no time at all', { validFor: 'P0D' }, `/validFor: ${past}`],
    ['399 days', { validFor: 'P399D' }, `/validFor: ${long}`],
    ['two years', { validFor: 'P2Y' }, `/validFor: ${long}`],
    ['an end in the past', { validUntil: new Date('2026-11-19') }, `/validUntil: ${past}`],
    ['an end now', { validUntil: new Date('2026-11-20T12:00:00Z') }, `/validUntil: ${past}`],
    [
      'an end within this second, which would be no life at all',
      { validUntil: new Date('2026-11-20T12:00:00.999Z') },
      `/validUntil: ${past}`,
    ],
    [
      'an end a second too late',
      { validUntil: new Date('2027-12-23T12:00:01Z') },
      `/validUntil: ${long}`,
    ],
    [
      'a duration and an end',
      { validFor: 'P1D', validUntil: new Date('2026-12-01') },
      '/validFor: give either validFor or validUntil, not both',
    ],
  ];
  it.each(cases)('%s', (_name, order, fault) => {
    expect(refusalFor(order)).toStrictEqual(['invalid-input', fault]);
  });
});

it.each([
  ['2026-11-20T12:00:00.999Z', '2026-11-20T12:00:00.000Z'],
  ['2026-11-20T12:00:00.000Z', '2026-11-20T12:00:00.000Z'],
  ['1969-12-31T23:59:59.500Z', '1969-12-31T23:59:59.000Z'],
])('%s without its fraction is %s', (date, whole) => {
  expect(wholeSeconds(new Date(date)).toISOString()).toBe(whole);
});
