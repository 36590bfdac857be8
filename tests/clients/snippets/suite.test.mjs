import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { launchBrowser } from '../shared/browser.mjs';
import { logIn, selectors } from '../shared/login-page.mjs';
import { caFile, user } from '../shared/ready.mjs';
import { verifyAccessToken } from '../shared/verify.mjs';
import { freePorts } from '../tenant.mjs';

const ada = user('snippets');

/** What the program prints, put into files beside the packages. */
function paste(sdk, file) {
  const print = (...more) => execFileSync(process.env.COUNTERSIGN_BINARY, ['env', sdk, '--data', dirname(caFile), ...more], { encoding: 'utf8' });
  const folder = join(import.meta.dirname, '..', 'artifacts', 'snippets', sdk);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '.env'), print());
  writeFileSync(join(folder, file), print('--code'));
  return { folder, file };
}

/** A shell's command that runs the pasted code in the pasted environment. */
const command = ({ file }, set = '') => ['-c', `set -a; . ./.env; ${set} exec node ${file}`];
/** Nothing of this suite's own environment that the pasted one should bring. */
const clean = { PATH: process.env.PATH, HOME: process.env.HOME };

/** The pasted environment as a shell reads it. */
function variables({ folder }) {
  const text = execFileSync('sh', ['-c', 'set -a; . ./.env; env'], { cwd: folder, encoding: 'utf8', env: clean });
  return Object.fromEntries(text.trim().split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** Runs the pasted code as a server until the test is over. */
async function serve(t, pasted, url, set) {
  const child = spawn('sh', command(pasted, set), { cwd: pasted.folder, env: clean, stdio: 'inherit' });
  t.after(() => child.kill());
  for (let tries = 0; tries < 300; tries += 1) {
    if (await fetch(url, { redirect: 'manual' }).then(() => true, () => false)) return;
    assert.equal(child.exitCode, null, 'the snippet ended');
    await sleep(100);
  }
  throw new Error(`${url} does not answer`);
}

const machineToken = () => {
  const pasted = paste('node', 'token.mjs');
  return execFileSync('sh', command(pasted), { cwd: pasted.folder, env: clean, encoding: 'utf8' }).trim();
};

let browser;
before(async () => { browser = await launchBrowser(); });
after(() => browser?.close());

/** Opens an application and signs in where it leads. */
async function signInAt(t, url) {
  const context = await browser.context();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForSelector(selectors.password);
  await logIn(page, ada);
  await page.waitForURL((at) => at.origin === new URL(url).origin && at.pathname === '/' && !at.search);
  return page;
}

describe('the snippets of countersign env', () => {
  test('node: auth0 gets a token for itself', async () => {
    const claims = await verifyAccessToken(machineToken());
    assert.equal(claims.scope, 'read:items');
    assert.equal(claims.gty, 'client-credentials');
  });

  test('api: express-oauth2-jwt-bearer lets in who has the permission', async (t) => {
    const pasted = paste('api', 'api.mjs');
    const [port] = await freePorts(1);
    const url = `http://localhost:${port}/items`;
    await serve(t, pasted, url, `PORT=${port}`);
    const ask = (headers) => fetch(url, { headers });
    const answer = await ask({ authorization: `Bearer ${machineToken()}` });
    assert.equal(answer.status, 200);
    assert.match((await answer.json()).caller, /@clients$/);
    assert.equal((await ask({})).status, 401);
    assert.equal((await ask({ authorization: 'Bearer x.y.z' })).status, 401);
  });

  test('express: express-openid-connect signs a user in', async (t) => {
    const pasted = paste('express', 'app.mjs');
    const { BASE_URL } = variables(pasted);
    await serve(t, pasted, `${BASE_URL}/login`);
    const page = await signInAt(t, `${BASE_URL}/`);
    assert.equal(JSON.parse(await page.innerText('body')).email, ada.email);
  });

  test('spa: @auth0/auth0-spa-js signs a user in', async (t) => {
    const pasted = paste('spa', 'main.js');
    const known = variables(pasted);
    const sdk = createRequire(import.meta.url).resolve('@auth0/auth0-spa-js/package.json');
    const files = {
      '/': ['text/html', '<!doctype html><title>App</title><script type="importmap">{"imports":{"@auth0/auth0-spa-js":"/sdk.js"}}</script>'
        + '<body><script type="module" src="/main.js"></script>'],
      // As Vite does it: each variable is put in where it is named.
      '/main.js': ['text/javascript', readFileSync(join(pasted.folder, 'main.js'), 'utf8').replace(/import\.meta\.env\.(\w+)/g, (_, name) => JSON.stringify(known[name]))],
      '/sdk.js': ['text/javascript', readFileSync(join(dirname(sdk), 'dist', 'auth0-spa-js.production.esm.js'))],
    };
    const { callbacks } = JSON.parse(readFileSync(process.env.COUNTERSIGN_READY_FILE, 'utf8')).clients.find(({ app_type }) => app_type === 'spa');
    const server = createServer((request, response) => {
      const [type, body] = files[request.url.split('?')[0]] ?? [];
      response.writeHead(body ? 200 : 404, { 'content-type': type ?? 'text/plain' }).end(body);
    });
    await new Promise((done) => server.listen(Number(new URL(callbacks[0]).port), done));
    t.after(() => server.close());
    t.after(() => server.closeAllConnections());
    const page = await signInAt(t, callbacks[0]);
    await page.waitForFunction(() => document.body.innerText.startsWith('Hello'));
    assert.equal(await page.innerText('body'), `Hello ${ada.name ?? 'Ada snippets'}`);
  });

  test('a client is chosen by its name, and what is not there is named', () => {
    const env = (...args) => execFileSync(process.env.COUNTERSIGN_BINARY, ['env', ...args, '--data', dirname(caFile)], { encoding: 'utf8', stdio: 'pipe' });
    assert.match(env('express', '--client', 'Web App'), /^CLIENT_ID=SnippetWebApp0000000000000000001$/m);
    assert.throws(() => env('express', '--client', 'nobody'), (problem) => problem.status === 1 && /--client: the tenant has no `nobody`/.test(problem.stderr));
  });
});
