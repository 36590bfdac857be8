import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { kindOf, signIn, Visitor } from '../shared/hosted-login.mjs';
import { client, issuer, user } from '../shared/ready.mjs';
import { serve } from './app.mjs';

const ada = user('passport');
const web = client('Passport Web App');

describe('passport-openidconnect', () => {
  let app;
  before(async () => { app = await serve(web); });
  after(() => app?.stop());

  /** Opens a path of the app; returns where it leads, or its JSON answer. */
  async function open(visitor, path) {
    const { left, page } = await visitor.open(new URL(path, app.base));
    return left ? { left } : { status: page.status, body: JSON.parse(page.html) };
  }

  /** Goes from a path of the app to the server and back to the app's callback, which is not opened yet. */
  async function authorize(visitor, path, options) {
    const { left } = await open(visitor, path);
    assert.equal(left.origin, new URL(issuer.https).origin);
    return signIn(left, ada, { visitor, ...options });
  }

  const logIn = async (visitor, path = '/login') => open(visitor, await authorize(visitor, path));

  test('a user who declines comes back as a failed authentication', async () => {
    const visitor = new Visitor();
    const { status, body } = await open(visitor, await authorize(visitor, '/asking', { consent: 'deny' }));
    assert.equal(status, 401);
    assert.equal(body.name, 'AuthenticationError');
    assert.equal((await open(visitor, '/')).body, null);
  });

  test('core_025 core_037 core_038 core_097 core_232: a login makes a session of the app, with userinfo in it', async () => {
    const visitor = new Visitor();
    const { status, body } = await logIn(visitor);
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.iss, issuer.https);
    assert.equal(body.id, ada.user_id);
    assert.equal(body.email, ada.email);
    assert.deepEqual(body.scope.split(' ').sort(), ['email', 'offline_access', 'openid', 'profile']);
    assert.ok(body.refreshToken);
    assert.deepEqual((await open(visitor, '/')).body, body);
    assert.equal((await open(new Visitor(), '/')).body, null);
  });

  test('a second login needs no page, and max_age brings auth_time', async () => {
    const visitor = new Visitor();
    await logIn(visitor);
    const { left } = await open(visitor, '/recent');
    assert.equal(left.searchParams.get('max_age'), '3600');
    const { left: callback } = await visitor.open(left);
    const { body } = await open(visitor, callback);
    assert.equal(body.id, ada.user_id);
    assert.ok(Date.parse(body.context.timestamp) > Date.now() - 60_000, JSON.stringify(body.context));
  });

  test('core_039: a silent login without a session is an error of the strategy', async () => {
    const visitor = new Visitor();
    const { left } = await open(visitor, '/silent');
    const { left: callback } = await visitor.open(left);
    assert.deepEqual((await open(visitor, callback)).body,
      { name: 'AuthorizationError', code: 'login_required', message: 'Login required' });
  });

  test('another state is refused by the strategy', async () => {
    const visitor = new Visitor();
    const callback = await authorize(visitor, '/login');
    callback.searchParams.set('state', 'another');
    assert.equal((await open(visitor, callback)).status, 403);
  });

  test('core_102: a code that was used is a token error of the strategy', async () => {
    const visitor = new Visitor();
    const first = await authorize(visitor, '/login');
    await open(visitor, first);
    const { left } = await open(visitor, '/login');
    const { left: second } = await visitor.open(left);
    second.searchParams.set('code', first.searchParams.get('code'));
    const { body } = await open(visitor, second);
    assert.deepEqual(body, { name: 'TokenError', code: 'invalid_grant', message: 'Invalid authorization code' });
  });

  test('core_253 core_258: logout ends both sessions', async () => {
    const visitor = new Visitor();
    await logIn(visitor);
    const { left: logout } = await open(visitor, '/logout');
    assert.equal(logout.pathname, '/v2/logout');
    const { left: back } = await visitor.open(logout);
    assert.equal(back.origin, app.base);
    assert.equal((await open(visitor, back)).body, null);
    const { left } = await open(visitor, '/login');
    const { page } = await visitor.open(left);
    assert.equal(kindOf(page), 'login');
  });
});
