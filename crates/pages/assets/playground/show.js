// The playground, part 4 of 5: what is put on the page. Values are set as text, never as markup.

const facts = JSON.parse(document.getElementById('facts').textContent);
const say = (name) => facts.texts[name] ?? '';
const byId = (id) => document.getElementById(id);

/** An element with attributes and children. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** Replaces what a step shows. */
const show = (id, ...children) => byId(id).replaceChildren(...children.filter((child) => child !== undefined));

/** Marks a step: later, now, done or failed; the rail says the same. */
function mark(step, state) {
  byId(step).dataset.state = state;
  const link = document.querySelector(`.rail a[href="#${step}"]`);
  link.parentElement.dataset.state = state;
  if (state === 'now') link.setAttribute('aria-current', 'step');
  else link.removeAttribute('aria-current');
  link.querySelector('.rail-state').textContent = say(`state-${state}`);
}

/** Says something to everybody, those who listen included. */
function announce(text, isProblem = false) {
  const status = byId('status');
  status.textContent = text;
  status.dataset.problem = isProblem;
}

const notice = (text, kind) => make('p', { class: `notice notice-${kind}` }, text);

/** Names, values and what they mean. */
function table(rows, kind) {
  const lines = rows.map(([name, value]) => {
    const meaning = say(`${kind}-${name}`);
    return make('div', { class: 'row', 'data-name': name },
      make('dt', {}, make('code', {}, name)),
      make('dd', {},
        make('span', { class: 'value technical' }, asText(value)),
        ...(isTime(name, value) ? [make('span', { class: 'time' }, asTime(value))] : []),
        ...(meaning ? [make('span', { class: 'meaning' }, meaning)] : [])));
  });
  return make('dl', { class: 'rows' }, ...lines);
}

const asText = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
const TIMES = ['exp', 'iat', 'nbf', 'auth_time'];
const isTime = (name, value) => TIMES.includes(name) && typeof value === 'number';

/** A number of seconds since 1970 as the reader's clock shows it, with the distance from now. */
function asTime(seconds) {
  const language = document.documentElement.lang;
  const moment = new Date(seconds * 1000).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'long' });
  const distance = Math.round(seconds - Date.now() / 1000);
  const [unit, size] = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]].find(([, size]) => Math.abs(distance) >= size) ?? ['second', 1];
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.round(distance / size), unit);
  return `${moment} (${relative})`;
}

/** A token: its three parts in three colours, then header and claims. */
function tokenView(title, name, token, signature) {
  const jwt = decodeJwt(token);
  const raw = jwt
    ? jwt.parts.flatMap((part, at) => [...(at ? ['.'] : []), make('span', { class: `part part-${at}` }, part)])
    : [token];
  return make('section', { class: 'token', 'data-token': name },
    make('h3', {}, title),
    make('p', { class: 'raw technical' }, ...raw),
    ...(jwt ? [
      ...(signature ? [notice(say(`signature-${signature}`), signature === 'verified' ? 'good' : 'plain')] : []),
      make('h4', {}, say('token-header')),
      table(Object.entries(jwt.header), 'claim'),
      make('h4', {}, say('token-claims')),
      table(Object.entries(jwt.claims), 'claim'),
    ] : [notice(say('token-opaque'), 'plain')]));
}

/** The exchanges of one request: what was sent, the proof in it, what came back. */
function exchangeViews({ exchanges }) {
  return exchanges.flatMap(({ request, response, proof, status }, at) => [
    ...(at > 0 ? [notice(say('nonce-again'), 'plain')] : []),
    make('div', { class: 'exchange', 'data-status': status },
      make('h3', {}, say('sent')), make('pre', { class: 'wire' }, request),
      make('h3', {}, say('received')), make('pre', { class: 'wire' }, response)),
    ...(proof ? [make('details', { class: 'proof' },
      make('summary', {}, say('proof')), tokenView(say('proof-title'), 'proof', proof))] : []),
  ]);
}
