// The playground, part 2 of 5: the DPoP key and its proofs (RFC 9449 §4.2).

/** Runs one request against the key store of this origin. */
async function keyStore(mode, act) {
  const database = await new Promise((done, fail) => {
    const opening = indexedDB.open('countersign-playground', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('keys');
    opening.onsuccess = () => done(opening.result);
    opening.onerror = () => fail(opening.error);
  });
  try {
    return await new Promise((done, fail) => {
      const request = act(database.transaction('keys', mode).objectStore('keys'));
      request.onsuccess = () => done(request.result);
      request.onerror = () => fail(request.error);
    });
  } finally {
    database.close();
  }
}

/** The key pair of this browser. The private key cannot leave it: not even this script can read it. */
async function proofKey() {
  const kept = await keyStore('readonly', (store) => store.get('proof'));
  if (kept) return kept;
  const made = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  await keyStore('readwrite', (store) => store.put(made, 'proof'));
  return made;
}

const forgetProofKey = () => keyStore('readwrite', (store) => store.delete('proof'));

async function publicJwk({ publicKey }) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  return { kty, crv, x, y };
}

/** RFC 7638: the members in the order of their names, without white space. */
const thumbprint = ({ crv, kty, x, y }) => sha256(JSON.stringify({ crv, kty, x, y }));

/** A proof for one request; `token` is the access token that is sent with it. */
async function makeProof(method, url, { nonce, token }) {
  const key = await proofKey();
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: await publicJwk(key) };
  const claims = {
    jti: randomText(),
    htm: method,
    htu: url.split(/[?#]/)[0],
    iat: Math.floor(Date.now() / 1000),
    ...(nonce && { nonce }),
    ...(token && { ath: await sha256(token) }),
  };
  const signed = [header, claims].map((part) => toBase64url(utf8.encode(JSON.stringify(part)))).join('.');
  const how = { name: 'ECDSA', hash: 'SHA-256' };
  return `${signed}.${toBase64url(await crypto.subtle.sign(how, key.privateKey, utf8.encode(signed)))}`;
}
