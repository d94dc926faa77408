// Sizes are octets and times milliseconds unless the name says otherwise.

/** CIMD-02 §8.7: authorization servers read 5 KB of a client metadata document. */
export const maxDocumentBytes = 5_120;

/** Ours stay below `maxDocumentBytes` by the slack that a host's own newline or header costs. */
export const publishDocumentBytes = 5_000;

/** One compact JWS. Three times the largest passport that fits a document. */
export const maxJwtBytes = 16_384;

/** A DID document of 64 methods with their JWKs is near 20 kB; hosts add services. */
export const maxDidDocumentBytes = 65_536;

/** The tightest published cap on a key set (Auth0). */
export const maxJwksBytes = 12_288;

/** A listing of 64 facets with long URLs is near 20 kB. */
export const maxFacetListingBytes = 32_768;

/** A status list as it travels: 16 MiB of bits with one in a hundred set deflates below this. */
export const maxStatusListBytes = 1_048_576;

/** What a status list may inflate to; a bomb is cut here. */
export const maxInflatedStatusBytes = 16_777_216;

/** BSL §3.2: a shorter list gives away who is in it. */
export const minBitstringEntries = 131_072;

/** The Link fields of one answer; one link of ours has some 150 characters. */
export const maxLinkHeaderLength = 4_096;

/** Links of one answer that are read. */
export const maxLinks = 16;

/** What we publish: the tightest cap on a client_id (Auth0). */
export const maxClientIdBytes = 120;

/** What we read: long enough for any real URL, short enough to reject before any parsing. */
export const maxClientIdLength = 2_048;

/** Difference of clocks that is forgiven in both directions. */
export const clockSkewMs = 60_000;

/** Deepest nesting of a JSON text that is read; the formats here need fewer than ten levels. */
export const maxJsonDepth = 32;

/** did:web identifiers, and the DID URLs that name keys, are host plus a short path. */
export const maxDidLength = 512;

/** `kid` is a DID URL or a thumbprint. */
export const maxKidLength = 640;

/** Methods of one DID document that are read; a key roll needs two or three. */
export const maxVerificationMethods = 64;

/** 32 scopes keep the client metadata document near 4 kB; above that the facet is the source. */
export const maxPassportScopes = 32;

/** Attestations that the worst-case document has room for. */
export const maxPassportAttestations = 4;

/** Keys of one agent at a time: one, or two during a rotation, with room for a second algorithm. */
export const maxPassportThumbprints = 4;

/** Longest chain of delegation that a paper may grant. */
export const maxDelegationDepth = 3;

/** Largest `exp` or `iat`: the last second of the year 9999. */
export const maxNumericDateS = 253_402_300_799;
