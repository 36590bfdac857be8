// What the server under test says about itself in its ready file.
import { readFileSync } from 'node:fs';

const file = process.env.COUNTERSIGN_READY_FILE;
if (!file) throw new Error('COUNTERSIGN_READY_FILE is not set: start the suites with run.mjs');
const ready = JSON.parse(readFileSync(file, 'utf8'));

const find = (list, key, wanted) => {
  const found = list.find((item) => item[key] === wanted);
  if (!found) throw new Error(`the ready file has no ${key} ${wanted}`);
  return found;
};

/** Origins of the listeners, without a trailing slash; two processes behind one issuer have no http. */
export const origin = Object.fromEntries(['https', 'http'].filter((scheme) => ready[scheme]).map((scheme) => [scheme, new URL(ready[scheme]).origin]));
/** Issuers of the listeners; the https one is the first. */
export const issuer = { https: ready.issuer, ...(origin.http && { http: `${origin.http}/` }) };
/** The https listener as Auth0's SDKs want it: host and port. */
export const domain = new URL(ready.https).host;
/** The certificate of the server's authority. */
export const caFile = ready.ca_file;

/** What a fake identity provider gives its one user, 2000001: an `id-token`, an `access-token` or a `code`. */
export async function providerToken(strategy, kind) {
  const answer = await (await fetch(`${ready.fake_providers}/control/${strategy}/${kind}`)).json();
  return answer.code ?? answer.token;
}

/** Identifiers of the APIs in tenant.yaml. */
export const api = {
  items: 'https://items.example.test',
  bound: 'https://bound.example.test',
  curved: 'https://curved.example.test',
  brief: 'https://brief.example.test',
};

/** Finds a client of tenant.yaml by its name. */
export const client = (name) => find(ready.clients, 'name', name);
/** Finds a user of users.json by the part before the @; each suite has its own. */
export const user = (name) => find(ready.users, 'email', `${name}@users.example.test`);
