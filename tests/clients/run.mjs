// Runs the client suites against a countersign binary, see README.md.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findSuites } from './languages.mjs';
import { start, stop } from './processes.mjs';
import { startServer } from './server.mjs';

const here = import.meta.dirname;
const suites = findSuites();
const usage = `usage: node run.mjs --binary PATH [--only NAME]... [--cache DIR] [--ready-file FILE]\nsuites: ${suites.map(({ name }) => name).join(', ')}`;

const SUITE_DEADLINE = 10 * 60_000;

/** Runs one suite in a process of its own; tells whether it passed. */
async function runSuite({ name, folder, language }, ready, { binary, cache, scratch, readyFile, interrupt }) {
  console.log(`\n== ${name}`);
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

/** Runs the suites of one tenant against a server of their own; returns what failed. */
async function runTenant(tenant, chosen, run) {
  const scratch = mkdtempSync(join(tmpdir(), 'countersign-clients-'));
  const readyFile = run.readyFile ?? join(scratch, 'ready.json');
  const failed = [];
  let server;
  try {
    const started = await startServer({ ...run, tenant, scratch, readyFile });
    server = started.server;
    for (const suite of chosen) {
      run.interrupt.throwIfAborted();
      const began = Date.now();
      const passed = await runSuite(suite, started.ready, { ...run, scratch, readyFile });
      if (!passed) failed.push(suite.name);
      run.results.push(`${passed ? 'passed' : 'FAILED'}  ${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${suite.name}`);
    }
    if (server.ended) failed.push('the server, which ended early');
  } catch (error) {
    failed.push(error.message);
  } finally {
    if (server) await stop(server);
    rmSync(scratch, { recursive: true, force: true });
  }
  return failed;
}

async function main() {
  const { values } = parseArgs({ options: {
    binary: { type: 'string' }, only: { type: 'string', multiple: true }, cache: { type: 'string' }, 'ready-file': { type: 'string' },
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
    readyFile: values['ready-file'] && resolve(values['ready-file']),
  };

  const failed = [];
  for (const tenant of new Set(chosen.map((suite) => suite.tenant))) {
    failed.push(...await runTenant(tenant, chosen.filter((suite) => suite.tenant === tenant), run));
    if (interrupt.signal.aborted) break;
  }
  if (failed.length) console.error(`\n-- end of artifacts/server.log\n${readFileSync(log, 'utf8').trimEnd().split('\n').slice(-60).join('\n')}`);
  console.log(`\n${run.results.join('\n')}\n\n${failed.length ? `failed: ${failed.join(', ')}` : 'all passed'}`);
  return failed.length ? 1 : 0;
}

process.exitCode = await main().catch((error) => { console.error(error.message); return 1; });
