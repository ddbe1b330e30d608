// Markup in which every value is escaped unless it is markup itself.

export interface Html {
  readonly markup: string;
}

type Value = string | number | Html | readonly Html[] | undefined;

/** Template tag: html`<p>${text}</p>`. Attribute values must be quoted. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const rest = values.map((value, index) => render(value) + (strings[index + 1] ?? ''));
  return { markup: (strings[0] ?? '') + rest.join('') };
}

function render(value: Value): string {
  if (value === undefined) return '';
  if (typeof value === 'object')
    return [value]
      .flat()
      .map((part) => (part as Html).markup)
      .join('');
  return escaped(String(value));
}

const ENTITIES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES.get(char) ?? '');
