// Which files of src/ stand in no room, which imports run against the rooms' order, and which bring technology into rules.
import { posix } from 'node:path';
import {
  COMMANDS,
  COMPOSITIONS,
  type Island,
  PROGRAMS,
  ROOMS,
  type Room,
  TECHNOLOGIES,
  type Technology,
} from './rooms.ts';
import type { SourceImport, SourceImports } from './source-imports.ts';

const DATA = 'scripts/rooms/rooms.ts';

export interface Place {
  /** As a sentence names it. */
  readonly name: string;
  /** A file imports from places of its own rank and below. */
  readonly rank: number;
  readonly technical: boolean;
}

/** @param path below the top folder, with slashes. @returns undefined where there is no such room. */
export function placeOf(path: string): Place | undefined {
  const [, name = '', ...rest] = path.split('/');
  const base = posix.basename(path);
  const place = (room: string, rank: number, technical = true): Place => ({ name: room, rank, technical });
  if (rest.length === 0) return PROGRAMS.has(name) ? place(`the program ${path}`, ROOMS.length + 2) : undefined;
  if (name === COMMANDS.name) return place(name, ROOMS.length + 1);
  if (name === COMPOSITIONS.name) return place('the compositions', ROOMS.length);
  const rank = ROOMS.findIndex((room) => room.name === name);
  if (rank === -1) return undefined;
  if (/^compose-.*\.ts$/.test(base)) return place('the compositions', ROOMS.length);
  return place(name, rank, (ROOMS[rank] as Room).technical === true);
}

/** A sentence about each, with file and line, and what to do. */
export function findWrongImports(files: SourceImports): string[] {
  return [...files].flatMap(([path, imports]) => {
    const place = placeOf(path);
    if (place === undefined) return [homeless(path)];
    return imports.flatMap((one) => {
      const wrong = one.target === undefined ? wrongPackage(path, place, one) : wrongTarget(path, place, one.target);
      return wrong === undefined ? [] : [`${path}:${one.line}: ${wrong}`];
    });
  });
}

/** As `findWrongImports`, for source that keeps to itself. */
export function findStrayImports(files: SourceImports, { folder, what, may, packages }: Island): string[] {
  const isOwn = ({ specifier, target }: SourceImport): boolean => {
    if (target !== undefined) return target.startsWith(`${folder}/`) || may.includes(target);
    return specifier !== undefined && packages.test(specifier.startsWith('node:') ? specifier : packageOf(specifier));
  };
  return [...files].flatMap(([path, imports]) =>
    imports
      .filter((one) => !isOwn(one))
      .map((one) => `${path}:${one.line}: imports ${one.target ?? one.specifier ?? 'what nobody can check'}: ${what}.`),
  );
}

function homeless(path: string): string {
  const [, name, ...rest] = path.split('/');
  if (rest.length > 0) return `${path}: there is no room "${name}". Add it to ${DATA}, above what it imports.`;
  return `${path}: only programs are directly in src/. Move it into a room, or add the program to ${DATA}.`;
}

function wrongTarget(path: string, place: Place, target: string): string | undefined {
  if (!target.startsWith('src/'))
    return `imports ${target}, which is outside src/: only what is in src/ is part of the service.`;
  const to = placeOf(target);
  if (to === undefined) return `imports ${target}, which is in no room. Add the room to ${DATA}.`;
  if (PROGRAMS.has(target.slice('src/'.length)))
    return `imports ${target}: nothing imports a program. Move what it needs into a room.`;
  if (to.rank > place.rank) return upward(target, place, to);
  const technology = to.technical ? undefined : technologyOf(target);
  if (place.technical || technology === undefined || technologyOf(path) !== undefined) return undefined;
  return `imports ${target}, which is about ${technology.name}: rules stay free of it. Import its port instead, and let a composition hand it in.`;
}

const upward = (target: string, place: Place, to: Place): string =>
  `imports ${target}, but ${place.name} may not import ${to.name}, which is above it. Move what it needs down, or let a composition hand it in.`;

/** What a file is about, by its name. */
const technologyOf = (path: string): Technology | undefined =>
  TECHNOLOGIES.find(({ files }) => files.test(posix.basename(path)));

function wrongPackage(path: string, place: Place, { specifier }: SourceImport): string | undefined {
  if (specifier === undefined)
    return 'imports a path that is put together at run time, which nobody can check. Write it out.';
  if (place.technical) return undefined;
  const technology = TECHNOLOGIES.find(({ packages }) => packages.test(packageOf(specifier)));
  if (technology === undefined || technology.files.test(posix.basename(path))) return undefined;
  return `imports ${specifier}, but a file of this name may not know ${technology.name}: rules stay free of it. Move that part into a file named ${technology.naming}.`;
}

/** `kysely/migration` → `kysely`; `@fastify/cookie/x` → `@fastify/cookie`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
