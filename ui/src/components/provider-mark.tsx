// A tile with the first letter of a provider, in a colour of its own. Decoration.

/** The same colour for the same provider everywhere. */
function hueOf(id: string): number {
  let sum = 7;
  for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 65_521;
  // The golden angle keeps neighbours apart.
  return Math.round((sum * 137.508) % 360);
}

export function ProviderMark({ id, name }: { id: string; name: string }) {
  return (
    <span class="mark-letter" style={{ '--hue': String(hueOf(id)) }} aria-hidden="true">
      {name.charAt(0)}
    </span>
  );
}
