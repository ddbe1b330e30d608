// Puts variables into compose values as `docker compose` does: ${NAME}, ${NAME:-default}, ${NAME:?message}, $$, one inside another.

export interface Reference {
  readonly name: string;
  readonly operator: ':-' | ':?' | undefined;
  readonly argument: string;
}

type Resolve = (reference: Reference) => string;

/** @throws Error with the message of a `:?` that has no value. */
export function interpolate(text: string, values: Readonly<Record<string, string>>): string {
  return replaceReferences(text, ({ name, operator, argument }) => {
    const value = values[name] ?? '';
    if (value !== '') return value;
    if (operator === ':?') throw new Error(`${name}: ${argument}`);
    return interpolate(argument, values);
  });
}

/** Every reference in the text, those inside defaults included. */
export function references(text: string): Reference[] {
  const found: Reference[] = [];
  replaceReferences(text, (reference) => {
    found.push(reference, ...references(reference.argument));
    return '';
  });
  return found;
}

function replaceReferences(text: string, resolve: Resolve): string {
  let result = '';
  for (let at = 0; at < text.length; at++) {
    if (text.startsWith('$$', at)) {
      result += '$';
      at++;
    } else if (text.startsWith('${', at)) {
      const end = closingBrace(text, at + 2);
      result += resolve(toReference(text.slice(at + 2, end)));
      at = end;
    } else result += text[at];
  }
  return result;
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('${', at)) depth++;
    if (text[at] === '}') depth--;
    if (depth === 0) return at;
  }
  throw new Error(`no } for the $\{ in ${text}`);
}

function toReference(inner: string): Reference {
  const match = /^([A-Z_][A-Z0-9_]*)(?:(:-|:\?)(.*))?$/s.exec(inner);
  if (match === null) throw new Error(`not a reference that this understands: $\{${inner}}`);
  const [, name = '', operator, argument = ''] = match;
  return { name, operator: operator === ':-' || operator === ':?' ? operator : undefined, argument };
}
