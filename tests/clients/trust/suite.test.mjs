import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { origin, caFile } from '../shared/ready.mjs';

const OTHER = 'Somebody else';
let home, databases;

const certutil = (...args) => execFileSync('certutil', args, { encoding: 'utf8', stdio: 'pipe' });
const trust = (command, ...more) => execFileSync(
  process.env.COUNTERSIGN_BINARY,
  ['trust', command, '--data', dirname(caFile), '--store', 'browsers', ...more],
  { encoding: 'utf8', stdio: 'pipe', env: { ...process.env, HOME: home } },
);
const listed = (database) => certutil('-L', '-d', `sql:${database}`);

/** Opens the server's page in a Chromium of this home, which is told nothing about certificates. */
async function visit() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    env: { ...process.env, HOME: home },
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
  });
  try {
    const page = await browser.newPage();
    const response = await page.goto(`${origin.https}/readyz`);
    return await response.text();
  } catch (problem) {
    return problem.message;
  } finally {
    await browser.close();
  }
}

before(() => {
  home = mkdtempSync(join(tmpdir(), 'countersign-trust-'));
  databases = ['.mozilla/firefox/abc.default-release', '.mozilla/firefox/def.work'].map((below) => join(home, below));
  for (const database of databases) {
    mkdirSync(database, { recursive: true });
    certutil('-N', '-d', `sql:${database}`, '--empty-password');
  }
  const key = join(home, 'other-key.pem');
  const certificate = join(home, 'other.pem');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=Other', '-keyout', key, '-out', certificate], { stdio: 'pipe' });
  certutil('-A', '-d', `sql:${databases[0]}`, '-t', 'C,,', '-n', OTHER, '-i', certificate);
});
after(() => rmSync(home, { recursive: true, force: true }));

describe('countersign trust', () => {
  test('Chromium refuses the server before', async () => {
    assert.match(await visit(), /ERR_CERT_AUTHORITY_INVALID/);
  });

  test('install says what it changed; Chromium then takes the server without a flag', async () => {
    const chromiums = join(home, '.local', 'share', 'pki', 'nssdb'); // Chromium made it when it was started before
    const said = trust('install');
    for (const database of [chromiums, ...databases]) {
      assert.match(said, new RegExp(`^authority [0-9a-f]{16} added to ${database} `, 'm'));
      assert.match(listed(database), /Countersign development authority [0-9a-f]{16}\s+C,,/);
    }
    assert.equal(said.trim().split('\n').length, 3);
    assert.equal(await visit(), 'ready');
  });

  test('install once more changes nothing', () => {
    const before = databases.map(listed);
    assert.equal(trust('install').match(/is already in/g).length, 3);
    assert.deepEqual(databases.map(listed), before);
  });

  test('uninstall removes ours alone, and Chromium refuses again', async () => {
    assert.equal(trust('uninstall').match(/removed from/g).length, 3);
    for (const database of databases) assert.doesNotMatch(listed(database), /Countersign/);
    assert.match(listed(databases[0]), new RegExp(OTHER));
    assert.match(await visit(), /ERR_CERT_AUTHORITY_INVALID/);
    assert.equal(trust('uninstall').match(/nothing of ours/g).length, 3);
  });

  test('without certutil it says in one line what to install', () => {
    assert.throws(() => execFileSync(
      process.env.COUNTERSIGN_BINARY, ['trust', 'install', '--data', dirname(caFile), '--store', 'browsers'],
      { encoding: 'utf8', stdio: 'pipe', env: { HOME: home, PATH: '/nowhere' } },
    ), (problem) => problem.status === 1 && /apt-get install libnss3-tools/.test(problem.stderr) && problem.stderr.trim().split('\n').length === 3);
  });
});
