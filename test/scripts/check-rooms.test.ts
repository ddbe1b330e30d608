// `npm run rooms` on this checkout and on trees of its own: what is planted is found, at any depth.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findWrongImports, placeOf } from '../../scripts/rooms/find-wrong-imports.ts';
import { COMMANDS, COMPOSITIONS, ROOMS, TECHNOLOGIES } from '../../scripts/rooms/rooms.ts';
import { sourceImports } from '../../scripts/rooms/source-imports.ts';
import { roomsTree as tree } from './rooms-tree.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const COMMAND = join(ROOT, 'scripts', 'check-rooms.ts');

const problemsOf = (path: string, text: string): string[] => findWrongImports(sourceImports(tree({ [path]: text })));

const run = (cwd: string, ...args: string[]) =>
  new Promise<{ status: number | string | null; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], { cwd }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stdout, stderr }),
    );
  });

describe('the rooms of this checkout', () => {
  const files = sourceImports(ROOT);

  it('are imported in their order, and rules know no technology', () => {
    expect(findWrongImports(files)).toEqual([]);
  });

  it('are all there, and have files', () => {
    const named = [...ROOMS, COMPOSITIONS, COMMANDS].map(({ name }) => name);
    const there = new Set(
      [...files.keys()].filter((path) => path.split('/').length > 2).map((path) => path.split('/')[1]),
    );
    expect([...there].sort()).toEqual([...named].sort());
  });

  it('have a purpose of one line each', () => {
    for (const { purpose } of [...ROOMS, COMPOSITIONS, COMMANDS]) expect(purpose).toMatch(/^.{10,82}\.$/);
  });

  it('use every technology that is named, so that no name is left behind', () => {
    const used = [...files.values()].flat().map(({ specifier = '' }) => specifier);
    for (const { name, packages } of TECHNOLOGIES) {
      const bare = used.map((specifier) =>
        specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/'),
      );
      expect(
        bare.some((specifier) => packages.test(specifier)),
        name,
      ).toBe(true);
    }
  });
});

describe('an import against the order', () => {
  const above = 'users may not import keys, which is above it';
  it.each([
    { what: 'one folder deep', path: 'src/users/a.ts', text: "import { x } from '../keys/x.ts';" },
    { what: 'two folders deep', path: 'src/users/deep/a.ts', text: "import { x } from '../../keys/x.ts';" },
    { what: 'three folders deep', path: 'src/users/deep/er/a.ts', text: "import { x } from '../../../keys/x.ts';" },
    { what: 'of something deep', path: 'src/users/a.ts', text: "import { x } from '../keys/deep/er/x.ts';" },
    { what: 'by a way round', path: 'src/users/a.ts', text: "import { x } from '../release/../users/../keys/x.ts';" },
    { what: 'of types only', path: 'src/users/a.ts', text: "import type { X } from '../keys/x.ts';" },
    { what: 'of one type among values', path: 'src/users/a.ts', text: "import { type X } from '../keys/x.ts';" },
    { what: 'for its effects', path: 'src/users/a.ts', text: "import '../keys/x.ts';" },
    { what: 'at run time', path: 'src/users/a.ts', text: "const x = await import('../keys/x.ts');" },
    { what: 'at run time, in backticks', path: 'src/users/a.ts', text: 'const x = await import(`../keys/x.ts`);' },
    { what: 'inside a type', path: 'src/users/a.ts', text: "type X = import('../keys/x.ts').X;" },
    { what: 'in the old way', path: 'src/users/a.ts', text: "import x = require('../keys/x.ts');" },
    { what: 'to export it again', path: 'src/users/a.ts', text: "export { x } from '../keys/x.ts';" },
    { what: 'to export all again', path: 'src/users/a.ts', text: "export * from '../keys/x.ts';" },
    { what: 'to export types again', path: 'src/users/a.ts', text: "export type { X } from '../keys/x.ts';" },
    { what: 'in JavaScript', path: 'src/users/a.mjs', text: "import { x } from '../keys/x.ts';" },
    { what: 'from an adapter', path: 'src/users/postgres-a.ts', text: "import { x } from '../keys/x.ts';" },
  ])('is found $what', ({ path, text }) => {
    // On the third line: what stands before it is neither an import nor a reason to overlook one.
    const problems = problemsOf(path, `// import '../shared/a.ts'\nconst text = "from '../admin/a.ts'";\n${text}\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${path}:3: imports src/keys`);
    expect(problems[0]).toContain(above);
  });

  it('is found in every room, towards each room above', () => {
    for (const [index, { name }] of ROOMS.entries()) {
      const text = ROOMS.map((room) => `import '../../${room.name}/x.ts';`).join('\n');
      expect(problemsOf(`src/${name}/deep/a.ts`, text)).toHaveLength(ROOMS.length - 1 - index);
    }
  });

  it.each([
    { path: 'src/keys/a.ts', text: "import '../app/core.ts';", problem: 'keys may not import the compositions' },
    { path: 'src/keys/a.ts', text: "import './compose-keys.ts';", problem: 'keys may not import the compositions' },
    { path: 'src/page/a.ts', text: "import '../keys/deep/compose-x.ts';", problem: 'page may not import the compos' },
    { path: 'src/keys/compose-keys.ts', text: "import '../cli/x.ts';", problem: 'the compositions may not import cli' },
    { path: 'src/app/a.ts', text: "import '../cli/doctor/x.ts';", problem: 'the compositions may not import cli' },
    { path: 'src/cli/a.ts', text: "import '../main.ts';", problem: 'nothing imports a program' },
    { path: 'src/main.ts', text: "import './cli.ts';", problem: 'nothing imports a program' },
    {
      path: 'src/keys/a.ts',
      text: "import '../../scripts/x.ts';",
      problem: 'imports scripts/x.ts, which is outside src/',
    },
    {
      path: 'src/keys/a.ts',
      text: "import '../lodgers/x.ts';",
      problem: 'imports src/lodgers/x.ts, which is in no room',
    },
    { path: 'src/keys/a.ts', text: 'await import(name);', problem: 'put together at run time' },
  ])('is found in $path: $text', ({ path, text, problem }) => {
    expect(problemsOf(path, text)).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    { path: 'src/keys/a.ts', text: "import '../users/x.ts'; import './deep/x.ts'; import '../shared/x.ts';" },
    { path: 'src/keycloak/setup/a.ts', text: "import '../keycloak-x.ts'; import '../../users/x.ts';" },
    {
      path: 'src/keys/compose-keys.ts',
      text: "import '../admin/x.ts'; import '../app/core.ts'; import '../config/x.ts';",
    },
    { path: 'src/app/a.ts', text: "import '../admin/compose-admin.ts'; import 'fastify'; import 'ioredis';" },
    { path: 'src/cli/deep/a.ts', text: "import '../../app/core.ts'; import '../../keys/x.ts'; import 'undici';" },
    { path: 'src/cli.ts', text: "import './cli/byok-command.ts'; import './app/core.ts'; import './shared/x.ts';" },
  ])('is none in $path: $text', ({ path, text }) => {
    expect(problemsOf(path, text)).toEqual([]);
  });
});

describe('technology in rules', () => {
  it.each([
    'fastify',
    'fastify/types/x.js',
    'fastify-plugin',
    'fastify-type-provider-zod',
    '@fastify/cookie',
    '@fastify/cookie/x.js',
    'kysely',
    'kysely/migration',
    'pg',
    'pg/lib/client.js',
    '@electric-sql/pglite',
    'node:sqlite',
    'ioredis',
    'ioredis/built/utils',
    'undici',
    'undici/types/agent.js',
    'pino',
    'prom-client',
    '@opentelemetry/api',
    '@keycloak/keycloak-admin-client/lib/defs/x.js',
    'openid-client',
  ])('is found: %s', (name) => {
    for (const path of ['src/keys/key-service.ts', 'src/keys/deep/er/key-service.ts']) {
      expect(problemsOf(path, `import type { X } from '${name}';`)).toEqual([
        expect.stringContaining(`${path}:1: imports ${name}, but a file of this name may not know`),
      ]);
      expect(problemsOf(path, `const x = await import('${name}');`)).toHaveLength(1);
    }
  });

  it('is found where a file is named after another technology', () => {
    expect(problemsOf('src/keys/key-routes.ts', "import 'kysely';")).toHaveLength(1);
    expect(problemsOf('src/keys/postgres-keys.ts', "import 'fastify';")).toHaveLength(1);
    expect(problemsOf('src/keys/redis-keys.ts', "import 'undici';")).toHaveLength(1);
  });

  it('is found where it comes by way of another file', () => {
    for (const name of ['postgres-keys', 'redis-keys', 'key-routes', 'tier-guard'])
      expect(problemsOf('src/keys/key-service.ts', `import './${name}.ts';`)).toEqual([
        expect.stringContaining(`imports src/keys/${name}.ts, which is about`),
      ]);
  });

  it.each([
    { path: 'src/keys/key-routes.ts', text: "import 'fastify'; import './tier-guard.ts'; import './key-service.ts';" },
    { path: 'src/keys/tier-guard.ts', text: "import 'fastify';" },
    { path: 'src/audit/request-audit.ts', text: "import 'fastify';" },
    { path: 'src/keys/deep/postgres-keys.ts', text: "import 'kysely'; import 'kysely/migration'; import 'pg';" },
    { path: 'src/sessions/redis-session-store.ts', text: "import 'ioredis'; import './session-store.ts';" },
    { path: 'src/database/migrations/0009-x.ts', text: "import 'kysely';" },
    { path: 'src/keycloak/setup/keycloak-x.ts', text: "import 'undici'; import 'openid-client';" },
    { path: 'src/keys/key-service.ts', text: "import 'zod'; import 'lru-cache'; import 'node:crypto'; import 'pgp';" },
  ])('is none in $path: $text', ({ path, text }) => {
    expect(problemsOf(path, text)).toEqual([]);
  });
});

describe('a place that is not in the plan', () => {
  it('is found, with what to do', () => {
    expect(problemsOf('src/lodgers/deep/a.ts', '')).toEqual([
      'src/lodgers/deep/a.ts: there is no room "lodgers". Add it to scripts/rooms/rooms.ts, above what it imports.',
    ]);
    expect(problemsOf('src/lodgers/compose-lodgers.ts', '')).toHaveLength(1);
    expect(problemsOf('src/helper.ts', '')).toEqual([expect.stringContaining('only programs are directly in src/')]);
  });

  it('counts by folder, not by how a name begins', () => {
    expect(placeOf('src/keys/deep/er/x.ts')?.name).toBe('keys');
    expect(placeOf('src/keycloak/setup/x.ts')?.name).toBe('keycloak');
    expect(placeOf('src/keys-of-teams/x.ts')).toBeUndefined();
  });
});

describe('npm run rooms', () => {
  it('says every problem with file and line, and fails', async () => {
    const root = tree({
      'src/users/a.ts': "import '../shared/x.ts';\nimport '../keys/x.ts';\n",
      'src/keys/x.ts': "import 'fastify';\n",
      'src/shared/x.ts': '',
      'ui/src/a.ts': "import '../../src/keys/x.ts';\n",
    });
    const { status, stdout, stderr } = await run(root);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^src\/keys\/x\.ts:1: .*\nsrc\/users\/a\.ts:2: .*\nui\/src\/a\.ts:1: .*\n$/);
    expect(stdout).toBe('3 against the order. The order is in scripts/rooms/rooms.ts.\n');
  });

  it('fails on a file that cannot be parsed, and where there is no source', async () => {
    const broken = await run(tree({ 'src/keys/x.ts': 'import {' }));
    expect(broken).toMatchObject({ status: 1, stderr: expect.stringContaining('src/keys/x.ts cannot be parsed') });
    expect(await run(tree({}))).toMatchObject({ status: 1, stderr: 'src/: there is no source here.\n' });
  });

  it('says how much it has looked at where all is well', async () => {
    const { status, stdout } = await run(tree({ 'src/keys/x.ts': "import 'zod';\nimport '../users/x.ts';\n" }));
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: 'Every import keeps to the order of the rooms (imports: 2, files: 1).\n',
    });
  });

  it('explains itself', async () => {
    const { status, stdout } = await run(ROOT, '--help');
    expect(status).toBe(0);
    for (const { name } of ROOMS) expect(stdout).toContain(` ${name}`);
  });
});
