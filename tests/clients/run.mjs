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

/** Starts a child and returns it with a promise of its exit code; a signal counts as 1. */
function start(command, args, options) {
  const child = spawn(command, args, { cwd: here, stdio: 'inherit', ...options });
  const exited = new Promise((done) => {
    child.once('error', (error) => { console.error(`${command}: ${error.message}`); done(1); });
    child.once('exit', (code) => done(code ?? 1));
  });
  return { child, exited };
}

/** Asks a child to end, and after a while ends it; `group` ends what it started as well. */
async function stop({ child, exited }, { group = false } = {}) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const kill = (signal) => (group ? process.kill(-child.pid, signal) : child.kill(signal));
  kill('SIGTERM');
  if (await Promise.race([exited.then(() => true), sleep(STOP_DEADLINE, false, { ref: false })])) return;
  console.error(`${child.spawnfile} did not stop after SIGTERM`);
  kill('SIGKILL');
  await exited;
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

async function waitUntilReady(server, readyFile, interrupt) {
  const deadline = Date.now() + READY_DEADLINE;
  while (!existsSync(readyFile)) {
    interrupt.throwIfAborted();
    if (server.ended) throw new Error('the server ended before it was ready');
    if (Date.now() > deadline) throw new Error('the server was not ready in time');
    await sleep(100);
  }
  return JSON.parse(readFileSync(readyFile, 'utf8'));
}

async function runSuite(name, { ca_file }, readyFile, scratch, interrupt) {
  console.log(`\n== ${name}`);
  const suite = start(process.execPath, ['--test', '--test-reporter=spec', join(name, 'suite.test.mjs')], {
    detached: true, // a process group, so that the browser ends too
    env: { ...process.env, TMPDIR: scratch, NODE_EXTRA_CA_CERTS: ca_file, COUNTERSIGN_READY_FILE: readyFile },
  });
  const end = () => stop(suite, { group: true });
  const tooLong = setTimeout(() => { console.error(`${name} took too long`); end(); }, SUITE_DEADLINE);
  interrupt.addEventListener('abort', end, { once: true });
  const code = await suite.exited;
  interrupt.removeEventListener('abort', end);
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
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupt.abort());
  const server = await startServer(values.binary, scratch, readyFile);

  const failed = [];
  try {
    const ready = await waitUntilReady(server, readyFile, interrupt.signal);
    for (const name of chosen) {
      interrupt.signal.throwIfAborted();
      if (!await runSuite(name, ready, readyFile, scratch, interrupt.signal)) failed.push(name);
    }
    if (server.ended) failed.push('the server, which ended early');
  } catch (error) {
    failed.push(error.message);
  } finally {
    await stop(server);
    rmSync(scratch, { recursive: true, force: true });
  }
  if (failed.length) printServerLog();
  console.log(failed.length ? `\nfailed: ${failed.join(', ')}` : `\nall passed: ${chosen.join(', ')}`);
  return failed.length ? 1 : 0;
}

process.exitCode = await main().catch((error) => { console.error(error.message); return 1; });
