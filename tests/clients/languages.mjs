// The languages of the suites: what tells them apart, what they need, how they run.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './processes.mjs';

const here = import.meta.dirname;

const node = {
  file: 'suite.test.mjs',
  async prepare() {
    const installed = join(here, 'node_modules', '.package-lock.json');
    const wanted = statSync(join(here, 'package-lock.json')).mtimeMs;
    if (existsSync(installed) && statSync(installed).mtimeMs >= wanted) return;
    await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts']);
  },
  command: (folder) => [process.execPath, '--test', '--test-reporter=spec', join(folder, 'suite.test.mjs')],
  environment: ({ ca_file }) => ({ NODE_EXTRA_CA_CERTS: ca_file }),
};

const venv = (cache) => join(cache, 'python');
const python = {
  file: 'suite_test.py',
  async prepare(cache) {
    const requirements = join(here, 'requirements.txt');
    const installed = join(venv(cache), 'installed.txt');
    const wanted = readFileSync(requirements, 'utf8');
    if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
    mkdirSync(cache, { recursive: true });
    await run('python3', ['-m', 'venv', '--clear', venv(cache)]);
    await run(join(venv(cache), 'bin', 'pip'), ['install', '--quiet', '--only-binary', ':all:', '--require-hashes', '-r', requirements]);
    writeFileSync(installed, wanted);
  },
  command: (folder, cache) => [join(venv(cache), 'bin', 'python'), '-W', 'ignore', join(folder, 'suite_test.py'), '-v'],
  environment: ({ ca_file }) => ({
    PYTHONPATH: join(here, 'shared'), PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1',
    REQUESTS_CA_BUNDLE: ca_file, SSL_CERT_FILE: ca_file,
  }),
};

const suite = (folder) => ['test', '--locked', '--manifest-path', join(folder, 'Cargo.toml'), '--test', 'suite'];
const rust = {
  file: 'Cargo.toml',
  async prepare(cache, folders) {
    for (const folder of folders) await run('cargo', [...suite(folder), '--no-run'], { env: { ...process.env, ...rustEnvironment(cache) } });
  },
  command: (folder) => ['cargo', ...suite(folder)],
  environment: (ready, cache) => rustEnvironment(cache),
};
/** Compiles into the caller's target folder, which has most of the packages, or into the cache. */
function rustEnvironment(cache) {
  return { CARGO_TARGET_DIR: process.env.CARGO_TARGET_DIR ?? join(cache, 'rust') };
}

const all = [node, python, rust];

/** Every folder with a suite, by name; `tenant` is the tenant file that it runs against. */
export function findSuites() {
  const folders = readdirSync(here, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
  return folders.flatMap((name) => {
    const folder = join(here, name);
    const language = all.find(({ file }) => existsSync(join(folder, file)));
    if (!language) return [];
    const own = join(folder, 'tenant.yaml');
    return [{ name, folder, language, tenant: existsSync(own) ? own : join(here, 'tenant.yaml') }];
  });
}
