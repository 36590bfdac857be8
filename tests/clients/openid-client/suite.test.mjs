import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as oidc from 'openid-client';
import { assertionKey } from '../shared/assertion-key.mjs';
import { signIn } from '../shared/hosted-login.mjs';
import { api, client, issuer, user } from '../shared/ready.mjs';
import { verifyAccessToken } from '../shared/verify.mjs';

const ada = user('openid-client');
const web = client('Regular Web App');
const signing = client('Signing Web App');
const native = client('Native App');
const machine = client('Machine');
const SCOPE = 'openid profile email offline_access read:items';

/** Discovers the issuer with every check on, the ID token's signature included. */
async function discover({ client_id }, authentication) {
  const config = await oidc.discovery(new URL(issuer.https), client_id, undefined, authentication, {
    execute: [oidc.enableNonRepudiationChecks],
  });
  config.answers = [];
  config[oidc.customFetch] = async (...request) => {
    const response = await fetch(...request);
    config.answers.push(response.status);
    return response;
  };
  return config;
}

/** Goes to the login page and back; returns the callback URL and the checks that it has to pass. */
async function authorize(config, { callbacks: [redirect_uri] }, parameters) {
  const checks = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(), expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(), idTokenExpected: true,
  };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: SCOPE,
    audience: api.items,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  return { callback: await signIn(url, ada), checks };
}

const words = (scope) => scope.split(' ').sort();

const refusal = (status, error, error_description) => (problem) => {
  assert.ok(problem instanceof oidc.ResponseBodyError, problem);
  assert.equal(problem.status, status);
  assert.equal(problem.error, error);
  if (error_description) assert.equal(problem.error_description, error_description);
  return true;
};

describe('openid-client: a web app that signs (private_key_jwt)', () => {
  let config;
  before(async () => { config = await discover(signing, oidc.PrivateKeyJwt(await assertionKey())); });

  test('code, refresh, revocation', async () => {
    const { callback, checks } = await authorize(config, signing);
    const tokens = await oidc.authorizationCodeGrant(config, callback, checks);
    await verifyAccessToken(tokens.access_token);
    assert.ok((await oidc.refreshTokenGrant(config, tokens.refresh_token)).access_token);
    await oidc.tokenRevocation(config, tokens.refresh_token);
    await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), refusal(403, 'invalid_grant'));
  });

  test('client credentials', async () => {
    const tokens = await oidc.clientCredentialsGrant(config, { audience: api.items });
    assert.equal((await verifyAccessToken(tokens.access_token)).sub, `${signing.client_id}@clients`);
  });

  test('core_218: a secret is refused', async () => {
    const secret = await discover(signing, oidc.ClientSecretPost('a-secret-that-it-may-once-have-had'));
    await assert.rejects(oidc.clientCredentialsGrant(secret, { audience: api.items }), refusal(401, 'invalid_client', 'Client authentication failed'));
  });
});

describe('openid-client: a confidential web app', () => {
  let config;
  before(async () => { config = await discover(web, oidc.ClientSecretPost(web.client_secret)); });

  test('core_003: discovery names this issuer and PKCE', () => {
    assert.equal(config.serverMetadata().issuer, issuer.https);
    assert.ok(config.serverMetadata().supportsPKCE());
  });

  test('core_025 core_037 core_038 core_109: code with PKCE, state and nonce, then userinfo', async () => {
    const { callback, checks } = await authorize(config, web);
    const tokens = await oidc.authorizationCodeGrant(config, callback, checks);
    assert.equal(tokens.token_type, 'bearer');
    assert.ok(tokens.refresh_token);
    assert.equal((await verifyAccessToken(tokens.access_token)).sub, tokens.claims().sub);
    const profile = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
    assert.equal(profile.email, ada.email);
    assert.equal(profile.given_name, 'Ada');
  });

  test('max_age brings auth_time', async () => {
    const { callback, checks } = await authorize(config, web, { max_age: '3600' });
    const tokens = await oidc.authorizationCodeGrant(config, callback, { ...checks, maxAge: 3600 });
    assert.equal(typeof tokens.claims().auth_time, 'number');
  });

  test('a foreign state and a foreign nonce are refused by the client', async () => {
    const { callback, checks } = await authorize(config, web);
    await assert.rejects(oidc.authorizationCodeGrant(config, callback, { ...checks, expectedState: 'other' }));
    await assert.rejects(oidc.authorizationCodeGrant(config, callback, { ...checks, expectedNonce: 'other' }));
  });

  test('core_102: a code works once', async () => {
    const { callback, checks } = await authorize(config, web);
    await oidc.authorizationCodeGrant(config, callback, checks);
    await assert.rejects(oidc.authorizationCodeGrant(config, callback, checks),
      refusal(403, 'invalid_grant', 'Invalid authorization code'));
  });

  test('core_106: a wrong verifier is refused', async () => {
    const { callback, checks } = await authorize(config, web);
    await assert.rejects(
      oidc.authorizationCodeGrant(config, callback, { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() }),
      refusal(403, 'invalid_grant', 'Failed to verify code verifier'));
  });

  test('core_123 core_125 core_126: a non-rotating refresh token', async () => {
    const { callback, checks } = await authorize(config, web);
    const { refresh_token, ...first } = await oidc.authorizationCodeGrant(config, callback, checks);
    const tokens = await oidc.refreshTokenGrant(config, refresh_token);
    assert.equal(tokens.refresh_token, undefined);
    assert.deepEqual(words(tokens.scope), words(first.scope));
    assert.equal(tokens.claims().sub, ada.user_id);
    const narrow = await oidc.refreshTokenGrant(config, refresh_token, { scope: 'openid' });
    assert.equal(narrow.scope, 'openid');
    assert.deepEqual(words((await oidc.refreshTokenGrant(config, refresh_token)).scope), words(first.scope));
  });

  test('core_225 core_226: revocation', async () => {
    const { callback, checks } = await authorize(config, web);
    const { refresh_token } = await oidc.authorizationCodeGrant(config, callback, checks);
    await oidc.tokenRevocation(config, refresh_token);
    await oidc.tokenRevocation(config, 'a token that never was');
    await assert.rejects(oidc.refreshTokenGrant(config, refresh_token),
      refusal(403, 'invalid_grant', 'Unknown or invalid refresh token.'));
  });

  test('core_097: client_secret_basic works as well', async () => {
    const basic = await discover(web, oidc.ClientSecretBasic(web.client_secret));
    const { callback, checks } = await authorize(basic, web);
    assert.ok((await oidc.authorizationCodeGrant(basic, callback, checks)).access_token);
  });

  test('core_233: userinfo refuses a bad token with a challenge', async () => {
    await assert.rejects(oidc.fetchUserInfo(config, 'not-a-token', ada.user_id), (problem) => {
      assert.ok(problem instanceof oidc.WWWAuthenticateChallengeError, problem);
      assert.equal(problem.status, 401);
      assert.ok(problem.cause.some(({ scheme, parameters }) => scheme === 'bearer' && parameters.error === 'invalid_token'));
      return true;
    });
  });
});

describe('openid-client: a public native app with DPoP', () => {
  let config, DPoP;
  before(async () => {
    config = await discover(native, oidc.None());
    DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
  });

  const signInBound = async () => {
    const { callback, checks } = await authorize(config, native, { dpop_jkt: await DPoP.calculateThumbprint() });
    return oidc.authorizationCodeGrant(config, callback, checks, undefined, { DPoP });
  };

  test('core_081 core_185 core_186: code bound to the key, after a nonce challenge', async () => {
    const tokens = await signInBound();
    assert.deepEqual(config.answers.slice(0, 2), [400, 200]);
    assert.equal(tokens.token_type, 'dpop');
    const { cnf } = await verifyAccessToken(tokens.access_token);
    assert.equal(cnf.jkt, await DPoP.calculateThumbprint());
  });

  test('core_081: the code is useless with another key', async () => {
    const { callback, checks } = await authorize(config, native, { dpop_jkt: await DPoP.calculateThumbprint() });
    const other = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
    await assert.rejects(oidc.authorizationCodeGrant(config, callback, checks, undefined, { DPoP: other }),
      refusal(400, 'invalid_dpop_proof'));
  });

  test('core_232 core_237: userinfo wants the proof', async () => {
    const { access_token } = await signInBound();
    assert.equal((await oidc.fetchUserInfo(config, access_token, ada.user_id, { DPoP })).email, ada.email);
    await assert.rejects(oidc.fetchUserInfo(config, access_token, ada.user_id),
      (problem) => problem instanceof oidc.WWWAuthenticateChallengeError && problem.status === 401);
  });

  test('core_125 core_143: the refresh token rotates and is bound to the key', async () => {
    const first = await signInBound();
    const second = await oidc.refreshTokenGrant(config, first.refresh_token, undefined, { DPoP });
    assert.ok(second.refresh_token);
    assert.notEqual(second.refresh_token, first.refresh_token);
    const other = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
    await assert.rejects(oidc.refreshTokenGrant(config, second.refresh_token, undefined, { DPoP: other }),
      refusal(400, 'invalid_dpop_proof'));
    const third = await oidc.refreshTokenGrant(config, second.refresh_token, undefined, { DPoP });
    assert.deepEqual((await verifyAccessToken(third.access_token)).cnf, { jkt: await DPoP.calculateThumbprint() });
  });
});

describe('openid-client: a machine', () => {
  let config;
  before(async () => { config = await discover(machine, oidc.ClientSecretPost(machine.client_secret)); });

  test('core_112 core_113 core_116: client credentials', async () => {
    const tokens = await oidc.clientCredentialsGrant(config, { audience: api.items });
    assert.equal(tokens.scope, 'read:items');
    assert.equal(tokens.refresh_token, undefined);
    assert.equal(tokens.id_token, undefined);
    const claims = await verifyAccessToken(tokens.access_token);
    assert.equal(claims.sub, `${machine.client_id}@clients`);
    assert.equal(claims.gty, 'client-credentials');
    assert.equal(claims.aud, api.items);
  });

  test('core_187 core_191: DPoP without a challenge; without a proof a binding API gives nothing', async () => {
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
    config.answers.length = 0;
    const tokens = await oidc.clientCredentialsGrant(config, { audience: api.bound }, { DPoP });
    assert.deepEqual(config.answers, [200]);
    const { cnf } = await verifyAccessToken(tokens.access_token, { audience: api.bound });
    assert.equal(cnf.jkt, await DPoP.calculateThumbprint());
    await assert.rejects(oidc.clientCredentialsGrant(config, { audience: api.bound }), refusal(400, 'invalid_request'));
  });

  test('core_096: a wrong secret', async () => {
    const wrong = await discover(machine, oidc.ClientSecretPost('wrong'));
    await assert.rejects(oidc.clientCredentialsGrant(wrong, { audience: api.items }), refusal(401, 'access_denied', 'Unauthorized'));
  });
});
