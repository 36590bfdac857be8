// Child processes that are sure to end.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_DEADLINE = 20_000;

/** Starts a child and returns it with a promise of its exit code; a signal counts as 1. */
export function start(command, args, options) {
  const child = spawn(command, args, { cwd: import.meta.dirname, stdio: 'inherit', ...options });
  const exited = new Promise((done) => {
    child.once('error', (error) => { console.error(`${command}: ${error.message}`); done(1); });
    child.once('exit', (code) => done(code ?? 1));
  });
  return { child, exited };
}

/** Runs a command to its end, which must be a good one. */
export async function run(command, args, options) {
  if (await start(command, args, options).exited !== 0) throw new Error(`${command} ${args.slice(0, 3).join(' ')} failed`);
}

/** Asks a child to end, and after a while ends it; `group` ends what it started as well. */
export async function stop({ child, exited }, { group = false } = {}) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const kill = (signal) => (group ? process.kill(-child.pid, signal) : child.kill(signal));
  kill('SIGTERM');
  if (await Promise.race([exited.then(() => true), sleep(STOP_DEADLINE, false, { ref: false })])) return;
  console.error(`${child.spawnfile} did not stop after SIGTERM`);
  kill('SIGKILL');
  await exited;
}
