// The code flow with nothing but fetch, for suites that only need its tokens.
import { createHash, randomBytes } from 'node:crypto';
import { signIn } from './hosted-login.mjs';
import { origin } from './ready.mjs';

const random = () => randomBytes(32).toString('base64url');

/** An authorization URL with PKCE, state and nonce, and what the application has to remember of it. */
export function authorization(client, { scheme = 'https', redirectUri = client.callbacks[0], ...parameters } = {}) {
  const kept = { state: random(), nonce: random(), verifier: random(), redirectUri };
  const url = new URL('/authorize', origin[scheme]);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    state: kept.state,
    nonce: kept.nonce,
    code_challenge: createHash('sha256').update(kept.verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  });
  return { url, ...kept };
}

/** Posts to /oauth/token; returns status, headers and body. */
export async function tokenRequest(client, parameters, { scheme = 'https', headers } = {}) {
  const body = new URLSearchParams({
    client_id: client.client_id, ...(client.client_secret && { client_secret: client.client_secret }), ...parameters,
  });
  const response = await fetch(new URL('/oauth/token', origin[scheme]), { method: 'POST', body, headers });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Signs a user in and exchanges the code; returns the token response. */
export async function obtainTokens(client, user, { visitor, ...parameters } = {}) {
  const request = authorization(client, parameters);
  const callback = await signIn(request.url, user, { visitor });
  const answer = await tokenRequest(client, {
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code'),
    redirect_uri: request.redirectUri,
    code_verifier: request.verifier,
  }, { scheme: parameters.scheme });
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return { ...answer.body, nonce: request.nonce };
}
