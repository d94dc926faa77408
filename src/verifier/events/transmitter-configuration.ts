import { parseDocumentUrl } from '../../protocol/document-url.ts';
import { accepted, type Parsed, refused } from '../../protocol/parsed.ts';
import type { JsonObject } from '../../protocol/strict-json.ts';

/** Where a transmitter has what, as its own configuration says. */
export interface TransmitterConfiguration {
  readonly jwksUri: string;
  readonly configurationEndpoint: string | undefined;
  readonly verificationEndpoint: string | undefined;
  readonly deliveryMethods: readonly string[];
}

/** The largest configuration that is read, in octets. */
export const maxConfigurationBytes = 16_384;

/** Where the configuration of a transmitter is: before the path of its name (SSF-1.0 §7.2). */
export function configurationUrl(issuer: string): string {
  const { origin } = new URL(issuer);
  return `${origin}/.well-known/ssf-configuration${issuer.slice(origin.length)}`;
}

/**
 * Reads the configuration of this transmitter (SSF-1.0 §7.1). It must name this very transmitter, and
 * nothing outside of its origin: keys are believed from there only, and a token is sent nowhere else.
 * Rules: `ssf-issuer`, `ssf-endpoint`.
 */
export function parseTransmitterConfiguration(
  json: JsonObject,
  issuer: string,
): Parsed<TransmitterConfiguration> {
  // SSF-1.0 §7.2.3: the name that was asked for, exactly.
  if (json['issuer'] !== issuer) {
    return refused('/issuer', 'ssf-issuer', 'the configuration of another transmitter');
  }
  const names = ['jwks_uri', 'configuration_endpoint', 'verification_endpoint'] as const;
  const outside = names.find((name) => json[name] !== undefined && !isAt(json[name], issuer));
  if (outside !== undefined || !isAt(json['jwks_uri'], issuer)) {
    const detail = 'is no URL on the origin of the transmitter';
    return refused(`/${outside ?? 'jwks_uri'}`, 'ssf-endpoint', detail);
  }
  const methods: unknown = json['delivery_methods_supported'];
  return accepted({
    jwksUri: String(json['jwks_uri']),
    configurationEndpoint: textOf(json['configuration_endpoint']),
    verificationEndpoint: textOf(json['verification_endpoint']),
    deliveryMethods: Array.isArray(methods) ? methods.filter(isString) : [],
  });
}

/** Whether a value is the URL of something on the origin of this transmitter. */
export function isAt(url: unknown, issuer: string): url is string {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const [path = ''] = url.split('?', 1);
  const plain = parseDocumentUrl(path, { allowLoopback: true });
  return plain.ok && new URL(url).origin === new URL(issuer).origin;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function textOf(value: unknown): string | undefined {
  return isString(value) ? value : undefined;
}
