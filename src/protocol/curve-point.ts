// FIPS 186-5 / SP 800-186 §3.2.1.3: y² = x³ - 3x + b over GF(p).
const p256Prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const p256B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/**
 * Whether two big-endian coordinates of 32 octets are a point of P-256 (SP 800-56A §5.6.2.3.3; the
 * cofactor is 1). The point at infinity has no coordinates, and (0, 0) is off the curve.
 */
export function isOnP256(x: Uint8Array, y: Uint8Array): boolean {
  const [left, right] = [toInteger(x), toInteger(y)];
  if (left >= p256Prime || right >= p256Prime) return false;
  return (right * right - left * left * left + 3n * left - p256B) % p256Prime === 0n;
}

// RFC 8032 §5.1: -x² + y² = 1 + d x² y² over GF(p).
const ed25519Prime = 2n ** 255n - 19n;
const ed25519D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;
const ed25519SmallOrder: ReadonlySet<bigint> = new Set([
  0n, // order 4
  1n, // order 1
  ed25519Prime - 1n, // order 2
  // order 8
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]);

/**
 * Whether 32 octets are the canonical encoding of an Ed25519 point that is not of small order, for
 * which signatures verify that nobody made (RFC 8032 §5.1.3 and §8; the sign of x is free).
 */
export function isUsableEd25519Point(encoded: Uint8Array): boolean {
  const y = toInteger(encoded.toReversed()) & (2n ** 255n - 1n);
  return y < ed25519Prime && !ed25519SmallOrder.has(y) && hasEd25519Point(y);
}

// RFC 8032 §5.1.3: x² = (y² - 1) / (d y² + 1) has a root when the product of the two is a square.
function hasEd25519Point(y: bigint): boolean {
  const square = y * y;
  return isSquare((square - 1n) * (ed25519D * square + 1n), ed25519Prime);
}

/** Euler's criterion, for a value that is not a multiple of the prime. */
function isSquare(value: bigint, prime: bigint): boolean {
  let power = 1n;
  let base = value % prime;
  for (let exponent = (prime - 1n) / 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) power = (power * base) % prime;
    base = (base * base) % prime;
  }
  return power === 1n;
}

function toInteger(bigEndian: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bigEndian) value = (value << 8n) | BigInt(byte);
  return value;
}
