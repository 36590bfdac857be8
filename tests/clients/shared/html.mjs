// As much of HTML as the forms of the hosted pages need.

const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const unescape = (text) => text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(amp|lt|gt|quot|apos));/gi, (_, hex, decimal, name) =>
  name ? NAMED[name.toLowerCase()] : String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal)));

const ATTRIBUTE = /([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;
const tags = (html, name) => Array.from(html.matchAll(new RegExp(`<${name}\\b((?:"[^"]*"|'[^']*'|[^'">])*)>`, 'gi')), (match) =>
  Object.fromEntries(Array.from(match[1].matchAll(ATTRIBUTE), ([, key, double, single, bare]) =>
    [key.toLowerCase(), unescape(double ?? single ?? bare ?? '')])));

/** The first form of a page, or undefined. */
export function parseForm(html) {
  const source = html.match(/<form\b[\s\S]*?<\/form\s*>/i)?.[0];
  if (!source) return undefined;
  const [{ action = '', method = 'get' }] = tags(source, 'form');
  const inputs = tags(source, 'input');
  const hidden = inputs.filter(({ type }) => type?.toLowerCase() === 'hidden');
  return {
    action,
    method,
    hidden: Object.fromEntries(hidden.map(({ name, value = '' }) => [name, value])),
    fields: inputs.filter((input) => !hidden.includes(input)).map(({ name }) => name),
    values: Object.fromEntries(inputs.map(({ name, value = '' }) => [name, value])),
    buttons: tags(source, 'button').map(({ name, value }) => ({ name, value })),
  };
}

/** The text of the element with this id, or ''. */
export function textOf(html, id) {
  const inner = html.match(new RegExp(`<(\\w+)[^>]*\\bid=["']?${id}["']?[^>]*>([\\s\\S]*?)</\\1>`, 'i'))?.[2] ?? '';
  return unescape(inner.replace(/<[^>]*>/g, '')).replace(/\s+/g, ' ').trim();
}
