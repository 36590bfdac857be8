// Reads our tokens as a resource server does.
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { api, issuer } from './ready.mjs';

const keys = Object.fromEntries(Object.entries(issuer).map(([scheme, url]) =>
  [scheme, createRemoteJWKSet(new URL('.well-known/jwks.json', url))]));

/** Verifies an access token and returns its claims. */
export async function verifyAccessToken(token, { scheme = 'https', audience = api.items } = {}) {
  const { payload } = await jwtVerify(token, keys[scheme], { issuer: issuer[scheme], audience });
  return payload;
}
