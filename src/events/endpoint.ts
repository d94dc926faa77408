/** A message to an endpoint, which takes one that it gets twice as once. */
export interface EndpointMessage {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The most octets of an answer that are read. */
  readonly maxBytes: number;
  /** After how long the whole exchange is given up. */
  readonly timeoutMs: number;
}

/** The status that was answered, or why there was none: by its class, with nothing of the peer's. */
export type EndpointAnswer =
  | { readonly ok: true; readonly status: number }
  | { readonly ok: false; readonly failure: string; readonly detail: string };

/**
 * Sends messages to endpoints that others chose: by POST, to public addresses alone, judged again on
 * the address that is dialled, without following redirects. It never throws for what a peer does.
 */
export interface PostToEndpoint {
  (url: string, message: EndpointMessage): Promise<EndpointAnswer>;
  /** Why nothing would be sent to this URL as things stand, or null. */
  judge(url: string): Promise<string | null>;
}
