// The playground, part 3 of 5: requests, kept as they went over the wire.

/** The nonce that the server gave last; the next proof carries it. */
let dpopNonce;

/** Sends one request without cookies. Returns the answer and every exchange, as text. */
async function send({ method = 'GET', url, form, token, scheme, bound }) {
  const exchanges = [];
  for (;;) {
    const proof = bound ? await makeProof(method, url, { nonce: dpopNonce, token }) : undefined;
    const headers = {
      ...(form && { 'Content-Type': 'application/x-www-form-urlencoded' }),
      ...(token && { Authorization: `${scheme} ${token}` }),
      ...(proof && { DPoP: proof }),
    };
    const body = form && String(new URLSearchParams(form));
    const response = await fetch(url, { method, headers, body, credentials: 'omit', cache: 'no-store' });
    const text = await response.text();
    const answer = asJson(text);
    exchanges.push({
      request: asSent(method, url, headers, form),
      response: asReceived(response, answer, text),
      proof,
      status: response.status,
    });
    const nonce = response.headers.get('DPoP-Nonce');
    const isChallenge = answer?.error === 'use_dpop_nonce' || /error="use_dpop_nonce"/.test(response.headers.get('WWW-Authenticate') ?? '');
    const again = bound && !response.ok && isChallenge && nonce && nonce !== dpopNonce;
    if (nonce) dpopNonce = nonce;
    if (!again) return { ok: response.ok, answer, exchanges };
  }
}

function asJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asSent(method, url, headers, form) {
  const { pathname, search, host } = new URL(url);
  const head = [`${method} ${pathname}${search} HTTP/1.1`, `Host: ${host}`];
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const body = form ? ['', Object.entries(form).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('\n&')] : [];
  return [...head, ...lines, ...body].join('\n');
}

const SHOWN = ['Content-Type', 'Cache-Control', 'DPoP-Nonce', 'WWW-Authenticate', 'Retry-After'];

function asReceived(response, answer, text) {
  const head = `HTTP/1.1 ${response.status} ${response.statusText}`.trim();
  const lines = SHOWN.filter((name) => response.headers.has(name)).map((name) => `${name}: ${response.headers.get(name)}`);
  return [head, ...lines, '', answer ? JSON.stringify(answer, null, 2) : text].join('\n');
}
