// A web app as users of express-openid-connect write it.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import express from 'express';
import oidc from 'express-openid-connect';
import { selfSigned } from '../shared/app-server.mjs';
import { api, issuer } from '../shared/ready.mjs';

/** Serves the app at a callback's origin; returns its base URL and a function that stops it. */
export async function serve(client, callback, response_mode, options) {
  const { origin: baseURL, port } = new URL(callback);
  const app = express();
  app.use(oidc.auth({
    issuerBaseURL: issuer.https,
    baseURL,
    clientID: client.client_id,
    clientSecret: client.client_secret,
    secret: randomBytes(32).toString('hex'),
    authRequired: false,
    idpLogout: true,
    authorizationParams: {
      response_type: 'code', response_mode, audience: api.items, scope: 'openid profile email offline_access read:items',
    },
    ...options,
  }));
  app.get('/', (request, response) => response.json({ user: request.oidc.user ?? null }));
  app.get('/profile', oidc.requiresAuth(), async (request, response) => response.json(await request.oidc.fetchUserInfo()));
  app.get('/silent', oidc.attemptSilentLogin(), (request, response) => response.json({ user: request.oidc.user ?? null }));
  app.get('/consent', (request, response) => response.oidc.login({ returnTo: '/', authorizationParams: { prompt: 'consent' } }));
  app.get('/refreshed', oidc.requiresAuth(), async (request, response) => {
    const { access_token } = await request.oidc.accessToken.refresh();
    response.json({ access_token, claims: request.oidc.idTokenClaims });
  });
  app.use((problem, request, response, next) => {
    if (response.headersSent) return next(problem);
    const { error = problem.message, error_description } = problem;
    return response.status(problem.status ?? 500).json({ error, error_description });
  });
  const server = createServer(selfSigned(), app).listen(Number(port), '127.0.0.1');
  await once(server, 'listening');
  return { baseURL, stop: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }) };
}
