// app.mjs
import express from 'express';
import openid from 'express-openid-connect';

const { auth, requiresAuth } = openid;
const app = express();
app.use(auth({
  authRequired: false,
  auth0Logout: true,
  authorizationParams: { response_type: 'code', response_mode: 'query', scope: 'openid profile email' },
}));
app.get('/', requiresAuth(), (request, response) => response.json(request.oidc.user));
app.listen(new URL(process.env.BASE_URL).port);
