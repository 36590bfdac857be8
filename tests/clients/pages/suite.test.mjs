import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { serveApps } from '../shared/app-server.mjs';
import { launchBrowser } from '../shared/browser.mjs';
import { authorization } from '../shared/code-flow.mjs';
import { Visitor, kindOf, signIn } from '../shared/hosted-login.mjs';
import { parseForm, textOf } from '../shared/html.mjs';
import { logIn, selectors } from '../shared/login-page.mjs';
import { api, client, origin, user } from '../shared/ready.mjs';
import { background, complaints, inspect, policyOf } from './inspect.mjs';

const ada = user('pages');
const web = client('Regular Web App');
const local = web.callbacks.find((url) => url.startsWith('https://localhost:'));

const login = (parameters) => authorization(web, { redirectUri: local, ...parameters }).url;
const consent = () => authorization(client('Partner App'), { audience: api.items, scope: 'read:items' }).url;
const question = () => authorization(client('Confirming Native App')).url;
const logout = () => new URL('/oidc/logout', origin.https);
const unknownClient = () => new URL('/authorize?client_id=nobody&response_type=code', origin.https);

let browser, stopApps;
before(async () => {
  stopApps = await serveApps([local]);
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await stopApps?.();
});

/** Runs a test in a tab of a browser profile of its own. */
async function withTab(options, run) {
  const context = await browser.context(options);
  try {
    await run(await context.newPage());
  } finally {
    await context.close();
  }
}

const open = (page, url) => page.goto(url.href);
/** Puts a page that would submit itself in the place of the open one: scripts that come this way do not run. */
async function place(page, html) {
  await page.evaluate((inner) => { document.documentElement.innerHTML = inner; }, html.replace(/^.*?<html[^>]*>/s, ''));
  await page.waitForSelector('form#answer');
  await page.waitForFunction(() => document.styleSheets.length > 0);
}
const backAtTheApp = (page) => page.waitForURL((url) => url.href.startsWith(`${local}?`));

const sizes = {
  desktop: { viewport: { width: 1280, height: 960 } },
  narrow: { viewport: { width: 320, height: 640 } },
  zoomed: { viewport: { width: 640, height: 480 }, deviceScaleFactor: 2 }, // 200 % of 1280 by 960
};

describe('the hosted pages in a browser', () => {
  const backgrounds = {};

  for (const colorScheme of ['light', 'dark']) {
    for (const [size, screen] of Object.entries(sizes)) {
      test(`are accessible and fit: ${colorScheme}, ${size}`, () => withTab({ colorScheme, ...screen }, async (page) => {
        const found = complaints(page);
        const look = (name) => inspect(page, `${name}-${colorScheme}-${size}`);

        await open(page, login());
        backgrounds[colorScheme] = await background(page);
        await look('login');
        await logIn(page, { email: 'nobody@users.example.test', password: 'not the password' });
        await page.waitForSelector(selectors.problem);
        await look('login-refused');
        await logIn(page, ada);
        await backAtTheApp(page);

        await open(page, consent());
        await page.waitForSelector(selectors.accept);
        await look('consent');
        await open(page, question());
        await page.waitForSelector(selectors.accept);
        await look('confirmation');
        await open(page, unknownClient());
        await page.waitForSelector(selectors.error);
        await look('error');

        await place(page, (await new Visitor().open(login({ response_mode: 'form_post', prompt: 'none' }))).page.html);
        await look('form-post');

        await open(page, logout());
        await page.waitForSelector(selectors.accept);
        await look('logout');
        await page.click(selectors.deny);
        await page.waitForSelector('[data-notice="still-signed-in"]');
        await look('still-signed-in');
        await open(page, logout());
        await page.click(selectors.accept);
        await page.waitForSelector('[data-notice="signed-out"]');
        await look('signed-out');
        assert.deepEqual(found, []);
      }));
    }
  }

  test('have a dark side', () => assert.notEqual(backgrounds.light, backgrounds.dark));

  test('core_076: work without JavaScript; a declined consent of a guarded client ends on the error page',
    () => withTab({ javaScriptEnabled: false }, async (page) => {
      await open(page, login());
      await logIn(page, ada);
      await backAtTheApp(page);
      assert.ok(new URL(page.url()).searchParams.get('code'));
      await open(page, consent());
      await page.click(selectors.deny);
      await page.waitForSelector(selectors.error);
      assert.equal(await page.getAttribute(selectors.error, 'data-error-code'), 'access_denied');
      assert.equal(await page.textContent(selectors.errorText), 'User did not authorize the request');
      await open(page, login({ response_mode: 'form_post' }));
      assert.equal(await page.getAttribute('form#answer', 'action'), local);
      assert.ok(await page.isVisible('form#answer button'));
      await open(page, logout());
      await page.click(selectors.accept);
      await page.waitForSelector('[data-notice="signed-out"]');
    }));

  test('cannot be framed', () => withTab({}, async (page) => {
    await page.goto(local);
    await page.evaluate((url) => new Promise((done) => {
      const frame = document.createElement('iframe');
      frame.onload = done;
      frame.src = url;
      document.body.append(frame);
    }), login().href);
    const [, framed] = page.frames();
    assert.equal(await framed.locator(selectors.password).count(), 0);
  }));
});

describe('the hosted pages on the wire', () => {
  const strict = ({ headers }) => {
    const policy = policyOf(headers);
    assert.ok(["'none'", "'self'"].includes(policy['default-src']?.join(' ')));
    assert.ok(["'none'", "'self'"].includes(policy['base-uri']?.join(' ')));
    assert.deepEqual(policy['frame-ancestors'], ["'none'"]);
    for (const source of ["'unsafe-inline'", "'unsafe-eval'", '*', 'https:', 'http:', 'data:']) {
      for (const name of ['default-src', 'script-src', 'style-src']) assert.ok(!policy[name]?.includes(source), `${name} ${source}`);
    }
    assert.equal(headers.get('x-frame-options')?.toUpperCase(), 'DENY');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.match(headers.get('cache-control') ?? '', /no-store/);
    return policy;
  };

  test('carry a strict policy that lets the form lead to the callback alone', async () => {
    const visitor = new Visitor();
    const { page } = await visitor.open(login());
    assert.deepEqual(strict(page)['form-action'].sort(), ["'self'", new URL(local).origin].sort());
    strict((await visitor.open(unknownClient())).page);
    await visitor.submit(page, { username: ada.email, password: ada.password }, 'default');
    strict((await visitor.open(consent())).page);
    const asked = (await visitor.open(question())).page;
    assert.ok(strict(asked)['form-action'].includes('com.example.confirming:'));
  });

  test('core_055: login_hint fills in the identifier, whatever it contains', async () => {
    const hint = '"><b>o\'hint</b>&amp;';
    const { page } = await new Visitor().open(login({ login_hint: hint }));
    const form = parseForm(page.html);
    assert.equal(form.values.username, hint);
    assert.equal(form.values.password ?? '', '');
    assert.match(page.html, /autocomplete="?[^">]*username/);
    assert.match(page.html, /autocomplete="?current-password/);
  });

  test('core_079 core_080: the confirmation of a custom scheme, cancelled and accepted', async () => {
    const visitor = new Visitor();
    await signIn(login(), ada, { visitor });
    const cancelled = await signIn(question(), ada, { visitor, consent: 'deny' });
    assert.equal(cancelled.protocol, 'com.example.confirming:');
    assert.equal(cancelled.searchParams.get('error'), 'access_denied');
    assert.equal(cancelled.searchParams.get('error_description'), 'User cancelled the confirmation prompt.');
    const accepted = await signIn(question(), ada, { visitor });
    assert.ok(accepted.searchParams.get('code'));
  });

  const mismatch = 'The provided redirect_uri is not in the list of allowed callback URLs.';
  const without = (name) => { const url = login(); url.searchParams.delete(name); return url; };
  const refused = [
    ['core_008: no client', without('client_id'), 400, 'invalid_request', 'Missing required parameter: client_id'],
    ['core_009: unknown client', unknownClient(), 400, 'invalid_request', 'Unknown client: nobody'],
    ['core_010: foreign callback', login({ redirectUri: 'https://evil.example.test/' }), 403, 'invalid_request', mismatch],
    ['core_012: callback with another slash', login({ redirectUri: `${local}/` }), 403, 'invalid_request', mismatch],
    ['core_035: web_message to an origin that is no web origin', login({ prompt: 'none', response_mode: 'web_message' }), 403],
  ];
  for (const [title, url, status, code, description] of refused) {
    test(`${title} ends on the error page`, async () => {
      const { page } = await new Visitor().open(url);
      assert.equal(page.status, status);
      assert.equal(kindOf(page), 'error');
      if (code) assert.match(page.html, new RegExp(`data-error-code="?${code}\\b`));
      if (description) assert.equal(textOf(page.html, 'error-description'), description);
    });
  }
});
