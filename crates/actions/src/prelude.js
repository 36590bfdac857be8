// What a script finds around itself, and the way from its calls to ours. `host(op, json)` is the only door: it answers
// JSON or nothing, or throws. `load(name)` gives a module, wrapped in a function as `code`, the script, is; `input` is
// JSON.
(function (host, load, code, input) {
  'use strict';
  const { parse, stringify } = JSON;
  const global = globalThis;

  const call = (op, ...args) => {
    const answer = host(op, stringify(args));
    return answer === undefined ? undefined : parse(answer);
  };

  const show = (value) => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    try {
      return stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  };
  const log = (...args) => {
    host('console', stringify([args.map(show).join(' ').slice(0, 256)]));
  };
  global.console = { log, info: log, warn: log, error: log, debug: log, trace: log };

  // Forms and basic authentication, for calls to other servers.
  class URLSearchParams {
    #pairs = [];
    constructor(init = '') {
      if (typeof init === 'string') {
        const decode = (text) => decodeURIComponent(text.replaceAll('+', ' '));
        for (const part of init.replace(/^\?/, '').split('&')) {
          const [name, ...value] = part.split('=');
          if (part !== '') this.append(decode(name), decode(value.join('=')));
        }
      } else {
        const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init);
        for (const [name, value] of pairs) this.append(name, value);
      }
    }
    append(name, value) {
      this.#pairs.push([String(name), String(value)]);
    }
    set(name, value) {
      this.delete(name);
      this.append(name, value);
    }
    delete(name) {
      this.#pairs = this.#pairs.filter(([known]) => known !== String(name));
    }
    getAll(name) {
      return this.#pairs.filter(([known]) => known === String(name)).map(([, value]) => value);
    }
    get(name) {
      return this.getAll(name)[0] ?? null;
    }
    has(name) {
      return this.getAll(name).length > 0;
    }
    *entries() {
      yield* this.#pairs;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
    toString() {
      const hex = (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`;
      const encode = (text) => encodeURIComponent(text).replace(/[!'()~]/g, hex).replaceAll('%20', '+');
      return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
    }
  }
  global.URLSearchParams = URLSearchParams;

  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  global.btoa = (given) => {
    const text = String(given);
    let encoded = '';
    for (let at = 0; at < text.length; at += 3) {
      const bytes = [0, 1, 2].map((offset) => text.charCodeAt(at + offset) || 0);
      if (bytes.some((byte) => byte > 255)) throw new TypeError('btoa takes characters up to U+00FF');
      const bits = (bytes[0] << 16) | (bytes[1] << 8) | bytes[2];
      const count = Math.min(text.length - at, 3) + 1;
      for (let index = 0; index < 4; index++) {
        encoded += index < count ? alphabet[(bits >> (18 - 6 * index)) & 63] : '=';
      }
    }
    return encoded;
  };
  global.atob = (given) => {
    const text = String(given).replace(/[\t\n\f\r ]/g, '').replace(/={1,2}$/, '');
    if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) throw new TypeError('atob takes base64');
    let decoded = '';
    let bits = 0;
    for (let at = 0; at < text.length; at++) {
      bits = ((bits << 6) | alphabet.indexOf(text[at])) & 0xffffff;
      const left = (6 * (at + 1)) % 8;
      if (at % 4 !== 0) decoded += String.fromCharCode((bits >> left) & 255);
    }
    return decoded;
  };

  const headersOf = (init) => {
    const given = init.headers ?? {};
    const pairs = Array.isArray(given) ? given : Object.entries(given);
    const headers = pairs.map(([name, value]) => [String(name), String(value)]);
    const isNamed = headers.some(([name]) => name.toLowerCase() === 'content-type');
    if (init.body instanceof URLSearchParams && !isNamed) {
      headers.push(['content-type', 'application/x-www-form-urlencoded;charset=UTF-8']);
    }
    return headers;
  };
  const responseOf = ({ status, headers, body }) => {
    const all = new Map(headers);
    return {
      status,
      ok: status >= 200 && status < 300,
      headers: {
        get: (name) => all.get(String(name).toLowerCase()) ?? null,
        has: (name) => all.has(String(name).toLowerCase()),
        entries: () => all.entries(),
      },
      text: async () => body,
      json: async () => parse(body),
    };
  };
  global.fetch = async (url, init = {}) => {
    const method = String(init.method ?? 'GET').toUpperCase();
    const body = init.body === undefined || init.body === null ? null : String(init.body);
    return responseOf(call('fetch', String(url), method, headersOf(init), body));
  };

  const modules = new Map();
  const require = (given) => {
    const name = String(given);
    let module = modules.get(name);
    if (module === undefined) {
      const body = load(name);
      module = { exports: {} };
      // What requires each other in a circle sees what is there so far, as in Node.
      modules.set(name, module);
      body.call(module.exports, module.exports, module, require);
    }
    return module.exports;
  };

  const apiOf = () => {
    const api = {};
    const add = (path, method) => {
      const [group, name] = path.split('.');
      api[group] ??= {};
      api[group][name] = method;
    };
    const does = (path) => add(path, (...args) => (call(path, ...args), api));
    const gives = (path) => add(path, (...args) => call(path, ...args));
    const isMissing = (path) => add(path, () => call('missing', `api.${path}`));
    // A claim that is undefined is no claim.
    const sets = (path) =>
      add(path, (name, value) => (value === undefined ? undefined : call(path, name, value), api));

    ['accessToken.setCustomClaim', 'idToken.setCustomClaim'].forEach(sets);
    ['user.setUserMetadata', 'user.setAppMetadata', 'transaction.setMetadata'].forEach(sets);
    ['access.deny', 'accessToken.addScope', 'accessToken.removeScope'].forEach(does);
    ['authentication.recordMethod', 'redirect.sendUserTo', 'refreshToken.revoke'].forEach(does);
    ['session.revoke', 'session.setExpiresAt', 'session.setIdleExpiresAt'].forEach(does);
    ['redirect.canRedirect', 'redirect.encodeToken', 'redirect.validateToken'].forEach(gives);
    ['cache.get', 'cache.set', 'cache.delete', 'rules.wasExecuted'].forEach(gives);
    [
      'authentication.challengeWith',
      'authentication.challengeWithAny',
      'authentication.enrollWith',
      'authentication.enrollWithAny',
      'authentication.setPrimaryUser',
      'multifactor.enable',
      'prompt.render',
      'roles.getUserEffectiveRoles',
      'roles.getUserEffectiveRolesWithOrganization',
      'groups.getUserGroups',
      'groups.hasGroupMembership',
      'session.setCookieMode',
      'session.setMetadata',
      'session.deleteMetadata',
      'session.evictMetadata',
      'refreshToken.setExpiresAt',
      'refreshToken.setIdleExpiresAt',
      'refreshToken.setMetadata',
      'refreshToken.deleteMetadata',
      'refreshToken.evictMetadata',
      'validation.error',
      'samlResponse.setAttribute',
      'samlResponse.setAudience',
      'samlResponse.setRecipient',
      'samlResponse.setDestination',
      'samlResponse.setIssuer',
      'samlResponse.setNameIdentifierFormat',
      'samlResponse.setNameIdentifierProbes',
      'samlResponse.setCreateUpnClaim',
      'samlResponse.setMapUnknownClaimsAsIs',
      'samlResponse.setMapIdentities',
      'samlResponse.setPassthroughClaimsWithNoMapping',
      'samlResponse.setSignResponse',
      'samlResponse.setIncludeAttributeNameFormat',
      'samlResponse.setTypedAttributes',
      'samlResponse.setRelayState',
      'samlResponse.setLifetimeInSeconds',
      'samlResponse.setSigningCert',
      'samlResponse.setKey',
      'samlResponse.setSigningKey',
      'samlResponse.setEncryptionCert',
      'samlResponse.setEncryptionPublicKey',
      'samlResponse.setSignatureAlgorithm',
      'samlResponse.setDigestAlgorithm',
    ].forEach(isMissing);
    return api;
  };

  const runAction = async ({ event, handler }) => {
    const module = { exports: {} };
    code.call(module.exports, module.exports, module, require);
    const found = module.exports[handler];
    if (typeof found !== 'function') {
      call('absent', handler);
      return;
    }
    await found(event, apiOf());
  };

  const runRule = ({ user, context, configuration }) => {
    class UnauthorizedError extends Error {
      constructor(message) {
        super(message);
        this.name = 'UnauthorizedError';
      }
    }
    const missing = (path) => () => call('missing', path);
    global.UnauthorizedError = UnauthorizedError;
    global.configuration = configuration;
    global.global = global;
    global.auth0 = {
      users: {
        updateUserMetadata: missing('auth0.users.updateUserMetadata'),
        updateAppMetadata: missing('auth0.users.updateAppMetadata'),
      },
    };
    global.require = require;
    return new Promise((resolve, reject) => {
      const callback = (error, newUser, newContext) => {
        if (error instanceof UnauthorizedError) call('rule.deny', String(error.message));
        else if (error) return reject(error);
        resolve([newUser ?? user, newContext ?? context]);
      };
      const answer = code()(user, context, callback);
      if (answer && typeof answer.then === 'function') answer.then(undefined, reject);
    }).then(([newUser, newContext]) => call('rule.done', newUser, newContext));
  };

  const messageOf = (error) => {
    const text = error !== null && typeof error === 'object' ? error.message ?? error.error_description : error;
    return String(text ?? '').slice(0, 1024);
  };
  const given = parse(input);
  const run = given.event === undefined ? runRule : runAction;
  return (async () => run(given))().then(
    () => undefined,
    (error) => {
      // The engine throws null when there is no memory left for an error.
      const [name, message] =
        error === null ? ['InternalError', 'out of memory'] : [String(error?.name ?? ''), messageOf(error)];
      host('failed', stringify([name, message]));
    },
  );
});
