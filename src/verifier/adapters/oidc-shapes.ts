import type { HeldClient } from './held-client.ts';

/** An object of a configuration or of metadata, whatever its members are. */
export type Section = { readonly [name: string]: unknown };

/** The client as node-oidc-provider holds it. */
export interface OidcClient extends HeldClient {
  readonly clientIdMetadataDocument?: boolean;
  /** The agent that a registered client is; the server's own metadata keep their spelling. */
  readonly agent_client_id?: unknown;
}

/** The parameters of a request, which a judge may narrow before the server acts on them. */
export interface RequestParams {
  scope?: unknown;
  authorization_details?: unknown;
  claims?: unknown;
  readonly agent_credentials?: unknown;
}

/** The state of a request, as node-oidc-provider keeps it. */
export interface RequestState {
  /** The issuer identifier of the server. */
  readonly issuer: string;
  readonly params?: RequestParams | undefined;
  body?: Section | undefined;
  readonly client?: OidcClient | undefined;
}

/** The context of a request; undefined where the server looks a client up by itself. */
export interface RequestContext {
  readonly oidc?: RequestState;
}

/** An access token before it is stored or signed. */
export interface HeldToken {
  readonly client?: OidcClient | undefined;
  readonly scope?: string | undefined;
  readonly rar?: unknown;
}

/** A resource server, of which only the scopes matter here. */
export interface ResourceServerInfo {
  readonly scope: string;
}

/** `features.resourceIndicators.getResourceServerInfo`. */
export type FindResourceServer = (
  context: RequestContext,
  resource: string,
  client: OidcClient,
) => ResourceServerInfo | Promise<ResourceServerInfo>;

/** `extraTokenClaims`. */
export type TokenClaims = (context: RequestContext, token: HeldToken) => unknown;

/** `features.richAuthorizationRequests.authorizationDetailsForAccessToken`. */
export type TokenDetails = (
  context: RequestContext,
  token: HeldToken,
  ...more: readonly unknown[]
) => unknown;

/** One of `extraParams`: runs for every authorization request, its parameter given or not. */
export type ParamCheck = (
  context: RequestContext,
  value: unknown,
  client: OidcClient,
) => Promise<void> | void;

/** `features.registration.issueRegistrationAccessToken`. */
export type IssuesAccessToken = (context: RequestContext) => boolean | Promise<boolean>;

/** `extraClientMetadata`. */
export interface ExtraMetadata {
  readonly properties?: readonly string[] | undefined;
  readonly validator?: unknown;
}

/** What the server keeps of one kind; for clients, by their client_id. */
export interface Shelf {
  find(id: string): Promise<Section | undefined>;
  upsert(id: string, payload: Section, expiresIn?: number): Promise<unknown>;
  destroy(id: string): Promise<unknown>;
}

/** `adapter`: a class, or a function that makes a shelf. */
export type MakeShelf = ((name: string) => Shelf) | (new (name: string) => Shelf);

/** The members of a node-oidc-provider configuration that are wrapped instead of set. */
export interface WrappedMembers {
  readonly adapter?: MakeShelf | undefined;
  readonly extraParams?: Iterable<string> | { readonly [param: string]: unknown } | undefined;
  readonly features?: {
    readonly registration?:
      | { readonly issueRegistrationAccessToken?: boolean | IssuesAccessToken | undefined }
      | undefined;
    readonly resourceIndicators?:
      | { readonly getResourceServerInfo?: FindResourceServer | undefined }
      | undefined;
    readonly richAuthorizationRequests?:
      | { readonly authorizationDetailsForAccessToken?: TokenDetails | undefined }
      | undefined;
  };
  readonly extraClientMetadata?: ExtraMetadata | undefined;
  readonly extraTokenClaims?: TokenClaims | undefined;
}
