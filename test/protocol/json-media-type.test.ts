import { describe, expect, it } from 'vitest';
import { isJsonMediaType } from '../../src/protocol/json-media-type.ts';

describe('a media type', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json \t;charset=utf-8',
    'Application/JSON',
    'application/cimd+json',
    'application/vnd.acme.client-v1+json',
    'application/a+b+json',
  ])('that says JSON is taken: %s', (type) => {
    expect(isJsonMediaType(type)).toBe(true);
  });

  it.each([
    '',
    'json',
    'text/html',
    'text/json',
    'application/jsonp',
    'application/json, text/html',
    'application/+json',
    'application/cimd+jsonx',
    'application/x json',
    'application/x y+json',
    'text/html; a=application/json',
    ' application/json',
  ])('that says something else is not: %j', (type) => {
    expect(isJsonMediaType(type)).toBe(false);
  });
});
