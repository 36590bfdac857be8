import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AuthenticationClient, UserInfoClient } from 'auth0/legacy';
import { assertionKeyPem } from '../shared/assertion-key.mjs';
import { authorization } from '../shared/code-flow.mjs';
import { signIn } from '../shared/hosted-login.mjs';
import { api, client, domain, providerToken, user } from '../shared/ready.mjs';
import { verifyAccessToken } from '../shared/verify.mjs';

const ada = user('auth0-node');
const web = client('Regular Web App');
const signing = client('Signing Web App');
const machine = client('Machine');
const sdk = ({ client_id, client_secret }) => new AuthenticationClient({ domain, clientId: client_id, clientSecret: client_secret });

/** Signs in; returns the code and what the SDK needs beside it. */
async function code(parameters) {
  const flow = authorization(web, { audience: api.items, scope: 'openid profile email offline_access read:items', ...parameters });
  const callback = await signIn(flow.url, ada);
  assert.equal(callback.searchParams.get('state'), flow.state);
  return { ...flow, code: callback.searchParams.get('code') };
}

describe('auth0 for Node, AuthenticationClient', () => {
  const { oauth } = sdk(web);

  test('core_038 core_102: code grant with PKCE and the ID token checks of the SDK', async () => {
    const flow = await code();
    const { data } = await oauth.authorizationCodeGrantWithPKCE(
      { code: flow.code, code_verifier: flow.verifier, redirect_uri: flow.redirectUri },
      { idTokenValidateOptions: { nonce: flow.nonce } });
    assert.equal((await verifyAccessToken(data.access_token)).sub, ada.user_id);
    const { data: profile } = await new UserInfoClient({ domain }).getUserInfo(data.access_token);
    assert.equal(profile.email, ada.email);
  });

  test('code grant without PKCE', async () => {
    const flow = authorization(web, { audience: api.items });
    for (const name of ['code_challenge', 'code_challenge_method']) flow.url.searchParams.delete(name);
    const callback = await signIn(flow.url, ada);
    const { data } = await oauth.authorizationCodeGrant(
      { code: callback.searchParams.get('code'), redirect_uri: flow.redirectUri },
      { idTokenValidateOptions: { nonce: flow.nonce } });
    assert.equal(data.token_type, 'Bearer');
    assert.equal(data.refresh_token, undefined);
  });

  test('core_123 core_126 core_225 core_228: refresh, then revoke with a JSON body', async () => {
    const flow = await code();
    const { data: first } = await oauth.authorizationCodeGrantWithPKCE(
      { code: flow.code, code_verifier: flow.verifier, redirect_uri: flow.redirectUri },
      { idTokenValidateOptions: { nonce: flow.nonce } });
    const { data: second } = await oauth.refreshTokenGrant({ refresh_token: first.refresh_token });
    assert.deepEqual(second.scope.split(' ').sort(), first.scope.split(' ').sort());
    assert.ok(second.id_token);
    assert.equal((await oauth.revokeRefreshToken({ token: first.refresh_token })).status, 200);
    await assert.rejects(oauth.refreshTokenGrant({ refresh_token: first.refresh_token }), {
      name: 'AuthApiError', statusCode: 403, error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.',
    });
  });

  test('core_100 core_113: client credentials', async () => {
    const { data } = await sdk(machine).oauth.clientCredentialsGrant({ audience: api.items });
    assert.equal(data.expires_in, 86400);
    assert.equal((await verifyAccessToken(data.access_token)).sub, `${machine.client_id}@clients`);
  });

  test('core_096: a wrong secret', async () => {
    const wrong = sdk({ ...machine, client_secret: 'wrong' });
    await assert.rejects(wrong.oauth.clientCredentialsGrant({ audience: api.items }), {
      name: 'AuthApiError', statusCode: 401, error: 'access_denied', error_description: 'Unauthorized',
    });
  });
});

describe('auth0 for Node, tokenExchange of what native apps get from identity providers', () => {
  // This client is public. The SDK refuses to call without a secret, unless a certificate is said to take its place.
  const native = client('Fake providers, native');
  const { tokenExchange } = new AuthenticationClient({ domain, clientId: native.client_id, useMTLS: true });
  const type = (name) => `http://auth0.com/oauth/token-type/${name}`;
  const exchange = (name, token, more) => tokenExchange.exchangeToken({ subject_token_type: type(name), subject_token: token, scope: 'openid profile email', ...more });
  const subject = async ({ id_token }) => (await verifyAccessToken(id_token, { audience: native.client_id })).sub;

  test('a Google ID token', async () => {
    const tokens = await exchange('google-id-token', await providerToken('google-oauth2', 'id-token'));
    assert.equal(await subject(tokens), 'google-oauth2|2000001');
    const { data: profile } = await new UserInfoClient({ domain }).getUserInfo(tokens.access_token);
    assert.deepEqual([profile.sub, profile.email], ['google-oauth2|2000001', 'fay@fake.example']);
  });

  test('an authorization code of Apple, once', async () => {
    const code = await providerToken('apple', 'code');
    assert.equal(await subject(await exchange('apple-authz-code', code)), 'apple|2000001');
    await assert.rejects(exchange('apple-authz-code', code), {
      name: 'AuthApiError', statusCode: 400, error: 'invalid_grant', error_description: 'Error from Apple connection.',
    });
  });

  test('a session of Facebook with its profile', async () => {
    const profile = { user_profile: JSON.stringify({ id: '2000001', name: 'Fay', email: 'fay@fake.example' }) };
    const tokens = await exchange('facebook-info-session-access-token', await providerToken('facebook', 'access-token'), profile);
    assert.equal(await subject(tokens), 'facebook|2000001');
  });

  test('a token that the provider did not give', async () => {
    await assert.rejects(exchange('google-id-token', 'not-a-token'), {
      name: 'AuthApiError', statusCode: 403, error: 'invalid_grant', error_description: 'The subject token is not valid for this connection',
    });
  });
});

describe('auth0 for Node, clientAssertionSigningKey', () => {
  const { oauth } = new AuthenticationClient({ domain, clientId: signing.client_id, clientAssertionSigningKey: assertionKeyPem });

  test('client credentials', async () => {
    const { data } = await oauth.clientCredentialsGrant({ audience: api.items });
    assert.equal((await verifyAccessToken(data.access_token)).sub, `${signing.client_id}@clients`);
  });

  test('code grant with PKCE, refresh, revocation', async () => {
    const flow = authorization(signing, { audience: api.items, scope: 'openid offline_access' });
    const callback = await signIn(flow.url, ada);
    const { data } = await oauth.authorizationCodeGrantWithPKCE(
      { code: callback.searchParams.get('code'), code_verifier: flow.verifier, redirect_uri: flow.redirectUri },
      { idTokenValidateOptions: { nonce: flow.nonce } });
    assert.ok((await oauth.refreshTokenGrant({ refresh_token: data.refresh_token })).data.access_token);
    assert.equal((await oauth.revokeRefreshToken({ token: data.refresh_token })).status, 200);
  });
});
