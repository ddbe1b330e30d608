// The ways of requests through the rooms, side by side: numbered steps in the colours of their rooms' floors.
import { escapeXml, floorClass, MARGIN, textAt, WIDTH, wrap } from './drawing.ts';
import type { Flow, Step } from './flows.ts';

const GAP = 14;
const STEP = 58;
const HEAD = 52;
/** Of the text beside the numbers, in characters. */
const LINE = 40;

export function drawFlows(top: number, flows: readonly Flow[]): { readonly svg: string; readonly bottom: number } {
  const width = (WIDTH - 2 * MARGIN - GAP * (flows.length - 1)) / flows.length;
  const longest = Math.max(...flows.map(({ steps }) => steps.length));
  const svg = flows.map((flow, column) => drawFlow(flow, MARGIN + column * (width + GAP), top, width)).join('\n');
  return { svg, bottom: top + HEAD + longest * STEP };
}

function drawFlow({ title, request, steps }: Flow, left: number, top: number, width: number): string {
  const x = left + 13;
  const first = top + HEAD + 12;
  const line = `<path d="M${x} ${first}V${first + (steps.length - 1) * STEP}" class="rule" stroke-width="2"/>`;
  return [
    textAt(left, top + 14, title, { size: 15, bold: true }),
    textAt(left, top + 33, request, { kind: 'soft mono', size: 12 }),
    line,
    ...steps.map((step, index) => drawStep(step, index + 1, { left, right: left + width, y: first + index * STEP })),
  ].join('\n');
}

interface Spot {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

function drawStep({ file, what, calls }: Step, number: number, { left, right, y }: Spot): string {
  const [room = '', ...rest] = file.split('/');
  const kind = floorClass(room);
  const text = left + 32;
  // Two letters less, so that the longest name fits.
  const name = rest.join('/').replace(/\.ts$/, '');
  const path = `<text x="${text}" y="${y}" font-size="12" class="mono"><tspan class="${kind}" font-weight="600">${room}</tspan><tspan class="soft">/</tspan><tspan class="ink">${escapeXml(name)}</tspan></text>`;
  const lines = wrap(what, LINE).map((line, index) =>
    textAt(text, y + 16 + index * 15, line, { kind: 'soft', size: 12 }),
  );
  return [
    `<circle cx="${left + 13}" cy="${y - 2}" r="11" class="${kind}"/>`,
    textAt(left + 13, y + 2, String(number), { kind: 'on', size: 11.5, bold: true, anchor: 'middle' }),
    path,
    ...lines,
    ...(calls === undefined ? [] : [pill(right, y, calls)]),
  ].join('\n');
}

/** At the right end of the step's text: who is called outside the process. */
function pill(right: number, y: number, text: string): string {
  const width = text.length * 6 + 12;
  return `<rect x="${right - width}" y="${y + 21}" width="${width}" height="16" rx="8" class="pill"/>${textAt(right - width / 2, y + 32.5, text, { kind: 'soft', size: 10.5, anchor: 'middle' })}`;
}
