import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requirements as audit } from './audit.ts';
import { requirements as bodyAndJson } from './body-and-json.ts';
import { requirements as clientIdSyntax } from './client-id-syntax.ts';
import { requirements as clientMetadataDocuments } from './client-metadata-documents.ts';
import { requirements as credentials } from './credentials.ts';
import { requirements as didResolution } from './did-resolution.ts';
import { requirements as issuingStatus } from './issuing-status.ts';
import { requirements as outboundFetch } from './outbound-fetch.ts';
import { readCitations } from './read-citations.ts';
import { requirements as signedTokens } from './signed-tokens.ts';
import { requirements as status } from './status.ts';
import { requirements as statusPublication } from './status-publication.ts';
import { requirements as trustAndBinding } from './trust-and-binding.ts';

const requirements = [
  ...clientIdSyntax,
  ...outboundFetch,
  ...bodyAndJson,
  ...signedTokens,
  ...didResolution,
  ...trustAndBinding,
  ...status,
  ...issuingStatus,
  ...clientMetadataDocuments,
  ...credentials,
  ...statusPublication,
  ...audit,
];
const citations = readCitations(resolve(import.meta.dirname, '..'));

/** What comes before the number: `B` of B-03, `oauth:CID` of oauth:CID-22. */
function seriesOf(id: string): string {
  return id.replace(/-\d.*$/, '');
}

describe('requirements', () => {
  it('have ids of their own', () => {
    const ids = requirements.map(({ id }) => id);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });

  it('are cited by a test, or deferred for a reason', () => {
    const open = requirements.filter(({ id, deferred }) => !citations.has(id) && !deferred);
    expect(open.map(({ id }) => id)).toEqual([]);
  });

  it('are not both cited and deferred', () => {
    const both = requirements.filter(({ id, deferred }) => citations.has(id) && deferred);
    expect(both.map(({ id }) => id)).toEqual([]);
  });

  it('are known wherever a test cites one', () => {
    const known = new Set(requirements.map(({ id }) => id));
    const series = new Set(requirements.map(({ id }) => seriesOf(id)));
    // A title may begin with UTF-16 too: only what looks like one of ours has to be one.
    const strangers = [...citations].filter(([id]) => series.has(seriesOf(id)) && !known.has(id));
    expect(strangers).toEqual([]);
  });

  it('cover every hostile case of the seven groups', () => {
    const sizes = { A: 14, B: 23, C: 14, D: 30, E: 15, F: 18, G: 20 };
    const counted = Object.fromEntries(
      Object.keys(sizes).map((group) => [
        group,
        requirements.filter(({ id }) => id.startsWith(`${group}-`)).length,
      ]),
    );
    expect(counted).toEqual(sizes);
  });
});
