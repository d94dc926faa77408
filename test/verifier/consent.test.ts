import { beforeEach, describe, expect, it } from 'vitest';
import { clientMetadataDigest } from '../../src/protocol/client-metadata.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import type { Consent } from '../../src/verifier/consent.ts';
import { consentOf, createVerifier, renderConsent } from '../../src/verifier/index.ts';
import { plainWords } from '../../src/verifier/plain-words.ts';
import type { AccessRequest } from '../../src/verifier/ports.ts';
import type { Verdict } from '../../src/verifier/verdict.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';

let world: PaperWorld;

beforeEach(async () => {
  world = await createPaperWorld();
});

const asked: AccessRequest = { scope: 'read:logs/production read:logs/pii' };

function judge(request: AccessRequest = asked): Promise<Verdict> {
  return createVerifier(world.options()).verifyClient(world.clientId, request);
}

describe('the consent of a verdict', () => {
  it('says who the agent is, who vouches for it, what it may do, and how old that is', async () => {
    const consent = consentOf(await judge());
    expect(consent).toEqual({
      host: 'id.acme.com',
      hostIsInternational: false,
      clientId: 'https://id.acme.com/a/billing-bot/client.json',
      name: 'Billing Bot',
      kind: 'agent',
      version: null,
      issuer: { did: 'did:web:id.acme.com', host: 'id.acme.com' },
      granted: [{ words: 'read logs/production', access: 'read:logs/production' }],
      withheld: [{ words: 'read logs/pii', access: 'read:logs/pii' }],
      attested: [{ standard: 'ISO/IEC 27001:2022', validUntil: '2027-01-01T00:00:00.000Z' }],
      mayDelegate: null,
      outcome: 'accepted',
      reason: null,
      checkedAt: '2026-11-20T12:00:00.000Z',
      documentAgeS: 0,
      statusAgeS: 0,
      recheckBefore: '2026-11-20T12:01:00.000Z',
      report: expect.stringMatching(/^rpt_[0-9a-f]{32}$/),
    });
    expect(JSON.parse(JSON.stringify(consent))).toEqual(consent);
  });

  it('has the host as its first member', async () => {
    expect(Object.keys(consentOf(await judge()))[0]).toBe('host');
  });

  it('shows what is granted to its end, and of what is withheld the beginning', async () => {
    const resource = 'l'.repeat(190);
    const [may, mayNot] = ['r', 'w'].map((letter) => `${letter.repeat(200)}:${resource}-prod`);
    await world.publish({ jwt: await world.issue({ authorizedScopes: [String(may)] }) });
    const consent = consentOf(await judge({ scope: `${may} ${mayNot}` }));
    expect(consent.granted.map(({ words }) => words)).toEqual([
      `${'r'.repeat(200)} ${resource}-prod`,
    ]);
    expect(consent.withheld.map(({ words }) => words)).toEqual([
      `${'w'.repeat(200)} ${resource.slice(0, 54)}…`,
    ]);
  });

  it('shows a granted detail to its end, however long it is', () => {
    const actions = Array.from({ length: 1_000 }, (_, at) => `operation-${at}`);
    const granted = [{ type: 'tickets', actions }];
    expect(consentOf(verdictWith({ granted })).granted[0]?.words).toBe(
      `tickets: actions ${actions.join(', ')}`,
    );
  });

  it('has the name that the issuer signed, not the one that the document claims', async () => {
    const core = { ...world.core, client_name: 'Google Drive' };
    const documentDigest = await clientMetadataDigest(core);
    await world.publish({ core, jwt: await world.issue({ documentDigest }) });
    const verdict = await judge();
    expect([verdict.outcome, verdict.client?.name]).toEqual(['accepted', 'Google Drive']);
    const consent = consentOf(verdict);
    expect(consent.name).toBe('Billing Bot');
    expect(renderConsent(consent)).not.toContain('Google Drive');
  });

  it('leaves out an attestation that is over, and says when there is no end', async () => {
    const complianceAttestations = [
      { standard: 'SOC 2', validUntil: '2026-11-20T11:59:59Z' },
      { standard: 'PCI DSS' },
    ];
    await world.publish({ jwt: await world.issue({ complianceAttestations }) });
    expect(consentOf(await judge()).attested).toEqual([{ standard: 'PCI DSS', validUntil: null }]);
  });

  it.each([true, false])(
    'says whether the agent may pass on what it may: %s',
    async (permitted) => {
      const delegation = { permitted, maxDepth: permitted ? 1 : 0 };
      await world.publish({ jwt: await world.issue({ delegation, agentVersion: '3.2.1' }) });
      const consent = consentOf(await judge());
      expect([consent.mayDelegate, consent.version]).toEqual([permitted, '3.2.1']);
      expect(renderConsent(consent)).toContain(
        `<dt>Passes on what it may</dt><dd>${permitted ? 'permitted' : 'not permitted'}</dd>`,
      );
    },
  );

  it('says nothing of what papers claim that do not hold, and grants nothing', async () => {
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    const verdict = await judge();
    expect(verdict.claims).not.toBeNull();
    expect(consentOf(verdict)).toMatchObject({
      host: 'id.acme.com',
      name: null,
      kind: null,
      issuer: null,
      granted: [],
      attested: [],
      outcome: 'rejected',
      reason: 'status-revoked',
    });
  });

  it('leaves the server’s own scopes to the server', () => {
    const verdict = verdictWith({ granted: ['email', 'read:logs'], withheld: ['openid', 'x'] });
    const { granted, withheld } = consentOf(verdict, { ownScopes: ['openid', 'email'] });
    expect([granted, withheld].map((items) => items.map(({ access }) => access))).toEqual([
      ['read:logs'],
      ['x'],
    ]);
  });

  it('puts authorization details in words, every member of them', () => {
    const detail = {
      type: 'tickets',
      actions: ['open', 'close'],
      locations: ['https://tickets.acme.com'],
      identifier: 'queue-7',
      limit: { amount: '10', unit: 'a day' },
    };
    const consent = consentOf(verdictWith({ granted: [detail] }));
    expect(consent.granted).toEqual([
      {
        words:
          'tickets: actions open, close; locations https://tickets.acme.com; identifier queue-7; limit {"amount":"10","unit":"a day"}',
        access: detail,
      },
    ]);
  });

  it('puts a scope without a resource, and a detail of nothing but its type, as they are', () => {
    const { granted } = consentOf(verdictWith({ granted: ['openid', { type: 'tickets' }] }));
    expect(granted.map(({ words }) => words)).toEqual(['openid', 'tickets']);
  });
});

/** An accepted verdict with these parts; consent reads nothing else. */
function verdictWith(
  parts: {
    readonly granted?: Verdict['granted'];
    readonly withheld?: Verdict['withheld'];
    readonly claims?: JsonObject;
    readonly host?: string;
    readonly did?: string;
  } = {},
): Verdict {
  const { granted = [], withheld = [], claims = {}, host = 'id.acme.com' } = parts;
  return {
    outcome: 'accepted',
    reason: null,
    granted,
    withheld,
    client: null,
    claims,
    report: {
      report: 'rpt_0000000001',
      outcome: 'accepted',
      reason: null,
      checkedAt: '2026-11-20T12:00:00.000Z',
      input: { kind: 'client_id', value: `https://${host}/a/bot/client.json` },
      subject: { clientId: `https://${host}/a/bot/client.json`, did: null, name: null, host },
      issuer: { did: parts.did ?? 'did:web:id.acme.com', trust: 'policy' },
      freshness: { documentAgeS: 1, statusAgeS: 12, recheckBefore: null },
      granted,
      withheld,
      checks: [],
      claims,
    },
  };
}

describe('the fragment', () => {
  it('shows the host first, then everything else', async () => {
    expect(renderConsent(consentOf(await judge()))).toBe(
      [
        '<section class="sealwright-consent" data-outcome="accepted">',
        '<p class="sealwright-consent-host"><bdi>id.acme.com</bdi></p>',
        '<dl>',
        '<dt>Name</dt><dd><bdi>Billing Bot</bdi> (AI agent)</dd>',
        '<dt>Address</dt><dd><bdi>https://id.acme.com/a/billing-bot/client.json</bdi></dd>',
        '<dt>Vouched for by</dt><dd><bdi>id.acme.com</bdi></dd>',
        '<dt>May</dt><dd><ul><li><bdi>read logs/production</bdi></li></ul></dd>',
        '<dt>Asked for, and may not</dt><dd><ul><li><bdi>read logs/pii</bdi></li></ul></dd>',
        '<dt>Attested</dt><dd><ul><li><bdi>ISO/IEC 27001:2022</bdi>, until 2027-01-01</li></ul></dd>',
        '<dt>Checked</dt><dd>at 2026-11-20T12:00:00.000Z, papers read 0 seconds earlier, not revoked 0 seconds earlier</dd>',
        '</dl>',
        '</section>',
      ].join('\n'),
    );
  });

  it('of a refusal names the host and the reason, and nothing that papers claim', async () => {
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    const verdict = await judge();
    expect(renderConsent(consentOf(verdict))).toBe(
      [
        '<section class="sealwright-consent" data-outcome="rejected">',
        '<p class="sealwright-consent-host"><bdi>id.acme.com</bdi></p>',
        '<dl>',
        '<dt>Answer</dt><dd>The papers of this agent do not hold. Nothing is granted.</dd>',
        '<dt>Reason</dt><dd>status-revoked</dd>',
        `<dt>Report</dt><dd>${verdict.report.report}</dd>`,
        '</dl>',
        '</section>',
      ].join('\n'),
    );
  });

  it('of a failure to find out says so', async () => {
    world.serve(world.revocationList, 'hang-up');
    const html = renderConsent(consentOf(await judge()));
    expect(html).toContain('data-outcome="undetermined"');
    expect(html).toContain('could not be checked. Nothing is granted for now.');
  });

  it('says when an agent may do nothing, and counts what is withheld beyond a dozen', () => {
    const withheld = Array.from({ length: 15 }, (_, at) => `read:logs/${at}`);
    const html = renderConsent(consentOf(verdictWith({ withheld })));
    expect(html).toContain('<dt>May</dt><dd>nothing of its own</dd>');
    expect(html).toContain('<li><bdi>read logs/11</bdi></li><li>and 3 more</li></ul>');
    expect(html).not.toContain('logs/12');
  });

  it('shows every single thing that is granted', () => {
    const granted = Array.from({ length: 80 }, (_, at) => `read:logs/${at}`);
    const html = renderConsent(consentOf(verdictWith({ granted })));
    expect(html.match(/<li>/g)?.length).toBe(80);
  });

  it('warns of a host that may look like another, and shows it encoded', () => {
    const html = renderConsent(consentOf(verdictWith({ host: 'xn--80ak6aa92e.com' })));
    expect(html).toContain('<p class="sealwright-consent-host"><bdi>xn--80ak6aa92e.com</bdi></p>');
    expect(html).toContain('<p class="sealwright-consent-warning">This host name has letters');
  });

  it('names an issuer that is no did:web by its DID', () => {
    const html = renderConsent(consentOf(verdictWith({ did: 'did:key:z6Mk' })));
    expect(html).toContain('<dt>Vouched for by</dt><dd><bdi>did:key:z6Mk</bdi></dd>');
  });
});

const hostile: readonly (readonly [what: string, text: string, shown: string])[] = [
  ['an element', '<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
  [
    'the end of the fragment',
    '</bdi></dd></dl></section>',
    '&lt;/bdi&gt;&lt;/dd&gt;&lt;/dl&gt;&lt;/section&gt;',
  ],
  ['an attribute', '" onload="x', '&quot; onload=&quot;x'],
  ['a quoted attribute', "' onload='x", '&#39; onload=&#39;x'],
  ['an entity', '&lt;b&gt;&#x3c;', '&amp;lt;b&amp;gt;&amp;#x3c;'],
  ['a comment', '<!-- x --', '&lt;!-- x --'],
  ['a reversal of the reading direction', 'Bot\u202egro.live', 'Bot\u{fffd}gro.live'],
  ['isolates and marks', 'a\u2066b\u2069c\u200fd\u061ce', 'a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e'],
  ['invisible characters in a row', 'a\u2060\u2063\u00adb', 'a\u{fffd}b'],
  ['fillers and blanks that are letters', 'a\u3164b\uffa0c\u2800d', 'a\u{fffd}b\u{fffd}c\u{fffd}d'],
  ['tags that spell a hidden text', 'a\u{e0041}\u{e0042}b', 'a\u{fffd}b'],
  ['control characters', 'a\u0000b\u001b[31mc\u0007', 'a\u{fffd}b\u{fffd}[31mc\u{fffd}'],
  ['half a surrogate pair', 'a\ud800b', 'a\u{fffd}b'],
  ['lines and paragraphs', 'a\nb\r\nc\u2028d\u2029e\tf\u0085g', 'a b c d e f g'],
  ['padding', `  Bot${' '.repeat(500)}of Acme  `, 'Bot of Acme'],
  ['piled marks', `a${'\u0336'.repeat(40)}b`, 'a\u0336\u0336b'],
  ['nothing that can be seen', '\u200d\u2060', '\u{fffd}'],
];

describe('a hostile text', () => {
  it.each(hostile)('with %s is shown as what it is', (_what, text, shown) => {
    const claims = { name: text, complianceAttestations: [{ standard: text }] };
    const detail = { type: text, actions: [text] };
    const verdict = verdictWith({ claims, granted: [text, detail], withheld: [text] });
    const html = renderConsent(consentOf(verdict));
    expect(html).toContain(`<dt>Name</dt><dd><bdi>${shown}</bdi></dd>`);
    expect(html).toContain(`<dt>Attested</dt><dd><ul><li><bdi>${shown}</bdi></li></ul></dd>`);
    expect(structureOf(html)).toEqual(
      structureOf(
        renderConsent(
          consentOf(
            verdictWith({
              claims: { name: 'x', complianceAttestations: [{ standard: 'x' }] },
              granted: ['x', { type: 'x', actions: ['x'] }],
              withheld: ['x'],
            }),
          ),
        ),
      ),
    );
  });

  it('is cut where it is long, by characters and not through them', () => {
    const claims = { name: '\u{1f916}'.repeat(1_000) };
    expect(consentOf(verdictWith({ claims })).name).toBe(`${'\u{1f916}'.repeat(63)}…`);
  });

  it('is cut too where nothing of it can be seen for long', () => {
    expect(plainWords(`${'\u202e'.repeat(5_000)}Bot`, 64)).toBe('\u{fffd}…');
  });

  it('is shown in full up to the very last character that fits', () => {
    expect(plainWords('x'.repeat(64), 64)).toBe('x'.repeat(64));
    expect(plainWords('x'.repeat(65), 64)).toBe(`${'x'.repeat(63)}…`);
  });

  it('keeps the letters and marks of every language', () => {
    const name = 'Zażółć 請求書 فاتورة नमस्ते 🤖';
    expect(plainWords(name, 64)).toBe(name);
  });

  it('that is no text at all is left out', () => {
    const claims = {
      name: { toString: 'x' },
      agentType: 7,
      complianceAttestations: [null, 'x', { standard: 1 }, { standard: 'x', validUntil: 'soon' }],
      delegation: { permitted: 'yes' },
    };
    expect(consentOf(verdictWith({ claims }))).toMatchObject({
      name: null,
      kind: null,
      attested: [],
      mayDelegate: null,
    });
  });
});

/** The tags of a fragment, without the texts between them. */
function structureOf(html: string): readonly string[] {
  return html.match(/<[^>]*>/g) ?? [];
}

describe('the fragment and a content security policy', () => {
  it('has no tag, attribute or URL that any could forbid', () => {
    const everything: Consent = {
      ...consentOf(verdictWith({ granted: ['read:logs'], withheld: ['write:logs'] })),
      hostIsInternational: true,
      name: 'Bot',
      mayDelegate: true,
      attested: [{ standard: 'SOC 2', validUntil: null }],
    };
    const tags = new Set(structureOf(renderConsent(everything)));
    expect([...tags].filter((tag) => !tag.startsWith('</')).sort()).toEqual([
      '<bdi>',
      '<dd>',
      '<dl>',
      '<dt>',
      '<li>',
      '<p class="sealwright-consent-host">',
      '<p class="sealwright-consent-warning">',
      '<section class="sealwright-consent" data-outcome="accepted">',
      '<ul>',
    ]);
  });
});
