// Serves a page with the unmodified SPA SDK, on the origins that tenant.yaml registers.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const sdk = join(dirname(createRequire(import.meta.url).resolve('@auth0/auth0-spa-js/package.json')), 'dist', 'auth0-spa-js.production.js');
const PAGE = '<!doctype html><html lang="en"><title>App</title><script src="/sdk.js"></script><h1>App</h1></html>';

/** A certificate of an app's own, for localhost and 127.0.0.1; nothing but Chromium under test takes it. */
export function selfSigned() {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-app-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
      '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert,
    ], { stdio: 'pipe' });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function answer(request, response) {
  const script = request.url === '/sdk.js';
  response.setHeader('content-type', script ? 'text/javascript' : 'text/html; charset=utf-8');
  response.end(script ? readFileSync(sdk) : PAGE);
}

/** Serves the app on the origin of every URL; returns a function that stops them all. */
export async function serveApps(urls) {
  const origins = [...new Set(urls.map((url) => new URL(url).origin))].map((origin) => new URL(origin));
  const tls = origins.some(({ protocol }) => protocol === 'https:') && selfSigned();
  const servers = origins.map(({ protocol, port }) => {
    const server = protocol === 'https:' ? createHttps(tls, answer) : createHttp(answer);
    return new Promise((done, fail) => server.once('error', fail).listen(Number(port), '127.0.0.1', () => done(server)));
  });
  const running = await Promise.all(servers);
  return () => Promise.all(running.map((server) => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  }));
}
