// The picture of the architecture is drawn from the code, and the ways through the rooms that it shows are the code's.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARCHITECTURE_FILE, architectureSvg } from '../../scripts/architecture.ts';
import { wrap } from '../../scripts/rooms/drawing.ts';
import { placeOf } from '../../scripts/rooms/find-wrong-imports.ts';
import { FLOWS } from '../../scripts/rooms/flows.ts';
import { roomImports } from '../../scripts/rooms/room-imports.ts';
import { ROOMS } from '../../scripts/rooms/rooms.ts';
import { sourceImports } from '../../scripts/rooms/source-imports.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const files = sourceImports(ROOT);
const importsOf = (path: string): Set<string> => new Set((files.get(path) ?? []).flatMap(({ target }) => target ?? []));

describe('the picture of the architecture', () => {
  const svg = readFileSync(join(ROOT, ARCHITECTURE_FILE), 'utf8');

  it('is up to date (npm run docs)', () => {
    expect(svg).toBe(architectureSvg(ROOT));
  });

  it('shows every room, and every import between rooms', () => {
    for (const { name } of ROOMS) expect(svg).toContain(`>${name}</text>`);
    const drawn = [...svg.matchAll(/<title>(\w+) imports (\w+)<\/title>/g)].map(([, from, to]) => `${from} ${to}`);
    const real = [...roomImports(files)].flatMap(([from, tos]) => [...tos].map((to) => `${from} ${to}`));
    expect(drawn.sort()).toEqual(real.sort());
  });

  it('is one file that asks for nothing, for light and dark pages', () => {
    expect(svg).not.toMatch(/href=|url\(|<script|<image|@import/);
    expect(svg).toContain('@media (prefers-color-scheme: dark)');
  });
});

describe.each(FLOWS)('the way through the rooms: $title', ({ steps, request }) => {
  it('leads through files and functions that there are', () => {
    for (const { file, does } of steps) {
      expect(existsSync(join(ROOT, 'src', file)), file).toBe(true);
      expect(placeOf(`src/${file}`), file).toBeDefined();
      const declared = new RegExp(`(?:function|const) ${does}\\b|^ *(?:async )?${does}(?:[:(<]|,$)`, 'm');
      expect(readFileSync(join(ROOT, 'src', file), 'utf8'), `${file}: ${does}`).toMatch(declared);
    }
  });

  it('comes to each step from an earlier one, which imports it or shares a port with it', () => {
    const paths = steps.map(({ file }) => `src/${file}`);
    const strange = paths.filter((path, index) => index > 0 && !paths.slice(0, index).some((one) => meet(one, path)));
    expect(strange).toEqual([]);
  });

  it('begins with calls that there are', () => {
    const texts = steps.map(({ file }) => readFileSync(join(ROOT, 'src', file), 'utf8')).join('\n');
    for (const [, path] of request.matchAll(/[A-Z]+ (\S+?)(?:,|$)/g)) expect(texts).toContain(`'${path}'`);
  });

  it('is short enough for its column', () => {
    for (const { file, what } of steps) {
      expect(file.replace(/\.ts$/, '').length, file).toBeLessThanOrEqual(36);
      expect(wrap(what, 40).length, what).toBeLessThanOrEqual(2);
    }
  });
});

/** One imports the other, or both import what one hands to the other. */
function meet(one: string, other: string): boolean {
  if (one === other || importsOf(one).has(other) || importsOf(other).has(one)) return true;
  return [...importsOf(one)].some((path) => !path.startsWith('src/shared/') && importsOf(other).has(path));
}
