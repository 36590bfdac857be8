import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { obtainTokens, tokenRequest } from '../shared/code-flow.mjs';
import { api, client, issuer, user } from '../shared/ready.mjs';

const machine = client('Machine');
const guard = (audience, options) => auth({ issuerBaseURL: issuer.https, audience, clockTolerance: 0, ...options });
const machineToken = async (audience) =>
  (await tokenRequest(machine, { grant_type: 'client_credentials', audience })).body.access_token;

describe('express-oauth2-jwt-bearer', () => {
  let server, base;
  before(async () => {
    const app = express();
    const greet = (request, response) => response.json(request.auth.payload);
    app.get('/items', guard(api.items), requiredScopes('read:items'), greet);
    app.get('/write', guard(api.items), requiredScopes('write:items'), greet);
    app.get('/curved', guard(api.curved, { strict: true, tokenSigningAlg: 'ES256' }), greet);
    app.get('/brief', guard(api.brief), greet);
    app.get('/bound', guard(api.bound, { strict: true, dpop: { enabled: true, required: true } }), greet);
    app.use((problem, request, response, next) => {
      if (response.headersSent) return next(problem);
      return response.status(problem.status ?? 500).set(problem.headers ?? {}).json({ error: problem.code ?? problem.message });
    });
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${server.address().port}`;
  });
  after(() => server?.close());

  const call = async (path, token) => {
    const response = await fetch(base + path, { headers: token ? { authorization: `Bearer ${token}` } : {} });
    return { status: response.status, body: await response.json() };
  };

  test('core_113: accepts the token of a machine, with its scope only', async () => {
    const token = await machineToken(api.items);
    const { status, body } = await call('/items', token);
    assert.equal(status, 200);
    assert.equal(body.sub, `${machine.client_id}@clients`);
    assert.deepEqual(await call('/write', token), { status: 403, body: { error: 'insufficient_scope' } });
  });

  test('core_201: accepts the token of a user', async () => {
    const { access_token } = await obtainTokens(client('Regular Web App'), user('express'), { audience: api.items, scope: 'openid write:items' });
    const { status, body } = await call('/write', access_token);
    assert.equal(status, 200);
    assert.equal(body.sub, user('express').user_id);
  });

  test('core_199: accepts RFC 9068 tokens signed with ES256 under its strict mode', async () => {
    const { status, body } = await call('/curved', await machineToken(api.curved));
    assert.equal(status, 200, body.error);
  });

  test('refuses no token, a tampered one and one for another API', async () => {
    assert.equal((await call('/items')).status, 401);
    const token = await machineToken(api.items);
    const [header, , signature] = token.split('.');
    const claims = Buffer.from(JSON.stringify({ ...decodeJwt(token), scope: 'write:items' })).toString('base64url');
    assert.deepEqual(await call('/write', `${header}.${claims}.${signature}`), { status: 401, body: { error: 'invalid_token' } });
    assert.deepEqual(await call('/items', await machineToken(api.curved)), { status: 401, body: { error: 'invalid_token' } });
  });

  test('refuses an expired token', async () => {
    const token = await machineToken(api.brief);
    const { exp, iat } = decodeJwt(token);
    assert.equal(exp - iat, 1);
    while (Date.now() / 1000 < exp + 1) await sleep(200);
    assert.deepEqual(await call('/brief', token), { status: 401, body: { error: 'invalid_token' } });
  });

  test('core_187: accepts a DPoP-bound token with its proof, refuses it with another key and as Bearer', async () => {
    const as = await oauth.processDiscoveryResponse(new URL(issuer.https), await oauth.discoveryRequest(new URL(issuer.https)));
    const app = { client_id: machine.client_id };
    const [DPoP, other] = [oauth.DPoP(app, await oauth.generateKeyPair('ES256')), oauth.DPoP(app, await oauth.generateKeyPair('ES256'))];
    const { access_token } = await oauth.processClientCredentialsResponse(as, app, await oauth.clientCredentialsGrantRequest(
      as, app, oauth.ClientSecretPost(machine.client_secret), { audience: api.bound }, { DPoP }));
    const bound = (proof) => oauth.protectedResourceRequest(access_token, 'GET', new URL('/bound', base), undefined, undefined,
      { DPoP: proof, [oauth.allowInsecureRequests]: true }).then((response) => response.status, (problem) => problem.status);
    assert.equal(await bound(DPoP), 200);
    assert.equal(await bound(other), 401);
    assert.notEqual((await call('/bound', access_token)).status, 200);
  });
});
