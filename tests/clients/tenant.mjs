// Fills in a tenant file: node tenant.mjs OUT.yaml [IN.yaml]
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PORT = /##([A-Z_]+)##/g;

const isFree = (port) => new Promise((answer) => {
  const server = createServer().once('error', () => answer(false));
  server.listen(port, () => server.close(() => answer(true)));
});

/** Returns `count` different ports that nobody listens on, below the range of outgoing connections. */
export async function freePorts(count) {
  const ports = new Set();
  while (ports.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

/** Writes the tenant file `source` to `target` with a free port for each name. */
export async function fillIn(source, target) {
  const template = readFileSync(source, 'utf8');
  const names = [...new Set(Array.from(template.matchAll(PORT), ([, name]) => name))];
  const ports = await freePorts(names.length);
  writeFileSync(target, template.replace(PORT, (_, name) => ports[names.indexOf(name)]));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await fillIn(process.argv[3] ?? fileURLToPath(new URL('tenant.yaml', import.meta.url)), process.argv[2]);
}
