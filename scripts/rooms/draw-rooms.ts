// The rooms, highest first, each with what it is for, and a grid of who imports whom: nothing is below its diagonal.
import { floorClass, MARGIN, textAt, WIDTH } from './drawing.ts';
import { COMMANDS, COMPOSITIONS, FLOORS, PROGRAMS, type Room } from './rooms.ts';

const ROW = 25;
const FLOOR_GAP = 10;
const TOP_ROWS = 3;
const NAME_X = MARGIN + 14;
const PURPOSE_X = NAME_X + 92;
const CELL = 14.5;

interface Row {
  readonly room: Room;
  readonly y: number;
}

interface Drawn {
  readonly svg: string;
  /** Where the next part begins. */
  readonly bottom: number;
}

/** @param imports room → the rooms that it imports. */
export function drawRooms(top: number, imports: ReadonlyMap<string, ReadonlySet<string>>): Drawn {
  const firstFloor = top + TOP_ROWS * ROW + FLOOR_GAP + 52;
  const parts: string[] = [drawTop(top)];
  const rows: Row[] = [];
  let y = firstFloor;
  for (const floor of FLOORS.toReversed()) {
    const height = floor.rooms.length * ROW;
    parts.push(`<rect x="${MARGIN}" y="${y}" width="${WIDTH - 2 * MARGIN}" height="${height}" rx="6" class="band"/>`);
    for (const room of floor.rooms.toReversed()) {
      rows.push({ room, y });
      y += ROW;
    }
    y += FLOOR_GAP;
  }
  parts.push(...rows.map(drawRoom), drawGrid(rows, imports, firstFloor));
  return { svg: parts.join('\n'), bottom: y - FLOOR_GAP };
}

/** What may import everything below it: no grid would say more. */
function drawTop(top: number): string {
  const rows = [
    { name: [...PROGRAMS.keys()].join(', '), purpose: 'The two programs. Nothing imports them.' },
    COMMANDS,
    { name: COMPOSITIONS.name, purpose: `${COMPOSITIONS.purpose} So is every compose-*.ts in a room.` },
  ];
  const height = rows.length * ROW;
  const band = `<rect x="${MARGIN}" y="${top}" width="${WIDTH - 2 * MARGIN}" height="${height}" rx="6" class="band"/>`;
  const wide = rows.map(({ name, purpose }, index) => {
    const y = top + index * ROW;
    const indent = index === 0 ? PURPOSE_X + 24 : PURPOSE_X;
    return `${bar(y, 'top')}${textAt(NAME_X, y + 17, name, { bold: true })}${textAt(indent, y + 17, plain(purpose), { kind: 'soft' })}`;
  });
  return [
    band,
    ...wide,
    textAt(WIDTH - MARGIN - 12, top + 17, 'may import everything below', { kind: 'soft', size: 12, anchor: 'end' }),
  ].join('\n');
}

function drawRoom({ room, y }: Row): string {
  const { name, purpose } = room;
  return `${bar(y, floorClass(name))}${textAt(NAME_X, y + 17, name, { bold: true })}${textAt(PURPOSE_X, y + 17, plain(purpose), { kind: 'soft' })}`;
}

const bar = (y: number, kind: string): string =>
  `<rect x="${MARGIN}" y="${y + 3}" width="4" height="${ROW - 6}" rx="2" class="${kind}"/>`;

const plain = (text: string): string => text.replaceAll('`', '');

function drawGrid(rows: readonly Row[], imports: ReadonlyMap<string, ReadonlySet<string>>, top: number): string {
  const left = WIDTH - MARGIN - 12 - rows.length * CELL;
  const centre = (column: number): number => left + (column + 0.5) * CELL;
  const heads = rows.map(({ room }, column) => {
    const [x, y] = [centre(column) + 4, top - 7];
    return `<text transform="translate(${x} ${y}) rotate(-60)" class="soft" font-size="11.5">${room.name}</text>`;
  });
  const cells = rows.flatMap(({ room, y }, row) =>
    rows.flatMap(({ room: other }, column) => {
      const [x, middle] = [centre(column), y + ROW / 2];
      if (column === row)
        return [`<circle cx="${x}" cy="${middle}" r="3" class="${floorClass(room.name)}" opacity="0.35"/>`];
      if (imports.get(room.name)?.has(other.name) !== true)
        return column > row ? [`<circle cx="${x}" cy="${middle}" r="1.3" class="cell"/>`] : [];
      return [
        `<rect x="${x - 5}" y="${middle - 5}" width="10" height="10" rx="2.5" class="${floorClass(other.name)}"><title>${room.name} imports ${other.name}</title></rect>`,
      ];
    }),
  );
  const hint = textAt(left - 14, top - 10, 'Read across: the squares are what a room imports', {
    kind: 'soft',
    size: 12,
    anchor: 'end',
  });
  return [hint, ...heads, ...cells].join('\n');
}
