import { placeOf } from '../config/database-url.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { addressOf } from './connect-options.ts';
import { type DatabaseFault, type DatabaseFaultCode, faultOf } from './database-fault.ts';

/** What the system, OpenSSL, PostgreSQL or the driver said; `code` is empty when it has none. */
interface Failure {
  readonly code: string;
  readonly message: string;
}

interface Place {
  /** Database, host and port. */
  readonly where: string;
  readonly host: string;
  readonly user: string;
  readonly database: string;
  readonly hasPassword: boolean;
}

/** What a failure means, and how to tell. */
interface Meaning {
  readonly code: DatabaseFaultCode;
  readonly fits: (failure: Failure) => boolean;
  readonly detail: (place: Place, failure: Failure) => string;
}

/** The first that fits decides. PostgreSQL, appendix A: the codes of five characters. */
const meanings: readonly Meaning[] = [
  {
    code: 'database-host-unknown',
    fits: coded(/^(ENOTFOUND|EAI_AGAIN)$/),
    detail: ({ host }) => `The host ${host} of the database has no address.`,
  },
  {
    code: 'database-refused',
    fits: coded(/^(ECONNREFUSED|ENOENT)$/),
    detail: ({ where }) => `Nothing listens for ${where}.`,
  },
  {
    code: 'database-unreachable',
    fits: either(coded(/^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EACCES)$/), said(/^timeout expired$/)),
    detail: ({ where }, failure) => `No way leads to ${where}${shown(failure)}.`,
  },
  {
    code: 'database-tls-unsupported',
    fits: said(/^The server does not support SSL/),
    detail: ({ where }) => `The server of ${where} speaks no TLS.`,
  },
  {
    code: 'database-tls-name',
    fits: coded(/^ERR_TLS_CERT_ALTNAME_INVALID$/),
    detail: ({ host }) => `The certificate of the server is for another host than ${host}.`,
  },
  {
    code: 'database-tls-expired',
    fits: coded(/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/),
    detail: (_, failure) => `The certificate of the server is out of its time${shown(failure)}.`,
  },
  {
    code: 'database-tls-untrusted',
    fits: coded(
      /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA)/,
    ),
    detail: (_, failure) =>
      `No known authority vouches for the certificate of the server${shown(failure)}.`,
  },
  {
    code: 'database-certificate',
    fits: both(coded(/^28000$/), said(/client certificate|certificate authentication failed/)),
    detail: ({ user }) => `The server asks for a client certificate of ${user}.`,
  },
  {
    code: 'database-tls-failed',
    fits: either(
      coded(/^(ERR_SSL_|ERR_OSSL_|ERR_TLS_|CERT_|EPROTO$)/),
      said(/^There was an error establishing an SSL connection/),
    ),
    detail: (_, failure) => `The server and we find no common TLS${shown(failure)}.`,
  },
  {
    code: 'database-access',
    fits: both(coded(/^28000$/), said(/pg_hba\.conf/)),
    detail: ({ user, database }) =>
      `The server has no rule that lets ${user} into ${database} from here in this way.`,
  },
  {
    code: 'database-password',
    fits: either(coded(/^28(P01|000)$/), said(/^SASL:/)),
    detail: ({ user, hasPassword }) =>
      hasPassword
        ? `The server does not take the password of ${user}, or knows no such role.`
        : `The server asks for a password of ${user}, or knows no such role; the URL has none.`,
  },
  {
    code: 'database-absent',
    fits: coded(/^3D000$/),
    detail: ({ database }) => `The server has no database ${database}.`,
  },
  {
    code: 'database-busy',
    fits: coded(/^53300$/),
    detail: () => 'The server has no connection left.',
  },
  {
    code: 'database-starting',
    fits: coded(/^57P03$/),
    detail: () => 'The server is starting up or shutting down.',
  },
  {
    code: 'database-not-permitted',
    fits: coded(/^42501$/),
    detail: ({ user, database }) => `The role ${user} may not do in ${database} what is needed.`,
  },
  {
    code: 'database-pooler',
    fits: both(coded(/^08P01$/), said(/unsupported startup parameter/)),
    detail: () => 'A pooler in front of the server does not pass the settings of sessions on.',
  },
  {
    code: 'database-connection-lost',
    fits: either(
      coded(/^(08...|57P0[12]|ECONNRESET|EPIPE)$/),
      said(/^Connection terminated|^[Rr]eceived unexpected/),
    ),
    detail: ({ where }) => `The connection to ${where} was closed by the other side.`,
  },
];

/**
 * Why a database could not be used, as a fault that holds neither the password nor the words of the
 * other side.
 */
export function explainFailure(error: unknown, connectionString: string): DatabaseFault {
  if (error instanceof SealwrightError) return faultOf('database-url', error.detail);
  const failure = failureOf(error);
  const address = addressOf(connectionString);
  const place = {
    ...address,
    where: placeOf(address),
    hasPassword: address.password !== undefined,
  };
  const meaning = meanings.find(({ fits }) => fits(failure));
  return meaning === undefined
    ? faultOf('database-unknown', `The work with ${place.where} failed${shown(failure)}.`)
    : faultOf(meaning.code, meaning.detail(place, failure));
}

/** A host with several addresses fails once for each of them: the first tells. */
function failureOf(error: unknown): Failure {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error)) return { code: '', message: String(first) };
  const code = 'code' in first && typeof first.code === 'string' ? first.code : '';
  return { code, message: first.message };
}

function shown({ code }: Failure): string {
  return code === '' ? '' : ` (${code})`;
}

function coded(pattern: RegExp): Meaning['fits'] {
  return ({ code }) => pattern.test(code);
}

function said(pattern: RegExp): Meaning['fits'] {
  return ({ message }) => pattern.test(message);
}

function both(one: Meaning['fits'], other: Meaning['fits']): Meaning['fits'] {
  return (failure) => one(failure) && other(failure);
}

function either(one: Meaning['fits'], other: Meaning['fits']): Meaning['fits'] {
  return (failure) => one(failure) || other(failure);
}
