import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchBrowser } from '../shared/browser.mjs';
import { client, issuer, origin, user } from '../shared/ready.mjs';
import { verifyAccessToken } from '../shared/verify.mjs';
import { serve } from './app.mjs';
import { Person } from './person.mjs';

const ada = user('express-openid-connect');
const web = client('Express Web App');
/** Two apps of one client; each lies on 127.0.0.1 and so on another site than the server. */
const modes = [
  { mode: 'query', method: 'GET', callback: web.callbacks[0], options: { auth0Logout: true }, logoutPath: '/v2/logout' },
  { mode: 'form_post', method: 'POST', callback: web.callbacks[1], options: { auth0Logout: false }, logoutPath: '/oidc/logout' },
];

let browser;
before(async () => { browser = await launchBrowser(); });
after(() => browser?.close());

for (const { mode, method, callback, options, logoutPath } of modes) {
  describe(`express-openid-connect, response_mode ${mode}`, () => {
    let app;
    before(async () => { app = await serve(web, callback, mode, options); });
    after(() => app?.stop());

    /** Runs a test in a browser profile of its own. */
    const scenario = (title, run) => test(`${title} (${mode})`, async () => {
      const context = await browser.context();
      try {
        await run(new Person(await context.newPage(), app, ada), context);
      } finally {
        await context.close();
      }
    });

    scenario('a user who declines is an error at the callback, and no session', async (person) => {
      assert.equal((await person.visit('/consent', { consent: 'deny' })).error, 'access_denied');
      assert.deepEqual(person.callbacks.map((request) => request.method()), [method]);
      assert.deepEqual(await person.visit('/'), { user: null });
    });

    scenario(`core_025 core_037 core_038 core_097 core_232${mode === 'form_post' ? ' core_033' : ''}: login and userinfo`, async (person) => {
      const profile = await person.visit('/profile');
      assert.equal(profile.email, ada.email);
      assert.equal(person.hosted[0], 'login');
      assert.deepEqual(person.callbacks.map((request) => request.method()), [method]);
      const { user: session } = await person.visit('/');
      assert.equal(session.sub, ada.user_id);
      assert.ok(session.sid);
    });

    scenario('a second login shows no page', async (person, context) => {
      await person.visit('/profile');
      await context.clearCookies({ name: 'appSession' });
      assert.equal((await person.visit('/profile')).sub, ada.user_id);
      assert.deepEqual(person.hosted, []);
      assert.equal(person.callbacks.length, 1);
    });

    scenario('core_039: a silent login without a session leaves the visitor anonymous', async (person) => {
      assert.deepEqual(await person.visit('/silent'), { user: null });
      assert.deepEqual(person.hosted, []);
      const [request] = person.callbacks;
      const answer = method === 'POST' ? new URLSearchParams(request.postData()) : new URL(request.url()).searchParams;
      assert.equal(answer.get('error'), 'login_required');
    });

    scenario('a silent login with a session signs the visitor in', async (person, context) => {
      await person.visit('/profile');
      await context.clearCookies({ name: /appSession|skipSilentLogin/ });
      assert.equal((await person.visit('/silent')).user.sub, ada.user_id);
      assert.deepEqual(person.hosted, []);
    });

    scenario('core_126: a refresh in the session', async (person) => {
      await person.visit('/profile');
      const { access_token, claims } = await person.visit('/refreshed');
      assert.equal((await verifyAccessToken(access_token)).sub, ada.user_id);
      assert.equal(claims.iss, issuer.https);
    });

    scenario(`${mode === 'query' ? 'core_253 core_257 core_258' : 'core_260'}: logout by ${logoutPath} asks nothing and ends the session at the server`, async (person) => {
      await person.visit('/profile');
      const logout = person.page.waitForRequest((request) => request.url().startsWith(origin.https));
      assert.deepEqual(await person.visit('/logout'), { user: null });
      assert.equal(new URL((await logout).url()).pathname, logoutPath);
      assert.deepEqual(person.hosted, []);
      await person.visit('/profile');
      assert.equal(person.hosted[0], 'login');
    });
  });
}

test("core_029 core_033: the library's default, an ID token by form_post, is refused until the client may use the implicit grant", async () => {
  const app = await serve(web, web.callbacks[1], 'form_post', { authorizationParams: { response_type: 'id_token' } });
  const context = await browser.context();
  try {
    const person = new Person(await context.newPage(), app, ada);
    assert.equal((await person.visit('/profile')).error, 'unauthorized_client');
    assert.deepEqual(person.callbacks.map((request) => request.method()), ['POST']);
    assert.deepEqual(person.hosted, []);
  } finally {
    await context.close();
    await app.stop();
  }
});
