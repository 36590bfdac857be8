// token.mjs, for auth0 7; before, the class is exported by 'auth0' itself
import { AuthenticationClient } from 'auth0/legacy';

const auth0 = new AuthenticationClient({
  domain: process.env.AUTH0_DOMAIN,
  clientId: process.env.AUTH0_CLIENT_ID,
  clientSecret: process.env.AUTH0_CLIENT_SECRET,
});
const { data } = await auth0.oauth.clientCredentialsGrant({ audience: process.env.AUTH0_AUDIENCE });
console.log(data.access_token);
