// The playground, part 1 of 5: bytes, digests and JWTs. The parts are one module, put together when the server is built.
const utf8 = new TextEncoder();

const toBase64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));

const randomText = () => toBase64url(crypto.getRandomValues(new Uint8Array(32)));

const sha256 = async (text) => toBase64url(await crypto.subtle.digest('SHA-256', utf8.encode(text)));

/** Header, claims and the three parts of a JWT; undefined for anything else. */
function decodeJwt(token) {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const [header, claims] = parts.slice(0, 2).map((part) => JSON.parse(new TextDecoder().decode(fromBase64url(part))));
    return { parts, header, claims };
  } catch {
    return undefined;
  }
}

/** How the browser calls the algorithms that it can verify with a public key. */
const ALGORITHMS = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 },
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
};

/** Verifies a token's signature: 'verified', 'wrong', or 'unknown' where the algorithm or key is not at hand. */
async function verifySignature({ parts, header }, keys) {
  const algorithm = ALGORITHMS[header.alg];
  const jwk = header.jwk ?? keys.find(({ kid }) => kid === header.kid);
  if (!algorithm || !jwk) return 'unknown';
  const { alg, use, key_ops, x5c, ...bare } = jwk;
  const key = await crypto.subtle.importKey('jwk', bare, algorithm, false, ['verify']);
  const signed = utf8.encode(`${parts[0]}.${parts[1]}`);
  return await crypto.subtle.verify(algorithm, key, fromBase64url(parts[2]), signed) ? 'verified' : 'wrong';
}
