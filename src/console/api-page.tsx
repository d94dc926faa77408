import { renderPage } from './page.tsx';

/** One form of a body, as text. */
export interface ShownForm {
  readonly title: string;
  readonly text: string;
}

/** One call of the management API. */
export interface ShownCall {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  /** The scope that a token needs, or what is needed instead. */
  readonly needs: string;
  /** Parameters of path, query and header, with what each means. */
  readonly parameters: readonly { readonly name: string; readonly text: string }[];
  readonly forms: readonly ShownForm[];
  readonly refusals: readonly { readonly status: string; readonly text: string }[];
}

/** What the page of the API shows. */
export interface ApiPageView {
  readonly groups: readonly { readonly name: string; readonly calls: readonly ShownCall[] }[];
  readonly schemas: readonly ShownForm[];
}

/** The page at `/api/docs`: every call, with its parameters, bodies, scopes and refusals. */
export function renderApiPage({ groups, schemas }: ApiPageView): string {
  return renderPage({
    title: 'Sealwright management API',
    children: (
      <>
        <h1>Sealwright management API</h1>
        <p>
          Below <code>/api/v1</code>. For programs, the same is at{' '}
          <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.
        </p>
        <ul>
          {groups.map(({ name }) => (
            <li>
              <a href={`#${name}`}>{name}</a>
            </li>
          ))}
        </ul>
        {groups.map(({ name, calls }) => (
          <section>
            <h2 id={name}>{name}</h2>
            {calls.map(renderCall)}
          </section>
        ))}
        <section>
          <h2 id="schemas">Schemas</h2>
          {schemas.map((schema) => (
            <div id={`schema-${schema.title}`}>{renderForm(schema)}</div>
          ))}
        </section>
      </>
    ),
  });
}

function renderCall(call: ShownCall) {
  return (
    <details id={call.id}>
      <summary>
        <code>
          {call.method} {call.path}
        </code>{' '}
        {call.summary}
      </summary>
      <p class="soft">{call.needs}</p>
      <dl>
        {call.parameters.map(({ name, text }) => (
          <>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>{text}</dd>
          </>
        ))}
      </dl>
      {call.forms.map(renderForm)}
      <dl>
        {call.refusals.map(({ status, text }) => (
          <>
            <dt>{status}</dt>
            <dd>{text}</dd>
          </>
        ))}
      </dl>
    </details>
  );
}

function renderForm({ title, text }: ShownForm) {
  return (
    <details>
      <summary>{title}</summary>
      <pre>
        <code>{text}</code>
      </pre>
    </details>
  );
}
