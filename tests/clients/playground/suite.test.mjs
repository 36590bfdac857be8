import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { complaints, inspect, policyOf } from '../pages/inspect.mjs';
import { launchBrowser } from '../shared/browser.mjs';
import { logIn, selectors } from '../shared/login-page.mjs';
import { api, issuer, origin, user } from '../shared/ready.mjs';
import { verifyAccessToken } from '../shared/verify.mjs';

const ada = user('playground');
const artifacts = join(import.meta.dirname, '..', 'artifacts', 'playground');
mkdirSync(artifacts, { recursive: true });

let browser;
before(async () => { browser = await launchBrowser(); });
after(() => browser?.close());

/** A visit to the playground in a browser profile of its own. */
class Visit {
  constructor(page, scheme) {
    Object.assign(this, { page, url: `${origin[scheme]}/playground`, found: complaints(page) });
  }

  async open() {
    await this.page.goto(this.url);
    await this.page.waitForSelector('#sign-in:enabled');
  }

  async choose(settings) {
    for (const [name, value] of Object.entries({ audience: api.items, ...settings })) {
      if (name === 'scope') await this.page.fill('#scope', value);
      else if (name === 'dpop') await this.page.setChecked('#dpop', value);
      else await this.page.selectOption(`#${name}`, value);
    }
  }

  /** Sends the request, and signs in if asked. */
  async signIn(settings = {}) {
    await this.choose(settings);
    await this.page.click('#sign-in');
    await this.page.waitForSelector(`${selectors.password}, #callback:not([data-state=later])`);
    if (await this.page.locator(selectors.password).count()) await logIn(this.page, ada);
    await this.done('callback');
  }

  async run(step) {
    await this.page.click(`#${step}-run`);
    await this.done(step);
  }

  async done(step, state = 'done') {
    await this.page.waitForSelector(`#${step}[data-state=done], #${step}[data-state=failed]`);
    const seen = await this.page.getAttribute(`#${step}`, 'data-state');
    assert.equal(seen, state, `${step}: ${await this.page.innerText(`#${step}`)}`);
  }

  text(selector) { return this.page.locator(selector).innerText(); }
  token(name) { return this.text(`#tokens [data-token=${name}] .raw`); }
  value(within, name) { return this.text(`${within} [data-name=${name}] .value`); }
}

const visiting = (title, options, run) => test(title, async () => {
  const { scheme = 'https', ...context } = options;
  const opened = await browser.context(context);
  try {
    const visit = new Visit(await opened.newPage(), scheme);
    await visit.open();
    await run(visit);
    assert.deepEqual(visit.found, []);
  } finally {
    await opened.close();
  }
});

const decode = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());

describe('the playground', () => {
  for (const scheme of ['https', 'http']) {
    visiting(`goes from the request to the logout with bound tokens (${scheme})`, { scheme }, async (visit) => {
      assert.match(await visit.text('#request-shown'), /code_challenge_method\s+S256/);
      await visit.signIn();
      assert.equal(visit.page.url(), visit.url, 'the code does not stay in the address');
      await visit.run('exchange');
      await visit.done('tokens');
      const exchanges = visit.page.locator('#exchange .exchange');
      assert.match(await exchanges.last().innerText(), /DPoP: ey/);
      const [access, id] = [await visit.token('access_token'), await visit.token('id_token')];
      const claims = await verifyAccessToken(access, { scheme });
      assert.equal(claims.sub, ada.user_id);
      const [header, proof] = (await visit.page.locator('#exchange [data-token=proof] .raw').last().textContent()).split('.').map((part, at) => (at < 2 ? decode(part) : part));
      assert.equal(header.typ, 'dpop+jwt');
      assert.deepEqual(Object.keys(header.jwk).sort(), ['crv', 'kty', 'x', 'y'], 'the private key stays where it is');
      assert.equal(proof.htu, `${origin[scheme]}/oauth/token`);
      assert.ok(claims.cnf.jkt);
      assert.equal(decode(id.split('.')[1]).iss, issuer[scheme]);
      const verified = visit.page.locator('#tokens .notice-good', { hasText: 'verified in this browser' });
      assert.equal(await verified.count(), 2);
      assert.match(await visit.text('#tokens [data-token=access_token] [data-name=exp]'), /in \d+ hours|tomorrow|in 1 day/);

      await visit.run('userinfo');
      assert.equal(await visit.value('#userinfo', 'email'), ada.email);
      await visit.page.click('#userinfo summary');
      assert.ok(await visit.value('#userinfo [data-token=proof]', 'ath'));

      await visit.run('refresh');
      assert.equal(await visit.page.getAttribute('#refresh [data-rotated]', 'data-rotated'), 'true');
      assert.notEqual(await visit.token('access_token'), access);

      await inspect(visit.page, `../playground/whole-${scheme}`);
      await visit.page.click('#logout-run');
      await visit.done('logout');
      await visit.choose({ prompt: 'none' });
      await visit.page.click('#sign-in');
      await visit.done('callback', 'failed');
      assert.match(await visit.text('#callback-shown'), /login_required/);
    });
  }

  for (const response_mode of ['fragment', 'form_post']) {
    visiting(`takes the answer by ${response_mode}, without a proof where none is wanted`, {}, async (visit) => {
      await visit.signIn({ response_mode, dpop: false });
      await visit.run('exchange');
      await visit.done('tokens');
      assert.equal(decode((await visit.token('access_token')).split('.')[1]).cnf, undefined);
      assert.equal(await visit.page.locator('#exchange [data-token=proof]').count(), 0);
      await visit.run('userinfo');
    });
  }

  visiting('takes a silent answer by web_message from a frame', {}, async (visit) => {
    await visit.signIn();
    await visit.open();
    await visit.choose({ prompt: 'none', response_mode: 'web_message' });
    await visit.page.click('#sign-in');
    await visit.done('callback');
    await visit.run('exchange');
    await visit.done('tokens');
  });

  visiting('takes an answer of another window for what it is', {}, async (visit) => {
    await visit.page.goto(`${visit.url}?code=stolen&state=other`);
    await visit.done('callback', 'failed');
    assert.match(await visit.text('#callback-shown'), /sent no request/);
    assert.ok(await visit.page.locator('#exchange-run').isDisabled());
    await visit.open();
    await visit.signIn();
    await visit.page.goto(`${visit.url}?code=stolen&state=other`);
    await visit.done('callback', 'failed');
    assert.match(await visit.text('#callback-shown'), /another request/);
  });

  const sizes = { desktop: { width: 1280, height: 960 }, narrow: { width: 320, height: 640 } };
  for (const colorScheme of ['light', 'dark']) {
    for (const [size, viewport] of Object.entries(sizes)) {
      visiting(`is accessible and fits: ${colorScheme}, ${size}`, { colorScheme, viewport }, async (visit) => {
        await inspect(visit.page, `../playground/request-${colorScheme}-${size}`);
        await visit.signIn();
        await visit.run('exchange');
        await visit.done('tokens');
        for (const summary of await visit.page.locator('summary').all()) await summary.click();
        await inspect(visit.page, `../playground/tokens-${colorScheme}-${size}`);
      });
    }
  }

  visiting('is used by keyboard alone', {}, async (visit) => {
    const press = async (wanted) => {
      for (let presses = 0; presses < 60; presses += 1) {
        if (await visit.page.evaluate((id) => document.activeElement?.id === id, wanted)) return visit.page.keyboard.press('Enter');
        await visit.page.keyboard.press('Tab');
      }
      throw new Error(`Tab does not reach ${wanted}`);
    };
    await press('sign-in');
    await visit.page.waitForSelector(selectors.password);
    await logIn(visit.page, ada);
    await visit.done('callback');
    assert.equal(await visit.page.evaluate(() => document.activeElement.id), 'exchange-run');
    await visit.page.keyboard.press('Enter');
    await visit.done('tokens');
  });

  test('carries a policy for one script, and no private key leaves the browser', async () => {
    const response = await fetch(`${origin.https}/playground`);
    const policy = policyOf(response.headers);
    assert.deepEqual(policy['default-src'], ["'none'"]);
    assert.match(policy['script-src'].join(' '), /^'nonce-[\w-]+'$/);
    assert.deepEqual(policy['connect-src'], ["'self'"]);
    assert.deepEqual(policy['frame-ancestors'], ["'none'"]);
    assert.equal(response.headers.get('x-frame-options'), 'DENY');
    assert.match(response.headers.get('cache-control'), /no-store/);
    assert.doesNotMatch(await response.text(), /\son\w+=|style=/);
    const again = policyOf((await fetch(`${origin.https}/playground`)).headers);
    assert.notDeepEqual(again['script-src'], policy['script-src']);
  });
});
