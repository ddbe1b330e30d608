// Pieces of SVG that the pictures of the rooms share: colours for a light and a dark page, text, lines.
import { FLOORS } from './rooms.ts';

/** Of the view box. GitHub shows it at some 830. */
export const WIDTH = 960;
export const MARGIN = 24;

/** Floor → its colour's class. */
const CLASSES = ['ground', 'record', 'feature', 'outside'];

export const STYLE = `
    svg { color-scheme: light dark }
    .paper { fill: #fbfbfd; stroke: #d5d9e3 } .ink { fill: #1c2333 } .soft { fill: #566077 } .rule { stroke: #d5d9e3; fill: none }
    .band { fill: #f1f3f8 } .cell { fill: #e6e9f1 } .pill { fill: #fff; stroke: #c3c9d8 }
    .ground { fill: #4a6fa5 } .record { fill: #7a5ba8 } .feature { fill: #b4602a } .outside { fill: #2e7d6b } .top { fill: #5b6478 }
    .on { fill: #fff } .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #10141d; stroke: #2c3446 } .ink { fill: #e6e9f2 } .soft { fill: #a2abbf } .rule { stroke: #2c3446 }
      .band { fill: #171c28 } .cell { fill: #232a3a } .pill { fill: #1b2130; stroke: #3a445a }
      .ground { fill: #7fa6e0 } .record { fill: #b59be2 } .feature { fill: #e79a63 } .outside { fill: #62c3ab } .top { fill: #98a2b8 }
      .on { fill: #10141d }
    }`;

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

interface TextStyle {
  readonly kind?: string;
  readonly size?: number;
  readonly bold?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
}

export function textAt(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { kind = 'ink', size = 13, bold = false, anchor = 'start' } = style;
  const weight = bold ? ' font-weight="600"' : '';
  const at = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${x}" y="${y}" class="${kind}" font-size="${size}"${weight}${at}>${escapeXml(content)}</text>`;
}

/** The class of the floor that the room is on. */
export function floorClass(room: string): string {
  const floor = FLOORS.findIndex(({ rooms }) => rooms.some(({ name }) => name === room));
  return CLASSES[floor] ?? 'top';
}

/** Colours and names of the floors, to the left of `right`. */
export function legend(right: number, y: number): string {
  let x = right;
  return FLOORS.map(({ name }, floor) => {
    x -= name.length * 7 + 12;
    const swatch = `<rect x="${x - 14}" y="${y - 9}" width="10" height="10" rx="2.5" class="${CLASSES[floor]}"/>`;
    const text = textAt(x, y, name, { kind: 'soft', size: 12.5 });
    x -= 22;
    return `${swatch}${text}`;
  }).join('');
}

/** Lines of at most so many characters, broken between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
