import type { OrderedAgent } from '../enrolments/enrolment.ts';
import type { Template } from '../enrolments/template.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';

/** What of an agent a template can say. */
type Fillable = Partial<
  Pick<
    OrderedAgent,
    'kind' | 'owners' | 'team' | 'tags' | 'redirectUris' | 'grantTypes' | 'profiles'
  >
>;

/** An agent whose kind and owners are known, by itself or by its template. */
type Filled = Fillable & Pick<OrderedAgent, 'kind' | 'owners'>;

/** What was asked for, and the template's word where nothing was. */
export function fillFromTemplate(
  asked: { readonly [Member in keyof Fillable]: Fillable[Member] | undefined },
  template: Template | null,
): Filled {
  const defaults = template?.defaults ?? {};
  const kind = asked.kind ?? template?.kind ?? null;
  const owners = asked.owners ?? defaults.owners ?? null;
  if (kind === null || owners === null) throw incomplete({ kind, owners });
  return {
    kind,
    owners,
    team: asked.team ?? defaults.team,
    tags: asked.tags ?? defaults.tags,
    redirectUris: asked.redirectUris ?? defaults.redirectUris,
    grantTypes: asked.grantTypes ?? defaults.grantTypes,
    profiles: asked.profiles ?? defaults.profiles,
  };
}

function incomplete(members: Readonly<Record<string, unknown>>): SealwrightError {
  const missing = Object.keys(members).filter((name) => members[name] === null);
  return new SealwrightError('invalid-input', 'The agent is not well described.', {
    faults: missing.map((name) => ({
      pointer: `/${name}`,
      detail: 'give it, or name a template that does',
    })),
  });
}
