import { readFileSync } from 'node:fs';
import { CredentialSchemas } from '../../src/credentials/credential-schemas.ts';

function schemaNamed(name: string) {
  return JSON.parse(
    readFileSync(new URL(`../../schemas/${name}.v1.json`, import.meta.url), 'utf8'),
  );
}

/** The schemas as they are published. */
export function readSchemas(): CredentialSchemas {
  return new CredentialSchemas({
    passport: schemaNamed('agent-authorization'),
    compliance: schemaNamed('agent-compliance'),
    provenance: schemaNamed('agent-provenance'),
    'allowed-actions': schemaNamed('agent-allowed-actions'),
  });
}
