// A reverse proxy that gives each request to the next process, whatever the connection.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as send } from 'node:https';
import { join } from 'node:path';

/** Listens with the certificate of the servers' data folder; returns a function that stops it. */
export async function serveInTurn(port, ports, data) {
  const [key, cert, ca] = ['server-key.pem', 'server.pem', 'ca.pem'].map((name) => readFileSync(join(data, name)));
  let turn = 0;
  const server = createServer({ key, cert }, (request, response) => {
    turn = (turn + 1) % ports.length;
    const { method, url: path, headers } = request;
    const passed = send({ host: 'localhost', port: ports[turn], ca, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    passed.on('error', (error) => { response.writeHead(502).end(error.message); });
    request.pipe(passed);
  });
  server.listen(port, 'localhost');
  await once(server, 'listening');
  return () => new Promise((done) => { server.closeAllConnections(); server.close(done); });
}
