// The playground, part 5 of 5: the steps, in their order.

const KEPT = 'countersign-playground';
const callback = `${location.origin}/playground`;
const form = byId('settings');

/** What lives on while the browser is at the login page; tokens never do. */
const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? '{}');
const keep = (values) => sessionStorage.setItem(KEPT, JSON.stringify(Object.assign(kept, values)));

let metadata, keys, drawn, tokens;

/** What the visitor has chosen. */
function settings() {
  const { client, audience, scope, prompt, response_mode } = Object.fromEntries(new FormData(form));
  return { client, audience, scope: scope.trim(), prompt, response_mode, dpop: form.elements.dpop.checked };
}

/** The authorization request of these settings (RFC 6749 §4.1.1). */
async function authorizationRequest({ client, audience, scope, prompt, response_mode, dpop }) {
  drawn ??= { state: randomText(), nonce: randomText(), verifier: randomText() };
  const chosen = { audience, scope, prompt, response_mode };
  return {
    response_type: 'code',
    client_id: client,
    redirect_uri: callback,
    ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value)),
    state: drawn.state,
    nonce: drawn.nonce,
    code_challenge: await sha256(drawn.verifier),
    code_challenge_method: 'S256',
    ...(dpop && { dpop_jkt: await thumbprint(await publicJwk(await proofKey())) }),
  };
}

const urlOf = (request) => `${metadata.authorization_endpoint}?${new URLSearchParams(request)}`;

function showRequest(request) {
  show('request-shown',
    make('h3', {}, say('request-url')), make('p', { class: 'raw technical' }, urlOf(request)),
    make('h3', {}, say('request-parameters')), table(Object.entries(request), 'parameter'));
}

async function preview() {
  showRequest(await authorizationRequest(settings()));
}

/** The scopes that fit the chosen API. */
function proposeScope() {
  const api = facts.apis.find(({ identifier }) => identifier === form.elements.audience.value);
  form.elements.scope.value = ['openid', 'profile', 'email', 'offline_access', ...(api?.scopes ?? [])].join(' ');
}

async function signIn() {
  const chosen = settings();
  const request = await authorizationRequest(chosen);
  keep({ chosen, request, drawn });
  mark('request', 'done');
  mark('login', 'now');
  if (request.response_mode !== 'web_message') {
    location.assign(urlOf(request));
    return;
  }
  announce(say('waiting'));
  byId('message-frame').hidden = false;
  receive(await awaitMessage(urlOf(request), request.prompt === 'none'));
}

/** Opens the request in a frame or a window of its own and waits for its message. */
function awaitMessage(url, silently) {
  return new Promise((done) => {
    const opened = silently ? undefined : window.open(url, 'countersign-login', 'popup,width=480,height=720');
    const tooLong = silently ? setTimeout(() => finish({ error: 'timeout', error_description: say('no-message') }), 10_000) : undefined;
    function finish(answer) {
      clearTimeout(tooLong);
      removeEventListener('message', listen);
      opened?.close();
      byId('message-frame').removeAttribute('src');
      done(answer);
    }
    function listen({ origin, source, data }) {
      const theirs = source === opened || source === byId('message-frame').contentWindow;
      if (origin === location.origin && theirs && data?.type === 'authorization_response') finish(data.response);
    }
    addEventListener('message', listen);
    if (silently) byId('message-frame').src = url;
  });
}

/** What came back to the callback, if this page load is one. */
function arrival() {
  if (facts.answer) return facts.answer;
  const found = [location.search.slice(1), location.hash.slice(1)].map((text) => new URLSearchParams(text));
  const values = found.find((parameters) => parameters.has('code') || parameters.has('error'));
  return values && Object.fromEntries(values);
}

/** Judges the answer before anything is done with it (RFC 9700 §4.7, RFC 9207 §2.4). */
function problemOf(answer) {
  if (!kept.drawn) return say('callback-foreign');
  if (answer.error === 'timeout') return undefined;
  if (answer.state !== kept.drawn.state) return say('callback-state');
  if (answer.iss !== undefined && answer.iss !== metadata.issuer) return say('callback-issuer');
  return undefined;
}

function receive(answer) {
  const problem = problemOf(answer);
  const failed = problem ?? (answer.error && `${answer.error}: ${answer.error_description ?? ''}`);
  if (kept.request) {
    showRequest(kept.request);
    mark('request', 'done');
  }
  mark('login', answer.error ? 'failed' : 'done');
  mark('callback', failed ? 'failed' : 'done');
  show('callback-shown', table(Object.entries(answer), 'parameter'),
    failed ? notice(failed, 'bad') : notice(say('callback-good'), 'good'));
  announce(failed ?? say('callback-good'), Boolean(failed));
  if (failed) {
    byId('callback').scrollIntoView();
    return;
  }
  kept.code = answer.code;
  mark('exchange', 'now');
  byId('exchange-run').disabled = false;
  byId('exchange').scrollIntoView();
  byId('exchange-run').focus({ preventScroll: true });
}

const GOOD = { exchange: 'exchange-good', refresh: 'refresh-good' };

/** Sends a token request and shows it in a step; returns the answer if it is one. */
async function tokenRequest(step, parameters) {
  const { client, dpop } = kept.chosen;
  const sent = await send({ method: 'POST', url: metadata.token_endpoint, bound: dpop, form: { client_id: client, ...parameters } });
  show(`${step}-shown`, ...exchangeViews(sent));
  mark(step, sent.ok ? 'done' : 'failed');
  announce(say(sent.ok ? GOOD[step] : 'refused'), !sent.ok);
  return sent.ok ? sent.answer : undefined;
}

async function exchange() {
  byId('exchange-run').disabled = true;
  const answer = await tokenRequest('exchange', {
    grant_type: 'authorization_code', code: kept.code, redirect_uri: callback, code_verifier: kept.drawn.verifier,
  });
  keep({ drawn: undefined });
  if (answer) await hold(answer);
}

/** Takes tokens in and shows what is in them. */
async function hold(answer) {
  tokens = { ...tokens, ...answer };
  const views = [];
  for (const name of ['access_token', 'id_token']) {
    if (!tokens[name]) continue;
    const jwt = decodeJwt(tokens[name]);
    views.push(tokenView(say(name), name, tokens[name], jwt && await verifySignature(jwt, keys)));
  }
  const nonce = tokens.id_token && decodeJwt(tokens.id_token)?.claims.nonce;
  const fits = nonce === undefined || nonce === kept.request.nonce;
  show('tokens-shown', ...views, ...(nonce === undefined ? [] : [notice(say(fits ? 'nonce-good' : 'nonce-bad'), fits ? 'good' : 'bad')]));
  mark('tokens', fits ? 'done' : 'failed');
  byId('userinfo-run').disabled = !String(tokens.scope ?? kept.request.scope).split(' ').includes('openid');
  byId('refresh-run').disabled = !tokens.refresh_token;
  if (!tokens.refresh_token) show('refresh-shown', notice(say('refresh-none'), 'plain'));
  mark('userinfo', 'now');
  byId('tokens').scrollIntoView();
}

async function userinfo() {
  const { access_token: token, token_type: scheme } = tokens;
  const sent = await send({ url: metadata.userinfo_endpoint, token, scheme, bound: scheme === 'DPoP' });
  show('userinfo-shown', ...exchangeViews(sent),
    ...(sent.ok ? [make('h3', {}, say('userinfo-claims')), table(Object.entries(sent.answer), 'claim')] : []));
  mark('userinfo', sent.ok ? 'done' : 'failed');
  announce(say(sent.ok ? 'userinfo-good' : 'refused'), !sent.ok);
}

async function refresh() {
  const before = tokens.refresh_token;
  const answer = await tokenRequest('refresh', { grant_type: 'refresh_token', refresh_token: before });
  if (!answer) return;
  const rotated = answer.refresh_token !== undefined && answer.refresh_token !== before;
  byId('refresh-shown').prepend(
    make('dl', { class: 'rows', 'data-rotated': rotated },
      ...[['refresh-before', before], ['refresh-after', answer.refresh_token ?? before]].map(([name, value]) =>
        make('div', { class: 'row' }, make('dt', {}, say(name)), make('dd', {}, make('span', { class: 'value technical' }, value))))),
    notice(say(rotated ? 'refresh-rotated' : 'refresh-kept'), rotated ? 'good' : 'plain'));
  await hold(answer);
  byId('refresh').scrollIntoView();
}

function signOut() {
  keep({ left: true, drawn: undefined });
  location.assign(`/v2/logout?${new URLSearchParams({ client_id: settings().client, returnTo: callback })}`);
}

async function startAgain() {
  sessionStorage.removeItem(KEPT);
  await forgetProofKey();
  location.assign('/playground');
}

/** Puts back what was chosen before the browser left. */
function restore({ client, audience, scope, prompt, response_mode, dpop }) {
  for (const [name, value] of Object.entries({ client, audience, scope, prompt, response_mode })) form.elements[name].value = value;
  form.elements.dpop.checked = dpop;
}

const guarded = (act) => async (event) => {
  event?.preventDefault();
  try {
    await act();
  } catch (problem) {
    announce(`${say('broken')} ${problem.message}`, true);
  }
};

async function begin() {
  if (!crypto.subtle) throw new Error(say('insecure'));
  metadata = (await send({ url: facts.discovery })).answer;
  keys = (await send({ url: metadata.jwks_uri })).answer.keys;
  if (kept.chosen) restore(kept.chosen);
  else proposeScope();
  form.addEventListener('submit', guarded(signIn));
  form.elements.audience.addEventListener('change', proposeScope);
  form.addEventListener('input', guarded(preview));
  form.addEventListener('change', guarded(preview));
  for (const [id, act] of Object.entries({ exchange, userinfo, refresh, logout: signOut, again: startAgain })) {
    byId(`${id}-run`).addEventListener('click', guarded(act));
  }
  byId('logout-run').disabled = false;
  byId('again-run').disabled = false;
  const answer = arrival();
  history.replaceState(null, '', '/playground');
  if (answer) {
    receive(answer);
  } else {
    await preview();
    mark('request', 'now');
    if (kept.left) {
      keep({ left: false });
      mark('logout', 'done');
      show('logout-shown', notice(say('logout-good'), 'good'));
      announce(say('logout-good'));
    }
  }
  byId('sign-in').disabled = false;
}

guarded(begin)();
