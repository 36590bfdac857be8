// Fills in tenant.yaml: node tenant.mjs OUT.yaml
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { pathToFileURL } from 'node:url';

const template = readFileSync(new URL('tenant.yaml', import.meta.url), 'utf8');
/** The ports that the template wants, by name. */
export const portNames = [...new Set(Array.from(template.matchAll(/##([A-Z_]+)##/g), (match) => match[1]))];

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

/** Writes the tenant file to `target` with these ports, in the order of `portNames`. */
export function writeTenant(target, ports) {
  writeFileSync(target, template.replace(/##([A-Z_]+)##/g, (_, name) => ports[portNames.indexOf(name)]));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeTenant(process.argv[2], await freePorts(portNames.length));
}
