// A web app as Passport's users write it: a session, a login, a callback, a page and a logout.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import OpenIDConnectStrategy from 'passport-openidconnect';
import { api, issuer, origin } from '../shared/ready.mjs';

/** The strategy of this app; userinfo is fetched because `verify` takes nine arguments. */
function strategy({ client_id, client_secret, callbacks: [callbackURL] }, options) {
  const settings = {
    issuer: issuer.https,
    authorizationURL: `${origin.https}/authorize`,
    tokenURL: `${origin.https}/oauth/token`,
    userInfoURL: `${origin.https}/userinfo`,
    clientID: client_id,
    clientSecret: client_secret,
    callbackURL,
    scope: ['profile', 'email', 'offline_access'],
    nonce: true,
    ...options,
  };
  const verify = (iss, profile, idProfile, context, idToken, accessToken, refreshToken, params, done) =>
    done(null, { iss, id: profile.id, email: profile.emails[0].value, context, refreshToken, scope: params.scope });
  const made = new OpenIDConnectStrategy(settings, verify);
  made.authorizationParams = () => ({ audience: api.items }); // the way the strategy has for a provider's own parameters
  return made;
}

/** Serves the app at its callback's origin; returns its base URL and a function that stops it. */
export async function serve(client) {
  const { origin: base, port } = new URL(client.callbacks[0]);
  const app = express();
  const users = new passport.Passport();
  users.use('login', strategy(client));
  users.use('silent', strategy(client, { prompt: 'none' }));
  users.use('recent', strategy(client, { maxAge: 3600 }));
  users.use('asking', strategy(client, { prompt: 'consent' }));
  users.serializeUser((user, done) => done(null, JSON.stringify(user)));
  users.deserializeUser((text, done) => done(null, JSON.parse(text)));
  app.use(session({ name: 'app', secret: randomBytes(32).toString('hex'), resave: false, saveUninitialized: false }));
  app.use(users.session());
  for (const name of ['login', 'silent', 'recent', 'asking']) app.get(`/${name}`, users.authenticate(name));
  app.get('/callback', users.authenticate('login', { successRedirect: '/', failWithError: true }));
  app.get('/logout', (request, response, next) => request.logout((problem) => (problem ? next(problem) : response.redirect(
    `${origin.https}/v2/logout?${new URLSearchParams({ client_id: client.client_id, returnTo: base })}`))));
  app.get('/', (request, response) => response.json(request.user ?? null));
  app.use((problem, request, response, next) => {
    if (response.headersSent) return next(problem);
    return response.status(problem.status ?? 500).json({ name: problem.name, code: problem.code, message: problem.message });
  });
  const server = app.listen(Number(port), '127.0.0.1');
  await once(server, 'listening');
  return { base, stop: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }) };
}
