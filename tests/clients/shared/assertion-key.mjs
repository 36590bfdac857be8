// The key that the Signing Web App of tenant.yaml signs assertions with; made for these suites, and public.
import { readFileSync } from 'node:fs';

/** PKCS#8 as PEM. */
export const assertionKeyPem = readFileSync(new URL('assertion-key.pem', import.meta.url), 'utf8');

/** The same for WebCrypto. */
export async function assertionKey() {
  const der = Buffer.from(assertionKeyPem.replace(/-----[A-Z ]+-----/g, ''), 'base64');
  return crypto.subtle.importKey('pkcs8', der, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign']);
}
