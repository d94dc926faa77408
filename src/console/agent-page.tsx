import type { ComponentChildren } from 'preact';
import { renderPage } from './page.tsx';

/** What the page shows. Owners are not part of it: the organization answers for the agent. */
export interface AgentPageView {
  readonly organization: {
    readonly name: string;
    /** The host people know it by; it leads the page, because the name is its own claim. */
    readonly host: string;
    readonly did: string;
    /** The published mailbox. */
    readonly contact: string;
  };
  readonly agent: {
    readonly name: string;
    readonly kind: 'agent' | 'mcp-server' | 'mcp-client';
    readonly description: string | null;
    readonly version: string | null;
    readonly clientId: string;
    readonly did: string;
    readonly since: Date;
  };
  readonly state: 'active' | 'suspended' | 'retired';
  /** End of the present passport; null when there is none. */
  readonly validUntil: Date | null;
  /** null when the passport does not list what the agent may do. */
  readonly allowed: readonly { readonly action: string; readonly resource: string }[] | null;
  readonly compliance: readonly { readonly standard: string; readonly validUntil: Date }[];
  readonly provenance: { readonly digest: string | null; readonly slsaLevel: number | null } | null;
  /** The machine-readable papers, in the order shown. */
  readonly documents: readonly { readonly label: string; readonly url: string }[];
}

const kinds = {
  agent: 'AI agent',
  'mcp-server': 'MCP server',
  'mcp-client': 'MCP client',
} as const;

/** The page for people at `{base}/a/{handle}`: complete without scripts, images or cookies. */
export function renderAgentPage(view: AgentPageView): string {
  return renderPage({
    title: `${view.agent.name} · ${view.organization.host}`,
    children: (
      <>
        <Heading view={view} />
        <Permissions view={view} />
        <Compliance view={view} />
        <Provenance view={view} />
        <Documents view={view} />
        <Verify view={view} />
      </>
    ),
  });
}

/** The inert page at `{base}/a/{handle}/callback`: it neither reads nor repeats its query. */
export function renderCallbackPage(): string {
  return renderPage({
    title: 'Nothing to do here',
    children: (
      <>
        <h1>Nothing to do here</h1>
        <p>
          This address belongs to an agent that signs in without a browser. It keeps nothing of the
          request that led here; you can close this page.
        </p>
      </>
    ),
  });
}

interface PartProps {
  readonly view: AgentPageView;
}

function Heading({ view }: PartProps) {
  const { agent, organization } = view;
  return (
    <header>
      <p class="soft">
        <strong>{organization.host}</strong> · {organization.name}
      </p>
      <h1>{agent.name}</h1>
      <State view={view} />
      {agent.description === null ? null : <p>{agent.description}</p>}
      <dl>
        <Row label="Kind">{kinds[agent.kind]}</Row>
        {agent.version === null ? null : <Row label="Version">{agent.version}</Row>}
        <Row label="Operated by">
          {organization.name} (<code>{organization.did}</code>)
        </Row>
        <Row label="Contact">{organization.contact}</Row>
        <Row label="Known since">
          <Day date={agent.since} />
        </Row>
        <Row label="client_id">
          <code>{agent.clientId}</code>
        </Row>
        <Row label="DID">
          <code>{agent.did}</code>
        </Row>
      </dl>
    </header>
  );
}

function State({ view }: PartProps) {
  if (view.state === 'retired') {
    return <p class="state bad">Retired. It must not be trusted any more.</p>;
  }
  if (view.state === 'suspended') {
    return <p class="state warn">Suspended by its organization for now.</p>;
  }
  if (view.validUntil === null) return <p class="state warn">Active, without a passport.</p>;
  return (
    <p class="state good">
      Active. Passport valid until <Day date={view.validUntil} />.
    </p>
  );
}

function Permissions({ view }: PartProps) {
  return (
    <Section title="What it may do">
      {view.allowed === null ? (
        <p>More than its passport can list; ask it for its allowed-actions credential.</p>
      ) : (
        <Listing empty="Nothing has been permitted.">
          {view.allowed.map(({ action, resource }) => (
            <li key={`${action}:${resource}`}>
              <strong>{action}</strong> <code>{resource}</code>
            </li>
          ))}
        </Listing>
      )}
    </Section>
  );
}

function Compliance({ view }: PartProps) {
  return (
    <Section title="Compliance">
      <Listing empty="No attestation has been issued.">
        {view.compliance.map(({ standard, validUntil }) => (
          <li key={standard}>
            {standard}, until <Day date={validUntil} />
          </li>
        ))}
      </Listing>
    </Section>
  );
}

function Provenance({ view }: PartProps) {
  const { provenance } = view;
  return (
    <Section title="Provenance">
      {provenance === null ? (
        <p class="soft">Nothing has been stated about where it comes from.</p>
      ) : (
        <dl>
          {provenance.digest === null ? null : (
            <Row label="Artifact">
              <code>{provenance.digest}</code>
            </Row>
          )}
          {provenance.slsaLevel === null ? null : (
            <Row label="SLSA build level">{provenance.slsaLevel}</Row>
          )}
        </dl>
      )}
    </Section>
  );
}

function Documents({ view }: PartProps) {
  return (
    <Section title="Documents">
      <ul>
        {view.documents.map(({ label, url }) => (
          <li key={url}>
            {label}: <Address url={url} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Verify({ view }: PartProps) {
  return (
    <Section title="Verify it yourself">
      <pre>
        <code>npx sealwright verify {view.agent.clientId}</code>
      </pre>
      <p class="soft">
        This page is served by {view.organization.host}, the issuer. The command asks the documents
        themselves.
      </p>
    </Section>
  );
}

function Section(props: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section>
      <h2>{props.title}</h2>
      {props.children}
    </section>
  );
}

function Listing(props: {
  readonly empty: string;
  readonly children: readonly ComponentChildren[];
}) {
  return props.children.length === 0 ? (
    <p class="soft">{props.empty}</p>
  ) : (
    <ul>{props.children}</ul>
  );
}

function Row(props: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </>
  );
}

/** A link only for what a browser fetches by http; anything else stays text. */
function Address({ url }: { readonly url: string }) {
  const isWeb = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  return isWeb ? <a href={url}>{url}</a> : <code>{url}</code>;
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

function Day({ date }: { readonly date: Date }) {
  const text = `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  return <time dateTime={date.toISOString()}>{text}</time>;
}
