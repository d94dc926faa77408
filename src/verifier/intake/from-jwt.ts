import { parseCompactJws } from '../../protocol/compact-jws.ts';
import type { AgentCredential } from '../../protocol/credential-envelope.ts';
import { parseAgentCredential } from '../../protocol/credential-envelope.ts';
import { facetCredentialTypes, parseFacet } from '../../protocol/facet.ts';
import { maxJwtBytes } from '../../protocol/limits.ts';
import type { Parsed } from '../../protocol/parsed.ts';
import { accepted } from '../../protocol/parsed.ts';
import { parsePassport, passportType } from '../../protocol/passport.ts';
import type { Presentation, PresentedCredential, Statement } from './presentation.ts';
import { freezeDeeply } from './presentation.ts';

const typesOfFacets: ReadonlySet<string> = new Set(Object.values(facetCredentialTypes));

/** Takes a credential apart that was handed over on its own. */
export function presentJwt(jwt: unknown): Presentation {
  return freezeDeeply({ credential: presentCredential(jwt) });
}

/** Takes a compact credential apart. Nothing in it is believed yet. */
export function presentCredential(text: unknown): PresentedCredential {
  // VC-JOSE-COSE §3.1: the media type keeps a credential apart from every other signed token.
  const jws = parseCompactJws(text, { maxBytes: maxJwtBytes, typ: ['vc+jwt'] });
  if (!jws.ok) {
    return { jws, credential: jws, statement: jws };
  }
  const credential = parseAgentCredential(jws.value);
  return { jws, credential, statement: credential.ok ? statementOf(credential.value) : credential };
}

function statementOf(credential: AgentCredential): Parsed<Statement> {
  if (credential.types.includes(passportType)) {
    const passport = parsePassport(credential);
    return passport.ok
      ? accepted({ kind: 'passport', passport: passport.value.subject })
      : passport;
  }
  if (credential.types.some((type) => typesOfFacets.has(type))) {
    const facet = parseFacet(credential);
    return facet.ok ? accepted({ kind: 'facet', facet: facet.value }) : facet;
  }
  return accepted({ kind: 'foreign' });
}
