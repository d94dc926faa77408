// RFC 1123 §2.1: letters, digits and inner hyphens, 63 octets to a label. Lower case only, so that
// a name has one spelling.
const hostName =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
// WHATWG URL §3.5: a host whose last label is a number is an IPv4 address in one of its spellings.
const numericLastLabel = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

/**
 * Whether a text is a lower-case DNS name and not an IP address in any spelling. Internationalised
 * names are accepted in their ASCII form, when that form is well formed.
 */
export function isHostName(text: string): boolean {
  if (!hostName.test(text) || numericLastLabel.test(text)) return false;
  return !text.includes('xn--') || URL.canParse(`https://${text}/`);
}

/** Whether a host is this machine by name (RFC 6761 §6.3): `localhost` or a name below it. */
export function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}
