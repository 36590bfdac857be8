// The server under test.
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start, stop } from './processes.mjs';
import { fillIn, freePorts } from './tenant.mjs';

const here = import.meta.dirname;
const READY_DEADLINE = 60_000;

/** Starts `countersign dev` with a tenant file, in a scratch folder, and waits until it is ready. */
export async function startServer({ binary, tenant, scratch, log, readyFile, interrupt }) {
  const file = join(scratch, 'tenant.yaml');
  await fillIn(tenant, file);
  const [http, https] = await freePorts(2);
  const output = openSync(log, 'a');
  rmSync(readyFile, { force: true });
  const server = start(binary, [
    'dev', '--data', join(scratch, 'data'), '--http-port', String(http), '--https-port', String(https),
    '--tenant', file, '--users', join(here, 'users.json'), '--ready-file', readyFile,
  ], { stdio: ['ignore', output, output], cwd: scratch });
  closeSync(output);
  server.exited.then(() => { server.ended = true; });
  try {
    const ready = await waitUntilReady(server, readyFile, interrupt);
    return { server, ready };
  } catch (error) {
    await stop(server);
    throw error;
  }
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
