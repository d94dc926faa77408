import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type AgentPageView,
  renderAgentPage,
  renderCallbackPage,
} from '../../src/console/agent-page.tsx';
import { pageSecurityPolicy } from '../../src/http/page-policy.ts';

const clientId = 'https://id.acme.com/a/billing-bot/client.json';
const view: AgentPageView = {
  organization: {
    name: 'Acme Corp',
    host: 'id.acme.com',
    did: 'did:web:id.acme.com',
    contact: 'platform@acme.com',
  },
  agent: {
    name: 'Billing Bot',
    kind: 'mcp-server',
    description: 'Pays the bills.',
    version: '3.2.1',
    clientId,
    did: 'did:web:id.acme.com:a:billing-bot',
    since: new Date('2026-03-01T09:00:00Z'),
  },
  state: 'active',
  validUntil: new Date('2026-11-27T12:00:00Z'),
  allowed: [{ action: 'read', resource: 'logs/production' }],
  compliance: [{ standard: 'ISO/IEC 27001:2022', validUntil: new Date('2027-03-15T00:00:00Z') }],
  provenance: { digest: 'sha256:aaaa', slsaLevel: 3 },
  documents: [{ label: 'Client metadata', url: clientId }],
};

describe('the page of an agent', () => {
  test('leads with the host, then says name, state and papers', () => {
    const html = renderAgentPage(view);
    expect(textOf(html)).toContain(
      'id.acme.com · Acme Corp Billing Bot Active. Passport valid until 27 Nov 2026 . Pays the bills.',
    );
    const text = textOf(html);
    expect(text).toContain('Kind MCP server Version 3.2.1');
    expect(text).toContain('Known since 1 Mar 2026');
    expect(text).toContain('What it may do read logs/production');
    expect(text).toContain('Compliance ISO/IEC 27001:2022, until 15 Mar 2027');
    expect(text).toContain('Artifact sha256:aaaa SLSA build level 3');
    expect(text).toContain(`npx sealwright verify ${clientId}`);
    expect(html).toContain(`<a href="${clientId}">${clientId}</a>`);
    expect(html).toContain('<time datetime="2026-11-27T12:00:00.000Z">27 Nov 2026</time>');
  });

  test.each([
    ['suspended', 'Suspended by its organization for now.'],
    ['retired', 'Retired. It must not be trusted any more.'],
  ] as const)('says that it is %s, and no date of validity', (state, sentence) => {
    const text = textOf(renderAgentPage({ ...view, state }));
    expect(text).toContain(sentence);
    expect(text).not.toContain('Passport valid');
  });

  test('says so where nothing has been stated', () => {
    const bare = {
      ...view,
      agent: { ...view.agent, description: null, version: null },
      validUntil: null,
      allowed: [],
      compliance: [],
      provenance: null,
      documents: [],
    };
    const text = textOf(renderAgentPage(bare));
    expect(text).toContain('Active, without a passport.');
    expect(text).toContain('Nothing has been permitted.');
    expect(text).toContain('No attestation has been issued.');
    expect(text).toContain('Nothing has been stated about where it comes from.');
    expect(text).not.toContain('Version');
    expect(textOf(renderAgentPage({ ...view, allowed: null }))).toContain(
      'More than its passport can list',
    );
  });

  test.each([
    '"><img src=x onerror=alert(1)>',
    '<script>alert(1)</script>',
    '</title><script>x</script>',
    '&lt;b&gt;',
    "' onmouseover='x",
  ])('hostile text %s stays text, everywhere', (text) => {
    const html = renderAgentPage({
      ...view,
      organization: { name: text, host: text, did: text, contact: text },
      agent: {
        ...view.agent,
        name: text,
        description: text,
        version: text,
        clientId: text,
        did: text,
      },
      allowed: [{ action: text, resource: text }],
      compliance: [{ standard: text, validUntil: new Date(0) }],
      provenance: { digest: text, slsaLevel: null },
      documents: [{ label: text, url: text }],
    });
    expect(html).not.toMatch(/<(?:img|script|b)\b/);
    expect(html).not.toMatch(/<[^>]*\son\w+=/);
    expect(textOf(html).split(text).length).toBeGreaterThan(10);
  });

  test.each(['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'JavaScript:x', '//evil'])(
    'the address %s is no link',
    (url) => {
      const html = renderAgentPage({ ...view, documents: [{ label: 'x', url }] });
      expect(html).not.toContain('href');
      expect(textOf(html)).toContain(url);
    },
  );
});

describe('every page', () => {
  test.each([
    ['the agent page', renderAgentPage(view)],
    ['the callback page', renderCallbackPage()],
  ])('%s keeps to the policy: one style by its hash, no script, nothing loaded', (_, html) => {
    const style = /<style>([^<]*)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(pageSecurityPolicy).toContain(`style-src 'sha256-${hash}'`);
    expect(html.match(/<style/g)).toHaveLength(1);
    expect(html).not.toMatch(/<script|<img|<link|<iframe|<form|\sstyle=|\ssrc=/);
    expect(html).toMatch(/^<!doctype html><html lang="en"><head><meta charset="utf-8"/);
  });
});

/** What a reader sees: the markup dropped, entities resolved, white space as one blank. */
function textOf(html: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&amp;': '&',
  };
  return html
    .replace(/<style>[^<]*<\/style>/, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&(?:lt|gt|quot|amp);/g, (entity) => entities[entity] ?? entity)
    .replace(/\s+/g, ' ');
}
