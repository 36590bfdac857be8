// api.mjs
import express from 'express';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';

const app = express();
app.get('/items', auth(), requiredScopes('read:items'), (request, response) => {
  response.json({ caller: request.auth.payload.sub });
});
app.listen(process.env.PORT);
