// What the documentation names exists: commands and their options, scripts, settings, files, error codes, test results.
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT_VARIABLES } from '../../scripts/deployment-variables.ts';
import { byokCommand } from '../../src/cli/byok-command.ts';
import { SECRET_NAMES } from '../../src/config/secret-files.ts';
import { VARIABLES } from '../../src/config/variables.ts';
import { ERRORS } from '../../src/shared/errors.ts';
import { codeOf, documents, readDocument } from './markdown.ts';

const run = promisify(execFile);
const documented = documents().flatMap((document) => codeOf(document).map((code) => ({ path: document.path, code })));

interface Help {
  readonly commands: readonly string[];
  readonly options: readonly string[];
}

/** What `byok … --help` says. */
function helpOf(path: readonly string[]): Help {
  let command: Command | undefined = byokCommand();
  for (const name of path) command = command?.commands.find((one) => one.name() === name);
  const parts: string[] = [];
  command?.configureOutput({ writeOut: (written) => void parts.push(written) }).outputHelp();
  const text = parts.join('');
  const section = text.split('Commands:\n')[1] ?? '';
  return {
    commands: [...section.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map((match) => match[1] ?? ''),
    options: [...text.matchAll(/(--[a-z][a-z-]*)/g)].map((match) => match[1] ?? ''),
  };
}

/** `byok` as a command, not as a name of something: what follows it, up to anything that is no word and no option. */
const COMMAND = /(?:^|[\s(])(?<!-p |-Fc )(?:npm run (?:-s )?)?byok((?: (?:-- )?-{0,2}[a-z][a-z-]*)+)/g;

describe('the documentation names', () => {
  it('only commands and options of byok that there are', () => {
    // "byok key binding v1" is what a key is derived with.
    const codes = documented.filter(({ code }) => !/^byok key \w+ v1$/.test(code));
    const used = codes.flatMap(({ path, code }) =>
      [...code.matchAll(COMMAND)].map((match) => ({ path, words: (match[1] ?? '').trim().split(' ') })),
    );
    expect(used.length).toBeGreaterThan(20);
    for (const { path, words } of used) {
      let at: string[] = [];
      const firstOption = words.findIndex((word) => word.startsWith('--') && word !== '--');
      // After the first option, other words are what options are set to.
      const checked = words.filter(
        (word, i) => word !== '--' && (word.startsWith('-') || !(i > firstOption && firstOption >= 0)),
      );
      for (const word of checked) {
        const { commands, options } = helpOf(at);
        // What follows a command without commands of its own is a value.
        if (at.length > 0 && commands.length === 0 && !word.startsWith('-')) continue;
        expect(word.startsWith('-') ? options : commands, `${path}: byok ${words.join(' ')}`).toContain(word);
        if (!word.startsWith('-')) at = [...at, word];
      }
    }
  });

  it('every command of byok in the quick reference', () => {
    const { spans } = readDocument('docs/quick-reference.md');
    const leaves = (path: readonly string[]): string[] => {
      const commands = helpOf(path).commands.filter((name) => name !== 'help');
      return commands.length === 0 ? [path.join(' ')] : commands.flatMap((name) => leaves([...path, name]));
    };
    for (const command of leaves([])) expect(spans).toContain(`byok ${command}`);
  });

  it('only options of deploy-byok.sh that there are', async () => {
    const { stdout } = await run('bash', ['deploy-byok.sh', '--help']);
    for (const { path, code } of documented) {
      for (const [, option = ''] of code.matchAll(/deploy-byok\.sh (--[a-z-]+)/g))
        expect(stdout, path).toContain(option);
    }
  });

  it('only npm scripts that there are', () => {
    const scripts = ['ci', 'install', 'pack', ...Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).scripts)];
    for (const { path, code } of documented) {
      for (const [, name = ''] of code.matchAll(/\bnpm (?:run (?:-s )?)?(?!run\b)([a-z][a-z:-]*)/g))
        expect(scripts, `${path}: ${code}`).toContain(name);
    }
  });

  it('only settings that there are', () => {
    // `NAME_FILE` stands for each of them.
    const files = ['NAME_FILE', ...SECRET_NAMES.map((name) => `${name}_FILE`)];
    const known = new Set<string>([
      ...files,
      ...Object.keys(VARIABLES),
      ...Object.keys(DEPLOYMENT_VARIABLES),
      ...OTHERS.keys(),
    ]);
    const unknown = documented.flatMap(({ path, code }) =>
      [...code.matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)]
        .filter(([name]) => !known.has(name))
        .map(([name]) => `${path}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('only files that there are', () => {
    const names = new Set(
      globSync('{.env.byok,*,{src,test,docs,scripts,deploy,bench}/**}').map((path) => basename(path)),
    );
    const missing = documented
      .filter(({ code }) => /^(?:\.\/)?(?:[\w.-]+\/)*[\w-]+\.(?:ts|mjs|sh|yml|md|svg)$/.test(code))
      .filter(({ code }) => !(code.includes('/') ? existsSync(code) : names.has(code)))
      .map(({ path, code }) => `${path}: ${code}`);
    expect(missing).toEqual([]);
  });

  it('every error code in the troubleshooting guide, with its status', () => {
    const text = readFileSync('docs/troubleshooting.md', 'utf8');
    for (const [code, { status }] of Object.entries(ERRORS)) expect(text).toContain(`| \`${code}\` | ${status} |`);
  });

  it('every result that a test can have, and no other', () => {
    const reading = readFileSync('src/providers/probe-verdicts.ts', 'utf8');
    const failures = readFileSync('src/providers/undici-probe-failure.ts', 'utf8');
    const possible = new Set([
      ...[...reading.matchAll(/'(valid|invalid|unknown|error)',\s*'(\w+)'/g)].map((match) => `${match[1]} ${match[2]}`),
      ...[...failures.matchAll(/reason: '(\w+)'/g)].map((match) => `error ${match[1]}`),
      'error unbound',
      'error undecryptable',
      // Decided before anybody is asked (src/keys/key-tests.ts).
      'unknown other_provider',
    ]);
    const guide = readFileSync('docs/guide.md', 'utf8').split('## What a test can say')[1]?.split('\n## ')[0] ?? '';
    const rows = [...guide.matchAll(/^\| `(?!status)(\w+)` \| `(\w+)` \|/gm)].map((match) => `${match[1]} ${match[2]}`);
    expect(rows.sort()).toEqual([...possible].sort());
  });
});

/** Names in capitals that are not settings of the service or its deployment. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['KC_HOSTNAME', 'Keycloak’s own'],
  ['BYOK_TEST_CACHE', 'of the tests'],
  ['OTEL_SERVICE_NAME', 'OpenTelemetry’s own'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'OpenTelemetry’s own'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'OpenTelemetry’s own'],
  ['SESSION_TOKEN', 'of a reader’s shell'],
  ...[
    'BYOK_INTERNAL_URL',
    'BYOK_SERVICE_TOKEN',
    'BYOK_TOKEN_URL',
    'BYOK_CLIENT_ID',
    'BYOK_CLIENT_SECRET',
    'BYOK_ALLOW_INSECURE_HTTP',
  ].map((name) => [name, 'of the client packages'] as const),
  ...['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'TOGETHER_API_KEY', 'GROQ_API_KEY', 'HUGGINGFACE_TOKEN'].map(
    (name) => [name, 'a system key of a service that uses the client packages'] as const,
  ),
  ['SSL_CERT_FILE', 'of OpenSSL'],
  ['NODE_EXTRA_CA_CERTS', 'of Node'],
  ['SERVICE_TOKEN', 'of a reader’s shell'],
]);
