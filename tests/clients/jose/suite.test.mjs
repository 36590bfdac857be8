import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { before, describe, test } from 'node:test';
import * as jose from 'jose';
import { obtainTokens } from '../shared/code-flow.mjs';
import { api, client, issuer, user } from '../shared/ready.mjs';

const web = client('Regular Web App');
const jwksUri = new URL('.well-known/jwks.json', issuer.https);
const keys = jose.createRemoteJWKSet(jwksUri);
const expected = { issuer: issuer.https, audience: api.items };

/** The token with some of its header and claims replaced, its signature kept. */
function tamper(token, { header = {}, claims = {} }) {
  const [, , signature] = token.split('.');
  const encode = (value) => jose.base64url.encode(JSON.stringify(value));
  return `${encode({ ...jose.decodeProtectedHeader(token), ...header })}.${encode({ ...jose.decodeJwt(token), ...claims })}.${signature}`;
}

describe('jose with the remote key set', () => {
  let tokens, curved, set;
  before(async () => {
    tokens = await obtainTokens(web, user('jose'), { audience: api.items, scope: 'openid profile read:items' });
    curved = await obtainTokens(web, user('jose'), { audience: api.curved, scope: 'openid read:items' });
    set = await (await fetch(jwksUri)).json();
  });

  test('core_199 core_200 core_201: the access token', async () => {
    const { payload, protectedHeader } = await jose.jwtVerify(tokens.access_token, keys, { ...expected, algorithms: ['RS256'], typ: 'JWT' });
    assert.ok(protectedHeader.kid);
    assert.deepEqual(payload.aud, [api.items, `${issuer.https}userinfo`]);
    assert.equal(payload.azp, web.client_id);
    assert.equal(payload.exp - payload.iat, tokens.expires_in);
    for (const claim of ['client_id', 'jti', 'nbf', 'gty']) assert.equal(payload[claim], undefined, claim);
  });

  test('core_038 core_205 core_206: the ID token', async () => {
    const { payload } = await jose.jwtVerify(tokens.id_token, keys, { issuer: issuer.https, audience: web.client_id, algorithms: ['RS256'], typ: 'JWT' });
    assert.equal(payload.aud, web.client_id);
    assert.equal(payload.nonce, tokens.nonce);
    assert.equal(payload.exp - payload.iat, 36000);
    assert.ok(payload.sid);
    assert.equal(payload.email, undefined);
  });

  test('core_199 core_200: an access token signed with ES256', async () => {
    const { payload } = await jose.jwtVerify(curved.access_token, keys, { issuer: issuer.https, audience: api.curved, algorithms: ['ES256'], typ: 'at+jwt' });
    assert.equal(payload.client_id, web.client_id);
    assert.ok(payload.jti);
    assert.equal(payload.azp, undefined);
  });

  test('core_247: keys with kid, x5t and the certificate that belongs to them', () => {
    const rsa = set.keys.filter(({ kty }) => kty === 'RSA');
    assert.ok(rsa.length >= 2, 'the current and the next key');
    assert.equal(new Set(set.keys.map(({ kid }) => kid)).size, set.keys.length);
    for (const key of set.keys) {
      assert.equal(key.use, 'sig');
      assert.ok(key.alg && key.kid);
      assert.equal(key.d, undefined);
    }
    for (const { x5c, x5t, n } of rsa) {
      const certificate = Buffer.from(x5c[0], 'base64');
      assert.equal(createHash('sha1').update(certificate).digest('base64url'), x5t);
      assert.equal(new X509Certificate(certificate).publicKey.export({ format: 'jwk' }).n, n);
    }
  });

  test('changed claims and a changed signature are refused', async () => {
    const wider = tamper(tokens.access_token, { claims: { scope: 'write:items' } });
    await assert.rejects(jose.jwtVerify(wider, keys, expected), jose.errors.JWSSignatureVerificationFailed);
    const [header, claims] = tokens.access_token.split('.');
    const foreign = tokens.id_token.split('.')[2];
    await assert.rejects(jose.jwtVerify(`${header}.${claims}.${foreign}`, keys, expected), jose.errors.JWSSignatureVerificationFailed);
  });

  test('alg none and swapped algorithms are refused', async () => {
    const [key] = set.keys.filter(({ kid }) => kid === jose.decodeProtectedHeader(tokens.access_token).kid);
    const pem = new TextEncoder().encode(await jose.exportSPKI(await jose.importJWK(key, 'RS256')));
    const confused = await new jose.SignJWT(jose.decodeJwt(tokens.access_token)).setProtectedHeader({ alg: 'HS256', kid: key.kid }).sign(pem);
    const none = `${tamper(tokens.access_token, { header: { alg: 'none' } }).split('.').slice(0, 2).join('.')}.`;
    const swapped = ['RS512', 'PS256', 'ES256'].map((alg) => tamper(tokens.access_token, { header: { alg } }));
    for (const token of [confused, none, ...swapped]) await assert.rejects(jose.jwtVerify(token, keys, expected), jose.errors.JOSEError);
  });

  test('a foreign audience, a foreign issuer and the end of the lifetime are refused', async () => {
    await assert.rejects(jose.jwtVerify(tokens.access_token, keys, { ...expected, audience: api.bound }), { claim: 'aud' });
    await assert.rejects(jose.jwtVerify(tokens.id_token, keys, expected), { claim: 'aud' });
    await assert.rejects(jose.jwtVerify(tokens.access_token, keys, { ...expected, issuer: issuer.http }), { claim: 'iss' });
    const later = new Date((jose.decodeJwt(tokens.access_token).exp + 1) * 1000);
    await assert.rejects(jose.jwtVerify(tokens.access_token, keys, { ...expected, currentDate: later }), jose.errors.JWTExpired);
  });
});
