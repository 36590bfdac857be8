// One tab with an application that uses the SPA SDK.
import { client, origin } from '../shared/ready.mjs';
import { logIn } from '../shared/login-page.mjs';

export class App {
  /** Opens the app's page in a new tab and makes its Auth0Client. */
  static async open(context, scheme, name, { path = '', authorizationParams, ...options } = {}) {
    const app = new App();
    app.server = origin[scheme];
    app.callback = client(name).callbacks.find((url) => url.startsWith(`${scheme}:`));
    app.options = {
      domain: scheme === 'https' ? new URL(app.server).host : app.server,
      clientId: client(name).client_id,
      ...options,
      authorizationParams: { redirect_uri: app.callback, ...authorizationParams },
    };
    app.page = await context.newPage();
    app.traffic = recordTraffic(app.page, app.server);
    await app.page.goto(app.callback);
    await app.start();
    return app;
  }

  start() {
    return this.page.evaluate((options) => { globalThis.client = new auth0.Auth0Client(options); }, this.options);
  }

  /** Calls a method of the SDK in the page; an SDK error comes back as `{ error, message }`. */
  call(method, ...args) {
    return this.page.evaluate(async ([method, args]) => {
      try {
        return await globalThis.client[method](...args);
      } catch (problem) {
        return { error: problem.error ?? problem.name, message: problem.message };
      }
    }, [method, args]);
  }

  token(options) { return this.call('getTokenSilently', { detailedResponse: true, ...options }); }

  /** Leaves for /authorize. */
  async leave(options) {
    await this.page.evaluate((options) => { globalThis.client.loginWithRedirect(options); }, options);
    await this.page.waitForURL((url) => url.origin === this.server || url.search.includes('state='));
  }

  /** Comes back to the app and lets the SDK handle the callback. */
  async arrive() {
    await this.page.waitForURL((url) => url.origin === new URL(this.callback).origin && url.searchParams.has('state'));
    await this.start();
    const result = await this.call('handleRedirectCallback');
    await this.page.evaluate(() => history.replaceState({}, '', location.pathname));
    return result;
  }

  /** Signs in through the hosted page. */
  async logIn(user) {
    await this.leave();
    await logIn(this.page, user);
    return this.arrive();
  }

  /** Logs out and comes back to the app. */
  async logOut() {
    await Promise.all([
      this.page.waitForEvent('load'),
      this.page.evaluate((returnTo) => { globalThis.client.logout({ logoutParams: { returnTo } }); }, this.callback),
    ]);
    await this.start();
  }

  /** What the SDK stored in the browser for its tokens. */
  stored() {
    return this.page.evaluate(() => Object.entries(localStorage)
      .filter(([key]) => key.startsWith('@@auth0spajs@@')).map(([, value]) => JSON.parse(value).body)
      .find((body) => body?.refresh_token));
  }
}

/** Collects what a tab sends to the server under test and how that answers. */
function recordTraffic(page, server) {
  const traffic = [];
  page.on('response', (response) => {
    const url = new URL(response.url());
    if (url.origin !== server) return;
    const request = response.request();
    traffic.push({
      method: request.method(),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: Object.fromEntries(new URLSearchParams(request.postData() ?? '')),
      status: response.status(),
      type: request.resourceType(),
      inFrame: request.isNavigationRequest() && request.frame() !== page.mainFrame(),
    });
  });
  const to = (path) => traffic.filter((entry) => entry.path === path && entry.method !== 'OPTIONS');
  return {
    /** Authorization requests of this tab. */
    authorize: () => to('/authorize'),
    /** Token requests of this tab. */
    token: () => to('/oauth/token'),
    /** Pages that the person saw in this tab. */
    pages: () => traffic.filter((entry) => entry.type === 'document' && !entry.inFrame && entry.status === 200),
    clear: () => { traffic.length = 0; },
  };
}
