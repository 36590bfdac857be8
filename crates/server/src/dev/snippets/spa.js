// main.js of a page that Vite serves
import { createAuth0Client } from '@auth0/auth0-spa-js';

const auth0 = await createAuth0Client({
  domain: import.meta.env.VITE_AUTH0_DOMAIN,
  clientId: import.meta.env.VITE_AUTH0_CLIENT_ID,
  authorizationParams: { redirect_uri: location.origin, audience: import.meta.env.VITE_AUTH0_AUDIENCE },
});
if (new URLSearchParams(location.search).has('code')) {
  await auth0.handleRedirectCallback();
  history.replaceState({}, '', '/');
}
if (await auth0.isAuthenticated()) {
  document.body.textContent = `Hello ${(await auth0.getUser()).name}`;
} else {
  await auth0.loginWithRedirect();
}
