import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { serveApps } from '../shared/app-server.mjs';
import { launchBrowser } from '../shared/browser.mjs';
import { tokenRequest } from '../shared/code-flow.mjs';
import { logIn, selectors } from '../shared/login-page.mjs';
import { api, client, issuer, origin, user } from '../shared/ready.mjs';
import { verifyAccessToken } from '../shared/verify.mjs';
import { App } from './app.mjs';

const FIRST = 'Single Page App';
const SECOND = 'Second Single Page App';
const THIRD_PARTY = 'Third Party Page App';
const items = { audience: api.items, scope: 'openid profile email read:items' };

let browser, stopApps;
before(async () => {
  stopApps = await serveApps([FIRST, SECOND].flatMap((name) => client(name).callbacks));
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await stopApps?.();
});

for (const scheme of ['https', 'http']) {
  describe(`@auth0/auth0-spa-js over ${scheme}`, () => {
    const ada = user(`spa-${scheme}`);
    /** Runs a test in a browser profile of its own. */
    const scenario = (title, run) => test(`${title} (${scheme})`, async () => {
      const context = await browser.context();
      try {
        await run({ context, open: (name, options) => App.open(context, scheme, name, { authorizationParams: items, ...options }) });
      } finally {
        await context.close();
      }
    });

    scenario('core_025 core_037 core_038 core_101 core_201 core_250: login by redirect through the hosted page', async ({ open }) => {
      const app = await open(FIRST);
      await app.logIn(ada);
      assert.equal((await app.call('getUser')).email, ada.email);
      const claims = await app.call('getIdTokenClaims');
      assert.equal(claims.iss, issuer[scheme]);
      assert.equal(claims.aud, app.options.clientId);
      assert.equal(claims.sub, ada.user_id);
      const token = await app.token();
      assert.equal(token.token_type, 'Bearer');
      const access = await verifyAccessToken(token.access_token, { scheme });
      assert.equal(access.sub, ada.user_id);
      assert.deepEqual(access.aud, [api.items, `${issuer[scheme]}userinfo`]);
      assert.deepEqual(access.scope.split(' ').sort(), items.scope.split(' ').sort());
      assert.equal(app.traffic.token().length, 1);
    });

    scenario('core_039: silent login without a session is login_required', async ({ open }) => {
      const app = await open(FIRST);
      assert.deepEqual(await app.token(), { error: 'login_required', message: 'Login required' });
    });

    scenario('core_034 core_212: silent token by hidden iframe', async ({ open }) => {
      const app = await open(FIRST);
      await app.logIn(ada);
      const { sid } = await app.call('getIdTokenClaims');
      app.traffic.clear();
      await app.page.evaluate(() => {
        globalThis.messages = [];
        addEventListener('message', ({ origin, data }) => globalThis.messages.push({ origin, data }));
      });
      const token = await app.token({ cacheMode: 'off' });
      assert.equal((await verifyAccessToken(token.access_token, { scheme })).sub, ada.user_id);
      const [request] = app.traffic.authorize();
      assert.equal(request.inFrame, true);
      assert.equal(request.query.prompt, 'none');
      assert.equal(request.query.response_mode, 'web_message');
      const [message] = await app.page.evaluate(() => globalThis.messages);
      assert.equal(message.origin, origin[scheme]);
      assert.equal(message.data.type, 'authorization_response');
      assert.deepEqual(Object.keys(message.data.response).sort(), ['code', 'state']);
      assert.equal(message.data.response.state, request.query.state);
      assert.equal((await app.call('getIdTokenClaims')).sid, sid);
    });

    scenario('core_125 core_127 core_128: refresh tokens rotate, reuse ends the family', async ({ open }) => {
      const app = await open(FIRST, { useRefreshTokens: true, cacheLocation: 'localstorage' });
      await app.logIn(ada);
      const first = (await app.stored()).refresh_token;
      const token = await app.token({ cacheMode: 'off' });
      assert.equal((await verifyAccessToken(token.access_token, { scheme })).sub, ada.user_id);
      const second = (await app.stored()).refresh_token;
      assert.notEqual(second, first);
      assert.deepEqual(app.traffic.token().map(({ body }) => body.grant_type), ['authorization_code', 'refresh_token']);
      assert.deepEqual(app.traffic.authorize().map(({ inFrame }) => inFrame), [false]);

      const reused = await tokenRequest(client(FIRST), { grant_type: 'refresh_token', refresh_token: first }, { scheme });
      assert.equal(reused.status, 403);
      assert.deepEqual(reused.body, { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' });
      assert.equal((await app.token({ cacheMode: 'off' })).error, 'invalid_grant');
    });

    scenario('the web worker keeps the refresh token of an app with an in-memory cache', async ({ open }) => {
      const app = await open(FIRST, { useRefreshTokens: true });
      await app.logIn(ada);
      const token = await app.token({ cacheMode: 'off' });
      assert.equal((await verifyAccessToken(token.access_token, { scheme })).sub, ada.user_id);
      assert.deepEqual(app.traffic.authorize().map(({ inFrame }) => inFrame), [false]);
    });

    scenario('core_225: revokeRefreshToken ends the refresh token', async ({ open }) => {
      const app = await open(FIRST, { useRefreshTokens: true, cacheLocation: 'localstorage' });
      await app.logIn(ada);
      const { refresh_token } = await app.stored();
      assert.equal(await app.call('revokeRefreshToken'), undefined);
      const answer = await tokenRequest(client(FIRST), { grant_type: 'refresh_token', refresh_token }, { scheme });
      assert.equal(answer.status, 403);
      assert.equal(answer.body.error, 'invalid_grant');
    });

    scenario('core_101 core_185 core_186 core_252: DPoP mode, with the nonce read across origins', async ({ open }) => {
      const app = await open(FIRST, { useDpop: true });
      await app.logIn(ada);
      assert.deepEqual(app.traffic.token().map(({ status }) => status), [400, 200]);
      const token = await app.token();
      assert.equal(token.token_type, 'DPoP');
      const { cnf } = await verifyAccessToken(token.access_token, { scheme });
      assert.equal(cnf.jkt, app.traffic.authorize()[0].query.dpop_jkt);
      assert.ok(await app.call('getDpopNonce'));
    });

    scenario('core_232 core_237: /userinfo by fetchWithAuth with a DPoP proof', async ({ open }) => {
      const app = await open(FIRST, { useDpop: true });
      await app.logIn(ada);
      const { access_token } = await app.token();
      const profile = await app.page.evaluate(async ([url, items]) => {
        const fetcher = globalThis.client.createFetcher({ dpopNonceId: 'userinfo' });
        const response = await fetcher.fetchWithAuth(url, undefined, { audience: items.audience, scope: items.scope.split(' ') });
        return response.json();
      }, [`${origin[scheme]}/userinfo`, items]);
      assert.equal(profile.email, ada.email);
      const asBearer = await app.page.evaluate(async ([url, token]) =>
        (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status, [`${origin[scheme]}/userinfo`, access_token]);
      assert.equal(asBearer, 401);
    });

    scenario('core_143: refresh tokens in DPoP mode stay bound to the key of the browser', async ({ open }) => {
      const app = await open(FIRST, { useDpop: true, useRefreshTokens: true, cacheLocation: 'localstorage' });
      await app.logIn(ada);
      const before = await app.token();
      const renewed = await app.token({ cacheMode: 'off' });
      const [old, fresh] = await Promise.all([before, renewed].map((token) => verifyAccessToken(token.access_token, { scheme })));
      assert.deepEqual(fresh.cnf, old.cnf);
      const { refresh_token } = await app.stored();
      const stolen = await tokenRequest(client(FIRST), { grant_type: 'refresh_token', refresh_token }, { scheme });
      assert.notEqual(stolen.status, 200);
      assert.equal(stolen.body.access_token, undefined);
    });

    scenario('core_191: an API that requires DPoP gives nothing to an app without it', async ({ open }) => {
      const authorizationParams = { audience: api.bound, scope: 'openid read:items' };
      const plain = await open(FIRST, { authorizationParams });
      assert.equal((await plain.logIn(ada)).error, 'invalid_request');
      const app = await open(SECOND, { authorizationParams, useDpop: true });
      await app.leave();
      await app.arrive();
      const token = await app.token();
      assert.ok((await verifyAccessToken(token.access_token, { scheme, audience: api.bound })).cnf.jkt);
    });

    scenario('core_212: a second app is signed in by the same session without a login page', async ({ open }) => {
      const first = await open(FIRST);
      await first.logIn(ada);
      const silent = await open(SECOND);
      assert.equal((await verifyAccessToken((await silent.token()).access_token, { scheme })).azp, silent.options.clientId);
      const second = await open(SECOND);
      await second.leave();
      await second.arrive();
      assert.equal((await second.call('getUser')).email, ada.email);
      assert.deepEqual([...silent.traffic.pages(), ...second.traffic.pages()], []);
      const sids = await Promise.all([first, silent, second].map(async (app) => (await app.call('getIdTokenClaims')).sid));
      assert.ok(sids[0]);
      assert.deepEqual(new Set(sids).size, 1);
    });

    scenario('core_045 core_046: prompt=login asks again and says when', async ({ open }) => {
      const app = await open(FIRST);
      await app.logIn(ada);
      await app.leave({ authorizationParams: { prompt: 'login' } });
      await logIn(app.page, ada);
      await app.arrive();
      assert.equal(typeof (await app.call('getIdTokenClaims')).auth_time, 'number');
    });

    scenario('core_253 core_257 core_258: logout ends the session for every app', async ({ open }) => {
      const app = await open(FIRST);
      await app.logIn(ada);
      const second = await open(SECOND);
      assert.equal((await second.token()).error, undefined);
      app.traffic.clear();
      await app.logOut();
      assert.equal(app.page.url(), new URL(app.callback).href);
      assert.deepEqual(app.traffic.pages(), []);
      assert.equal(await app.call('isAuthenticated'), false);
      assert.equal((await app.token({ cacheMode: 'off' })).error, 'login_required');
      assert.equal((await second.token({ cacheMode: 'off' })).error, 'login_required');
    });

    scenario('a wrong password is told on the same page, the right one then works', async ({ open }) => {
      const app = await open(FIRST);
      const clumsy = user('mistaken');
      await app.leave();
      await logIn(app.page, clumsy, 'not the password');
      await app.page.waitForSelector(selectors.problem);
      assert.equal(new URL(app.page.url()).origin, origin[scheme]);
      assert.equal(await app.page.inputValue(selectors.username), clumsy.email);
      assert.equal(await app.page.inputValue(selectors.password), '');
      await logIn(app.page, clumsy);
      await app.arrive();
      assert.equal((await app.call('getUser')).email, clumsy.email);
    });

    scenario('an unknown user is told the same as a wrong password', async ({ open }) => {
      const texts = [];
      for (const email of [user('mistaken').email, 'nobody@users.example.test']) {
        const app = await open(FIRST);
        await app.leave();
        await logIn(app.page, { email, password: 'not the password' });
        texts.push(await app.page.textContent(selectors.problem));
      }
      assert.equal(texts[0], texts[1]);
    });

    scenario('core_040 core_076 core_077: a third-party app asks for consent once; declined is access_denied', async ({ context, open }) => {
      const app = await open(THIRD_PARTY);
      await app.leave();
      await logIn(app.page, ada);
      await app.page.click(selectors.deny);
      assert.deepEqual(await app.arrive(), { error: 'access_denied', message: 'User did not authorize the request' });
      assert.equal((await app.token()).error, 'consent_required');
      await app.leave();
      await app.page.click(selectors.accept);
      await app.arrive();
      assert.equal((await verifyAccessToken((await app.token()).access_token, { scheme })).azp, app.options.clientId);

      const again = await App.open(context, scheme, THIRD_PARTY, { authorizationParams: items });
      await again.leave();
      await again.arrive();
      assert.deepEqual(again.traffic.pages(), []);
    });

    scenario('core_249 core_251: an origin that nobody registered reads the keys but no token', async ({ context }) => {
      const page = await context.newPage();
      await page.goto(client(FIRST).callbacks.find((url) => url.startsWith(`${scheme}:`)).replace('localhost', '127.0.0.1'));
      const answers = await page.evaluate(async ([server, client_id]) => {
        const body = new URLSearchParams({ client_id, grant_type: 'refresh_token', refresh_token: 'x' });
        const keys = await fetch(`${server}/.well-known/jwks.json`);
        const token = await fetch(`${server}/oauth/token`, { method: 'POST', body }).catch((problem) => problem);
        return { keys: (await keys.json()).keys.length, token: token.name };
      }, [origin[scheme], client(FIRST).client_id]);
      assert.ok(answers.keys > 0);
      assert.equal(answers.token, 'TypeError');
    });
  });
}
