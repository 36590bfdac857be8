import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { authorization, obtainTokens, tokenRequest } from '../shared/code-flow.mjs';
import { Visitor, parseSetCookie, signIn } from '../shared/hosted-login.mjs';
import { api, client, issuer, origin, user } from '../shared/ready.mjs';
import { verifyAccessToken } from '../shared/verify.mjs';

const ada = user('http-domain');
const web = client('Regular Web App');

/** A visitor that remembers every cookie that it was given. */
class Collector extends Visitor {
  given = [];

  async send(url, init) {
    const response = await super.send(url, init);
    this.given.push(...response.headers.getSetCookie().map(parseSetCookie));
    return response;
  }

  lastGiven(name) { return this.given.findLast((cookie) => cookie.name === name); }
}

async function signedIn(scheme) {
  const visitor = new Collector();
  await signIn(authorization(web, { scheme }).url, ada, { visitor });
  return visitor;
}

const silently = async (visitor, scheme) =>
  (await signIn(authorization(web, { scheme, prompt: 'none' }).url, ada, { visitor })).searchParams.get('error');

describe('cookies and issuers of the two domains', () => {
  test('core_270: https sets auth0 and auth0_compat together', async () => {
    const visitor = await signedIn('https');
    const [session, compat] = [visitor.lastGiven('auth0'), visitor.lastGiven('auth0_compat')];
    assert.equal(session.value, compat.value);
    for (const cookie of [session, compat]) assert.ok(cookie.secure && cookie.httponly && cookie.path === '/', cookie.name);
    assert.equal(session.samesite, 'None');
    assert.equal(compat.samesite, undefined);
    assert.equal(session.domain, undefined);
    for (const { name, secure, httponly } of visitor.given) assert.ok(secure && httponly, name);
  });

  test('core_271: auth0_compat alone still authenticates', async () => {
    const visitor = await signedIn('https');
    const later = new Visitor();
    later.jar.set('auth0_compat', visitor.jar.get('auth0_compat'));
    assert.equal(await silently(later, 'https'), null);
  });

  test('on the http domain cookies end in _http, are SameSite=Lax and not Secure', async () => {
    const visitor = await signedIn('http');
    assert.ok(visitor.lastGiven('auth0_http'));
    for (const cookie of visitor.given) {
      assert.match(cookie.name, /_http$/);
      assert.doesNotMatch(cookie.name, /^__/);
      assert.equal(cookie.secure, undefined, cookie.name);
      assert.equal(cookie.samesite, 'Lax', cookie.name);
      assert.ok(cookie.httponly, cookie.name);
    }
    assert.equal(await silently(visitor, 'http'), null);
  });

  test('core_039: a session of the other domain counts as none', async () => {
    const visitor = await signedIn('https');
    assert.equal(await silently(visitor, 'http'), 'login_required');
    visitor.jar.set('auth0_http', visitor.jar.get('auth0'));
    assert.equal(await silently(visitor, 'http'), 'login_required');
    assert.equal(await silently(visitor, 'https'), null);
  });

  test('core_003: each domain is an issuer of its own', async () => {
    for (const scheme of ['https', 'http']) {
      const document = await (await fetch(new URL('/.well-known/openid-configuration', origin[scheme]))).json();
      assert.equal(document.issuer, issuer[scheme]);
      for (const name of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri', 'revocation_endpoint']) {
        assert.ok(document[name].startsWith(issuer[scheme]), name);
      }
    }
  });

  test('core_234: tokens of one domain are refused by the other', async () => {
    const tokens = await obtainTokens(web, ada, { scheme: 'http', audience: api.items, scope: 'openid offline_access read:items' });
    await verifyAccessToken(tokens.access_token, { scheme: 'http' });
    const userinfo = async (scheme) => {
      const headers = { authorization: `Bearer ${tokens.access_token}` };
      return (await fetch(new URL('/userinfo', origin[scheme]), { headers })).status;
    };
    assert.equal(await userinfo('http'), 200);
    assert.equal(await userinfo('https'), 401);
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
    assert.equal((await tokenRequest(web, refresh, { scheme: 'https' })).status, 403);
    assert.equal((await tokenRequest(web, refresh, { scheme: 'http' })).status, 200);
  });
});
