// What every hosted page has to satisfy in a browser.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const artifacts = join(import.meta.dirname, '..', 'artifacts', 'pages');
mkdirSync(artifacts, { recursive: true });

/** Takes a screenshot, then checks accessibility and that nothing is wider than the window. */
export async function inspect(page, name) {
  await page.screenshot({ path: join(artifacts, `${name}.png`), fullPage: true });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) })), [], name);
  const width = await page.evaluate(() => ({ content: document.documentElement.scrollWidth, window: innerWidth }));
  assert.ok(width.content <= width.window, `${name} is ${width.content} wide in a window of ${width.window}`);
}

/** Collects what the browser complains about: CSP violations, failed loads, script errors. */
export function complaints(page) {
  const found = [];
  page.on('console', (message) => {
    const expected = /status of (400|401|403)/.test(message.text()) || message.location().url.endsWith('/favicon.ico');
    if (message.type() === 'error' && !expected) found.push(message.text());
  });
  page.on('pageerror', (problem) => found.push(String(problem)));
  return found;
}

/** The colour behind the top left corner of a page. */
export function background(page) {
  return page.evaluate(() => {
    const transparent = 'rgba(0, 0, 0, 0)';
    let element = document.elementFromPoint(1, 1) ?? document.body;
    while (element && getComputedStyle(element).backgroundColor === transparent) element = element.parentElement;
    return element ? getComputedStyle(element).backgroundColor : transparent;
  });
}

/** The directives of a Content-Security-Policy header. */
export function policyOf(headers) {
  const header = headers.get('content-security-policy') ?? '';
  return Object.fromEntries(header.split(';').map((part) => part.trim().split(/\s+/)).filter(([name]) => name)
    .map(([name, ...sources]) => [name, sources]));
}
