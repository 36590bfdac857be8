// Databases of their own on a PostgreSQL server.
import { run } from './processes.mjs';

/** Makes a database; `admin` is the URL of one who may. Returns its URL and a function that drops it. */
export async function makeDatabase(admin) {
  const name = `clients_${process.pid}_${Date.now()}`;
  const { href: url, username, password, hostname, port, pathname } = new URL(admin);
  const env = { ...process.env, PGUSER: username, PGPASSWORD: password, PGHOST: hostname, PGPORT: port, PGDATABASE: pathname.slice(1) };
  const say = (sql) => run('psql', ['--no-psqlrc', '--quiet', '--command', sql], { env });
  await say(`CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`);
  return { url: Object.assign(new URL(url), { pathname: `/${name}` }).href, drop: () => say(`DROP DATABASE ${name} WITH (FORCE)`) };
}
