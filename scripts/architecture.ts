// Draws docs/architecture.svg from the code: the rooms, the imports between them, and the ways of three requests.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { drawFlows } from './rooms/draw-flows.ts';
import { drawRooms } from './rooms/draw-rooms.ts';
import { legend, MARGIN, STYLE, textAt, WIDTH } from './rooms/drawing.ts';
import { FLOWS } from './rooms/flows.ts';
import { roomImports } from './rooms/room-imports.ts';
import { sourceImports } from './rooms/source-imports.ts';

export const ARCHITECTURE_FILE = 'docs/architecture.svg';

const DESCRIPTION =
  'The rooms of the source, highest first, each with what it is for, and a grid of the imports between them, all of which lead to lower rooms. Below, step by step: a key is added, a service gets a key, a person signs in.';

/** @param root the checkout. */
export function architectureSvg(root: string): string {
  const heading = (y: number, title: string): string => textAt(MARGIN, y, title, { size: 18, bold: true });
  const rule = 'A file imports from its own room and from rooms below it';
  const rooms = drawRooms(66, roomImports(sourceImports(root)));
  const flows = drawFlows(rooms.bottom + 84, FLOWS);
  const height = flows.bottom + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif" role="img" aria-labelledby="t d">
<title id="t">The rooms of ops-center-byok</title>
<desc id="d">${DESCRIPTION}</desc>
<style>${STYLE}
</style>
<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="14" class="paper"/>
${heading(42, 'Rooms')}${textAt(WIDTH - MARGIN, 42, rule, { kind: 'soft', size: 12.5, anchor: 'end' })}
${rooms.svg}
${heading(rooms.bottom + 50, 'Three ways through them')}${legend(WIDTH - MARGIN, rooms.bottom + 50)}
${flows.svg}
</svg>
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(ARCHITECTURE_FILE, architectureSvg(process.cwd()));
