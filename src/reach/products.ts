import type { AdminLimits } from './admin-api.ts';
import { createAuth0 } from './auth0.ts';
import { createKeycloak } from './keycloak.ts';
import type { Product } from './product.ts';

/** The products that clients are disabled in. */
export const productNames = ['keycloak', 'auth0'] as const;
/** One of them. */
export type ProductName = (typeof productNames)[number];

/** What any of them is reached with. */
export interface ProductOrder {
  readonly name: ProductName;
  /** Without a slash at its end. */
  readonly url: string;
  /** The realm, in Keycloak. */
  readonly realm: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly say: (line: string) => void;
  readonly limits?: Partial<AdminLimits> | undefined;
}

/** The product of that name. */
export function createProduct({ name, ...order }: ProductOrder): Product {
  return name === 'keycloak' ? createKeycloak(order) : createAuth0(order);
}
