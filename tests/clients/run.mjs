// Runs the client suites against a countersign binary, see README.md.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePorts, portNames, writeTenant } from './tenant.mjs';

const here = import.meta.dirname;
const suites = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(here, entry.name, 'suite.test.mjs')))
  .map((entry) => entry.name)
  .sort();
const usage = `usage: node run.mjs --binary PATH [--only NAME]... [--ready-file FILE]\nsuites: ${suites.join(', ')}`;

const READY_DEADLINE = 60_000;
const SUITE_DEADLINE = 10 * 60_000;
const STOP_DEADLINE = 20_000;

const children = new Set();

/** Starts a child and returns it with a promise of its exit code; a signal counts as 1. */
function start(command, args, options) {
  const child = spawn(command, args, { cwd: here, stdio: 'inherit', ...options });
  children.add(child);
  const exited = new Promise((done) => {
    child.once('error', (error) => { console.error(`${command}: ${error.message}`); done(1); });
    child.once('exit', (code) => done(code ?? 1));
  });
  return { child, exited };
}

async function installPackages() {
  const installed = join(here, 'node_modules', '.package-lock.json');
  const wanted = statSync(join(here, 'package-lock.json')).mtimeMs;
  if (existsSync(installed) && statSync(installed).mtimeMs >= wanted) return;
  const npm = start('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts']);
  if (await npm.exited !== 0) throw new Error('npm ci failed');
}

async function startServer(binary, scratch, readyFile) {
  const tenant = join(scratch, 'tenant.yaml');
  const [http, https, ...apps] = await freePorts(2 + portNames.length);
  writeTenant(tenant, apps);
  const log = openSync(join(here, 'artifacts', 'server.log'), 'w');
  rmSync(readyFile, { force: true });
  const server = start(resolve(binary), [
    'dev', '--data', join(scratch, 'data'), '--http-port', String(http), '--https-port', String(https),
    '--tenant', tenant, '--users', join(here, 'users.json'), '--ready-file', readyFile,
  ], { stdio: ['ignore', log, log], cwd: scratch });
  closeSync(log);
  server.exited.then(() => { server.ended = true; });
  return server;
}

async function waitUntilReady(server, readyFile) {
  const deadline = Date.now() + READY_DEADLINE;
  while (!existsSync(readyFile)) {
    if (server.ended) throw new Error('the server ended before it was ready');
    if (Date.now() > deadline) throw new Error('the server was not ready in time');
    await sleep(100);
  }
  return JSON.parse(readFileSync(readyFile, 'utf8'));
}

async function stopServer({ child, exited }) {
  child.kill('SIGTERM');
  const drained = await Promise.race([exited.then(() => true), sleep(STOP_DEADLINE, false, { ref: false })]);
  if (drained) return;
  console.error('the server did not stop after SIGTERM');
  child.kill('SIGKILL');
  await exited;
}

async function runSuite(name, ready, readyFile) {
  console.log(`\n== ${name}`);
  const suite = start(process.execPath, ['--test', '--test-reporter=spec', join(name, 'suite.test.mjs')], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: ready.ca_file, COUNTERSIGN_READY_FILE: readyFile },
  });
  const tooLong = setTimeout(() => { console.error(`${name} took too long`); suite.child.kill(); }, SUITE_DEADLINE);
  const code = await suite.exited;
  clearTimeout(tooLong);
  return code === 0;
}

function printServerLog() {
  const lines = readFileSync(join(here, 'artifacts', 'server.log'), 'utf8').trimEnd().split('\n');
  console.error(`\n-- end of artifacts/server.log\n${lines.slice(-60).join('\n')}`);
}

async function main() {
  const { values } = parseArgs({ options: {
    binary: { type: 'string' }, only: { type: 'string', multiple: true }, 'ready-file': { type: 'string' },
  } });
  const chosen = values.only ?? suites;
  const unknown = chosen.filter((name) => !suites.includes(name));
  if (!values.binary || unknown.length) throw new Error(unknown.map((name) => `no suite ${name}\n`).join('') + usage);

  await installPackages();
  mkdirSync(join(here, 'artifacts'), { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), 'countersign-clients-'));
  const readyFile = resolve(values['ready-file'] ?? join(scratch, 'ready.json'));
  const server = await startServer(values.binary, scratch, readyFile);

  const failed = [];
  try {
    const ready = await waitUntilReady(server, readyFile);
    for (const name of chosen) if (!await runSuite(name, ready, readyFile)) failed.push(name);
    if (server.ended) failed.push('the server, which ended early');
  } catch (error) {
    failed.push(error.message);
  } finally {
    await stopServer(server);
    rmSync(scratch, { recursive: true, force: true });
  }
  if (failed.length) printServerLog();
  console.log(failed.length ? `\nfailed: ${failed.join(', ')}` : `\nall passed: ${chosen.join(', ')}`);
  return failed.length ? 1 : 0;
}

// Whatever ends this process, nothing that it started outlives it.
process.once('exit', () => { for (const child of children) child.kill('SIGKILL'); });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
process.exitCode = await main().catch((error) => { console.error(error.message); return 1; });
