// The servers under test.
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveInTurn } from './front.mjs';
import { makeDatabase } from './postgres.mjs';
import { start, stop } from './processes.mjs';
import { fillIn, freePorts } from './tenant.mjs';

const here = import.meta.dirname;
const READY_DEADLINE = 60_000;

/** What the caller's environment says to tests is no setting of a server. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('COUNTERSIGN_')));

/** Starts one `countersign dev` in a scratch folder and waits until it is ready. */
async function startProcess({ binary, scratch, log, interrupt }, readyFile, options, settings) {
  const output = openSync(log, 'a');
  rmSync(readyFile, { force: true });
  const server = start(binary, ['dev', '--data', join(scratch, 'data'), '--ready-file', readyFile, ...options], {
    stdio: ['ignore', output, output], cwd: scratch, env: { ...environment, ...settings },
  });
  closeSync(output);
  server.exited.then(() => { server.ended = true; });
  try {
    await waitUntilReady(server, readyFile, interrupt);
  } catch (error) {
    await stop(server);
    throw error;
  }
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
}

/** Starts a process over SQLite with a tenant file. Returns the processes, and a function that stops them. */
export async function startOne(run) {
  const { scratch, tenant, readyFile } = run;
  const [http, https] = await freePorts(2);
  const options = ['--http-port', String(http), '--https-port', String(https), '--fake-providers', ...await bring(tenant, scratch)];
  const server = await startProcess(run, readyFile, options);
  return { servers: [server], stop: () => stop(server) };
}

/** Starts two processes over one PostgreSQL database, which take the requests to one issuer in turn. */
export async function startPair(run) {
  const { scratch, tenant, readyFile, postgres } = run;
  const [front, ...ports] = await freePorts(3);
  const issuer = `https://localhost:${front}/`;
  const database = await makeDatabase(postgres);
  const servers = [];
  const ends = [() => Promise.all(servers.map((server) => stop(server))), database.drop];
  const end = async () => { for (const step of ends) await step(); };
  try {
    const given = await bring(tenant, scratch);
    for (const [number, port] of ports.entries()) {
      const options = ['--issuer', issuer, '--https-port', String(port), ...(number === 0 ? given : [])];
      servers.push(await startProcess(run, number === 0 ? readyFile : join(scratch, 'second.json'), options, { COUNTERSIGN_DATABASE: database.url }));
    }
    ends.unshift(await serveInTurn(front, ports, join(scratch, 'data')));
  } catch (error) {
    await end();
    throw error;
  }
  return { servers, stop: end };
}

/** The options that bring the tenant and the users. */
async function bring(tenant, scratch) {
  const file = join(scratch, 'tenant.yaml');
  await fillIn(tenant, file);
  return ['--tenant', file, '--users', join(here, 'users.json')];
}
