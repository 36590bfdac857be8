// Runs the client suites against a countersign binary, see README.md.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findSuites } from './languages.mjs';
import { start, stop } from './processes.mjs';
import { startOne, startPair } from './server.mjs';

const here = import.meta.dirname;
const suites = findSuites();
const usage = `usage: node run.mjs --binary PATH [--only NAME]... [--cache DIR] [--ready-file FILE] [--postgres URL]\nsuites: ${suites.map(({ name }) => name).join(', ')}`;

/** Run once more against two processes on PostgreSQL: a browser, an app without one, a machine, DPoP nonces. */
const onPostgres = ['authlib', 'express-openid-connect', 'openid-client'];
const SUITE_DEADLINE = 10 * 60_000;

/** Runs one suite in a process of its own; tells whether it passed. */
async function runSuite({ name, folder, language }, ready, { binary, cache, scratch, readyFile, interrupt, place = '' }) {
  console.log(`\n== ${name}${place}`);
  const [command, ...args] = language.command(folder, cache);
  const suite = start(command, args, {
    detached: true, // a process group, so that the browser ends too
    env: { ...process.env, TMPDIR: scratch, COUNTERSIGN_READY_FILE: readyFile, COUNTERSIGN_BINARY: binary, ...language.environment(ready, cache) },
  });
  const end = () => stop(suite, { group: true });
  const tooLong = setTimeout(() => { console.error(`${name} took too long`); end(); }, SUITE_DEADLINE);
  interrupt.addEventListener('abort', end, { once: true });
  const code = await suite.exited;
  interrupt.removeEventListener('abort', end);
  clearTimeout(tooLong);
  return code === 0;
}

/** Runs suites against servers of their own; returns what failed. */
async function runAgainst(startServers, tenant, chosen, run) {
  const scratch = mkdtempSync(join(tmpdir(), 'countersign-clients-'));
  const readyFile = run.readyFile ?? join(scratch, 'ready.json');
  const failed = [];
  let started;
  try {
    started = await startServers({ ...run, tenant, scratch, readyFile });
    const ready = JSON.parse(readFileSync(readyFile, 'utf8'));
    for (const suite of chosen) {
      run.interrupt.throwIfAborted();
      const began = Date.now();
      const passed = await runSuite(suite, ready, { ...run, scratch, readyFile });
      if (!passed) failed.push(suite.name + (run.place ?? ''));
      run.results.push(`${passed ? 'passed' : 'FAILED'}  ${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${suite.name}${run.place ?? ''}`);
    }
    if (started.servers.some(({ ended }) => ended)) failed.push('a server, which ended early');
  } catch (error) {
    failed.push(error.message);
  } finally {
    await started?.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
  return failed;
}

async function main() {
  const { values } = parseArgs({ options: {
    binary: { type: 'string' }, only: { type: 'string', multiple: true }, cache: { type: 'string' }, 'ready-file': { type: 'string' }, postgres: { type: 'string' },
  } });
  const unknown = (values.only ?? []).filter((name) => !suites.some((suite) => suite.name === name));
  if (!values.binary || unknown.length) throw new Error(unknown.map((name) => `no suite ${name}\n`).join('') + usage);
  const chosen = suites.filter(({ name }) => values.only?.includes(name) ?? true);
  const cache = resolve(values.cache ?? join(here, '.cache'));
  for (const language of new Set(chosen.map((suite) => suite.language))) {
    await language.prepare(cache, chosen.filter((suite) => suite.language === language).map(({ folder }) => folder));
  }

  mkdirSync(join(here, 'artifacts'), { recursive: true });
  const log = join(here, 'artifacts', 'server.log');
  rmSync(log, { force: true });
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupt.abort());
  const run = {
    binary: resolve(values.binary), cache, log, interrupt: interrupt.signal, results: [],
    postgres: values.postgres ?? process.env.COUNTERSIGN_TEST_POSTGRES, readyFile: values['ready-file'] && resolve(values['ready-file']),
  };

  const failed = [];
  for (const tenant of new Set(chosen.map((suite) => suite.tenant))) {
    if (interrupt.signal.aborted) break;
    failed.push(...await runAgainst(startOne, tenant, chosen.filter((suite) => suite.tenant === tenant), run));
  }
  const again = chosen.filter(({ name }) => onPostgres.includes(name));
  if (run.postgres && again.length && !interrupt.signal.aborted) failed.push(...await runAgainst(startPair, again[0].tenant, again, { ...run, place: ' on PostgreSQL, two processes' }));
  if (failed.length) console.error(`\n-- end of artifacts/server.log\n${readFileSync(log, 'utf8').trimEnd().split('\n').slice(-60).join('\n')}`);
  console.log(`\n${run.results.join('\n')}\n\n${failed.length ? `failed: ${failed.join(', ')}` : 'all passed'}`);
  return failed.length ? 1 : 0;
}

process.exitCode = await main().catch((error) => { console.error(error.message); return 1; });
