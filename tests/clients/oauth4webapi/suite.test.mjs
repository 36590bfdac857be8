import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { assertionKey } from '../shared/assertion-key.mjs';
import { signIn } from '../shared/hosted-login.mjs';
import { api, client, issuer, user } from '../shared/ready.mjs';

const ada = user('oauth4webapi');
const web = client('Regular Web App');
const signing = client('Signing Web App');
const native = client('Native App');
const machine = client('Machine');
const SCOPE = 'openid profile email offline_access read:items';

let as;
before(async () => {
  const url = new URL(issuer.https);
  as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url));
});

/** Goes to the login page and back; returns the validated parameters and what belongs to them. */
async function authorize({ client_id, callbacks: [redirect_uri] }, parameters) {
  const kept = { redirect_uri, verifier: oauth.generateRandomCodeVerifier(), nonce: oauth.generateRandomNonce() };
  const state = oauth.generateRandomState();
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id, redirect_uri, state, response_type: 'code', nonce: kept.nonce, scope: SCOPE, audience: api.items,
    code_challenge: await oauth.calculatePKCECodeChallenge(kept.verifier), code_challenge_method: 'S256', ...parameters,
  });
  const callback = await signIn(url, ada);
  assert.throws(() => oauth.validateAuthResponse(as, { client_id }, callback, 'another state'));
  return { ...kept, callback: oauth.validateAuthResponse(as, { client_id }, callback, state) };
}

/** Sends a request again when the server asks for a DPoP nonce; counts the challenges. */
async function withNonce(send, process) {
  let challenges = 0;
  for (;;) {
    const response = await send();
    try {
      const result = await process(response);
      return { result, response, challenges };
    } catch (problem) {
      if (challenges > 0 || !oauth.isDPoPNonceError(problem)) throw problem;
      challenges += 1;
    }
  }
}

/** Exchanges the code with the checks of the library, the ID token's signature included. */
async function exchange(app, authentication, flow, DPoP) {
  const answer = await withNonce(
    () => oauth.authorizationCodeGrantRequest(as, app, authentication, flow.callback, flow.redirect_uri, flow.verifier, { DPoP }),
    (response) => oauth.processAuthorizationCodeResponse(as, app, response, { expectedNonce: flow.nonce, requireIdToken: true }));
  await oauth.validateApplicationLevelSignature(as, answer.response);
  return { ...answer, claims: oauth.getValidatedIdTokenClaims(answer.result) };
}

describe('oauth4webapi: a confidential web app', () => {
  const app = { client_id: web.client_id };
  const secret = () => oauth.ClientSecretBasic(web.client_secret);

  test('core_245: the OAuth metadata is the same document', async () => {
    const url = new URL(issuer.https);
    const response = await oauth.discoveryRequest(url, { algorithm: 'oauth2' });
    assert.deepEqual(await oauth.processDiscoveryResponse(url, response), as);
  });

  test('core_005 core_025 core_038 core_097 core_232: code with PKCE, userinfo, refresh', async () => {
    const { result, claims, response } = await exchange(app, secret(), await authorize(web));
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(response.headers.get('pragma'), 'no-cache');
    const profile = await oauth.processUserInfoResponse(as, app, claims.sub, await oauth.userInfoRequest(as, app, result.access_token));
    assert.equal(profile.email, ada.email);

    const refreshed = await oauth.refreshTokenGrantRequest(as, app, secret(), result.refresh_token);
    const renewed = await oauth.processRefreshTokenResponse(as, app, refreshed);
    await oauth.validateApplicationLevelSignature(as, refreshed);
    assert.equal(oauth.getValidatedIdTokenClaims(renewed).sub, claims.sub);
  });

  test('core_108: without its secret it gets nothing', async () => {
    await assert.rejects(exchange(app, oauth.None(), await authorize(web)),
      (problem) => problem instanceof oauth.ResponseBodyError && problem.status === 401);
  });

  test('core_225: revocation', async () => {
    const { result } = await exchange(app, secret(), await authorize(web));
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, app, secret(), result.refresh_token));
    const refused = await oauth.refreshTokenGrantRequest(as, app, secret(), result.refresh_token);
    await assert.rejects(oauth.processRefreshTokenResponse(as, app, refused),
      (problem) => problem.status === 403 && problem.error === 'invalid_grant');
  });
});

describe('oauth4webapi: a web app that signs (private_key_jwt)', () => {
  const app = { client_id: signing.client_id };
  let signs;
  before(async () => { signs = oauth.PrivateKeyJwt(await assertionKey()); });

  test('code with PKCE, then refresh, then revocation', async () => {
    const { result } = await exchange(app, signs, await authorize(signing));
    const refreshed = await oauth.refreshTokenGrantRequest(as, app, signs, result.refresh_token);
    await oauth.processRefreshTokenResponse(as, app, refreshed);
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, app, signs, result.refresh_token));
    const refused = await oauth.refreshTokenGrantRequest(as, app, signs, result.refresh_token);
    await assert.rejects(oauth.processRefreshTokenResponse(as, app, refused), (problem) => problem.error === 'invalid_grant');
  });

  test('client credentials', async () => {
    const response = await oauth.clientCredentialsGrantRequest(as, app, signs, { audience: api.items });
    assert.equal((await oauth.processClientCredentialsResponse(as, app, response)).token_type, 'bearer');
  });

  test('core_217: another key is refused', async () => {
    const { privateKey } = await oauth.generateKeyPair('RS256');
    const response = await oauth.clientCredentialsGrantRequest(as, app, oauth.PrivateKeyJwt(privateKey), { audience: api.items });
    await assert.rejects(oauth.processClientCredentialsResponse(as, app, response),
      (problem) => problem.status === 401 && problem.error === 'invalid_client');
  });
});

describe('oauth4webapi: a public native app', () => {
  const app = { client_id: native.client_id };
  const publicly = oauth.None();
  let keys;
  const handle = () => oauth.DPoP(app, keys);
  before(async () => { keys = await oauth.generateKeyPair('ES256'); });

  test('core_108 core_125: code with PKCE and a rotating refresh token', async () => {
    const { result } = await exchange(app, publicly, await authorize(native));
    assert.equal(result.token_type, 'bearer');
    const response = await oauth.refreshTokenGrantRequest(as, app, publicly, result.refresh_token);
    const renewed = await oauth.processRefreshTokenResponse(as, app, response);
    assert.ok(renewed.refresh_token);
    assert.notEqual(renewed.refresh_token, result.refresh_token);
  });

  test('core_185 core_186 core_232: DPoP with nonce for code and userinfo, then core_143: for refresh', async () => {
    const DPoP = handle();
    const { result, claims, challenges } = await exchange(app, publicly, await authorize(native), DPoP);
    assert.equal(challenges, 1);
    assert.equal(result.token_type, 'dpop');
    const { result: profile } = await withNonce(
      () => oauth.userInfoRequest(as, app, result.access_token, { DPoP }),
      (response) => oauth.processUserInfoResponse(as, app, claims.sub, response));
    assert.equal(profile.email, ada.email);
    const refresh = await withNonce(
      () => oauth.refreshTokenGrantRequest(as, app, publicly, result.refresh_token, { DPoP }),
      (response) => oauth.processRefreshTokenResponse(as, app, response));
    assert.equal(refresh.result.token_type, 'dpop');
    assert.notEqual(refresh.result.refresh_token, result.refresh_token);
  });

  test('core_199 core_200: an RFC 9068 token bound by DPoP passes the checks of a resource server', async () => {
    const DPoP = handle();
    const { result, claims } = await exchange(app, publicly, await authorize(native, { audience: api.bound }), DPoP);
    const resource = new URL('https://bound.example.test/items');
    let request;
    await oauth.protectedResourceRequest(result.access_token, 'GET', resource, undefined, undefined, {
      DPoP,
      [oauth.customFetch]: async (url, init) => { request = new Request(url, { method: init.method, headers: init.headers }); return new Response(); },
    });
    const token = await oauth.validateJwtAccessToken(as, request, api.bound);
    assert.equal(token.sub, claims.sub);
    assert.equal(token.client_id, native.client_id);
    assert.equal(token.azp, undefined);
    await assert.rejects(oauth.validateJwtAccessToken(as, request, api.items));
    const asBearer = new Request(resource, { headers: { authorization: `Bearer ${result.access_token}` } });
    await assert.rejects(oauth.validateJwtAccessToken(as, asBearer, api.bound));
  });
});

test('oauth4webapi: core_112 core_114: client credentials', async () => {
  const app = { client_id: machine.client_id };
  const ask = (audience) => oauth.clientCredentialsGrantRequest(as, app, oauth.ClientSecretPost(machine.client_secret), { audience })
    .then((response) => oauth.processClientCredentialsResponse(as, app, response));
  assert.equal((await ask(api.items)).token_type, 'bearer');
  await assert.rejects(ask('https://nobody.example.test'), (problem) => problem.status === 403
    && problem.error === 'access_denied' && problem.error_description === 'Service not enabled within domain: https://nobody.example.test');
});
