import { createOrganization } from '../../src/journeys/create-organization.ts';
import type { Registry } from '../../src/journeys/registry.ts';
import { type TokenScope, tokenScopes } from '../../src/organizations/api-token.ts';
import type { Organization } from '../../src/organizations/organization.ts';
import { openRegistryWorld } from '../journeys/registry-world.ts';

/** The public key of RFC 7515 appendix A.3, for an agent that holds its key itself. */
export const heldJwk = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
} as const;

/** The real registry on memory, with what an edge asks of it. The test itself uses `registry`. */
export async function openEdgeWorld() {
  const world = await openRegistryWorld();
  const { registry, caller, deps, organization } = world;
  const called: string[] = [];
  const failures: Error[] = [];
  return {
    ...world,
    /** The methods that the edge called, in order, but for `authenticate`. */
    called,
    /** Makes the next call of the edge fail, whatever it is; opening the token still succeeds. */
    failNext: (failure: Error) => void failures.push(failure),
    /** Does what comes before each call of the edge. */
    meet: (name: string) => {
      called.push(name);
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    },
    /** A usable token of this organization or of another one. */
    grant: (scopes: readonly TokenScope[] = tokenScopes, { id }: Organization = organization) =>
      registry.createToken({
        ...{ ...caller, organizationId: id, scopes },
        name: 'test',
        expiresAt: null,
      }),
    /** Another organization of the same registry. */
    openOther: () =>
      createOrganization(deps, {
        baseUrl: 'https://id.other.com',
        name: 'Other',
        contact: 'platform@other.com',
      }),
  };
}

export type EdgeWorld = Awaited<ReturnType<typeof openEdgeWorld>>;

/**
 * The registry to give to an edge that is started once, while every test opens a world of its own:
 * each call goes to the registry of the present world.
 */
export function watchedRegistry(present: () => EdgeWorld): Registry {
  return new Proxy({} as Registry, {
    get: (_, name: keyof Registry) => {
      const { registry, meet } = present();
      const member: unknown = registry[name];
      if (typeof member !== 'function' || name === 'authenticate') return member;
      return async (...input: readonly unknown[]): Promise<unknown> => {
        meet(name);
        return Reflect.apply(member, registry, input);
      };
    },
  });
}
