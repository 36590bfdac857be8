// A browser without a screen: follows redirects, keeps cookies, fills in the forms of the hosted pages.
import { parseForm, textOf } from './html.mjs';

/** Cookies by name; as in a browser they do not depend on the port, and Secure ones stay on https. */
export class CookieJar {
  #cookies = new Map();

  store(response) {
    for (const header of response.headers.getSetCookie()) {
      const cookie = parseSetCookie(header);
      if (cookie.expired) this.#cookies.delete(cookie.name);
      else this.#cookies.set(cookie.name, cookie);
    }
  }

  headerFor(url) {
    return [...this.#cookies.values()]
      .filter((cookie) => !cookie.secure || url.protocol === 'https:')
      .map((cookie) => `${cookie.name}=${cookie.value}`).join('; ');
  }

  get(name) { return this.#cookies.get(name)?.value; }
  set(name, value) { this.#cookies.set(name, { name, value }); }
}

/** Reads a Set-Cookie header; the names of the attributes are lower case. */
export function parseSetCookie(header) {
  const [pair, ...attributes] = header.split(';').map((part) => part.trim());
  const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
  const cookie = { name, value };
  for (const attribute of attributes) {
    const [key, setting = true] = attribute.split('=');
    cookie[key.toLowerCase()] = setting;
  }
  const until = 'max-age' in cookie ? Number(cookie['max-age']) > 0 : !(new Date(cookie.expires) <= new Date());
  return { ...cookie, expired: !until };
}

/** One visitor with one cookie jar. */
export class Visitor {
  jar = new CookieJar();

  /** Sends one request, with our cookies, following nothing. */
  async send(url, init = {}) {
    const cookie = this.jar.headerFor(new URL(url));
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, ...(cookie && { cookie }) } });
    this.jar.store(response);
    return response;
  }

  /** Opens a URL until a page of this server comes (`{ page }`) or the server sends us away (`{ left }`). */
  async open(url, init) {
    const { origin } = new URL(url);
    for (let hops = 0; hops < 10; hops += 1) {
      const response = await this.send(url, init);
      const location = response.headers.get('location');
      if (!location) return { page: { url: new URL(url), status: response.status, headers: response.headers, html: await response.text() } };
      await response.body?.cancel();
      url = new URL(location, url);
      if (url.origin !== origin) return { left: url };
      init = undefined;
    }
    throw new Error(`too many redirects at ${url}`);
  }

  /** Submits the form of a page as a browser does: hidden fields, what we type, the button pressed. */
  async submit(page, typed, button) {
    const form = parseForm(page.html);
    if (!form) throw new Error(`${describe(page)} has no form`);
    if (form.method.toLowerCase() !== 'post') throw new Error(`the form of ${page.url.pathname} is not sent by POST`);
    if (!form.buttons.some(({ name, value }) => name === 'action' && value === button)) {
      throw new Error(`${describe(page)} has no button ${button}`);
    }
    const body = new URLSearchParams({ ...form.hidden, ...typed, action: button });
    return this.open(new URL(form.action || page.url, page.url), { method: 'POST', body, headers: { origin: page.url.origin } });
  }
}

/** What a page is for. */
export function kindOf(page) {
  const form = parseForm(page.html);
  if (/<main\b[^>]*\bdata-error-code=/i.test(page.html)) return 'error';
  if (form?.fields.includes('password')) return 'login';
  return form?.buttons.some(({ value }) => value === 'accept') ? 'question' : 'other';
}

const describe = (page) => `${page.url.pathname} (${page.status}, ${kindOf(page)}: ${textOf(page.html, 'error-description')})`;

/** Goes from an authorization request to the redirect back to the application, answering `consent` if asked. */
export async function signIn(authorizeUrl, user, { visitor = new Visitor(), consent = 'accept' } = {}) {
  let step = await visitor.open(authorizeUrl);
  if (step.page && kindOf(step.page) === 'login') {
    step = await visitor.submit(step.page, { username: user.email, password: user.password }, 'default');
  }
  if (step.page && kindOf(step.page) === 'question') step = await visitor.submit(step.page, {}, consent);
  if (step.left) return step.left;
  throw new Error(`no redirect to the application but ${describe(step.page)} ${textOf(step.page.html, 'error-summary')}`);
}
