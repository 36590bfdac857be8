// A person who uses the app in Chromium and answers the hosted pages that come between.
import { logIn, selectors } from '../shared/login-page.mjs';

export class Person {
  /** The hosted pages and the callbacks of the last visit. */
  hosted = [];
  callbacks = [];

  constructor(page, app, user) {
    Object.assign(this, { page, app, user });
    page.on('request', (request) => {
      if (request.url().startsWith(`${app.baseURL}/callback`)) this.callbacks.push(request);
    });
  }

  /** Opens a path of the app and answers what the server asks; returns the app's answer. */
  async visit(path, { consent = 'accept' } = {}) {
    this.hosted = [];
    this.callbacks = [];
    await this.page.goto(this.app.baseURL + path);
    while (new URL(this.page.url()).origin !== this.app.baseURL) {
      const at = this.page.url();
      const kind = await this.#kind().catch(() => 'passing'); // a page that sends its form by itself may be gone already
      if (kind !== 'passing') this.hosted.push(kind);
      if (kind === 'login') await logIn(this.page, this.user);
      if (kind === 'question') await this.page.click(selectors[consent]);
      await this.page.waitForURL((url) => url.href !== at);
    }
    return JSON.parse(await this.page.locator('body').innerText());
  }

  async #kind() {
    if (await this.page.locator(selectors.username).count()) return 'login';
    return await this.page.locator(selectors.accept).count() ? 'question' : 'passing';
  }
}
