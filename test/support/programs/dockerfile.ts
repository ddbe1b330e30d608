// Carries out a Dockerfile's own steps without a Docker engine: every stage gets a folder that stands for its file system.
// Understands what this project's Dockerfile uses and refuses the rest.
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { addLayer, linkFolder } from './dockerfile-layer.ts';

const executeFile = promisify(execFile);

interface Instruction {
  readonly keyword: string;
  readonly text: string;
}

export interface Stage {
  readonly base: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** What an image is when it is started. `root` is the folder that stands for /. */
export interface BuiltImage {
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly command: readonly string[];
  readonly healthCommand: readonly string[];
  /** What `chown` was asked to do, with paths as the image sees them. */
  readonly owners: readonly string[];
}

export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { base: string; name: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, keyword = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    const from = /^FROM (\S+)(?: AS (\S+))?$/.exec(line);
    if (from !== null) stages.push({ base: String(from[1]), name: from[2] ?? 'final', instructions: [] });
    else stages.at(-1)?.instructions.push({ keyword, text: rest });
  }
  return stages;
}

/** What `docker build` would send: the files under version control, or about to be, that .dockerignore lets through. */
export function buildContext(checkout: string): string[] {
  const [first, ...rules] = readFileSync(join(checkout, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (first !== '*' || !rules.every((rule) => rule.startsWith('!')))
    throw new Error('.dockerignore is not a list of exceptions');
  const allowed = rules.map((rule) => rule.slice(1));
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: checkout,
    encoding: 'utf8',
  });
  return files
    .split('\0')
    .filter((file) => existsSync(join(checkout, file)))
    .filter((file) => allowed.some((rule) => file === rule || file.startsWith(`${rule}/`)));
}

/** Builds every stage under `folder`. @throws Error with the output of a command that fails. @returns the last one. */
export async function buildImage(checkout: string, folder: string): Promise<BuiltImage> {
  const context = join(folder, 'context');
  for (const file of buildContext(checkout)) await copy(join(checkout, file), join(context, file));
  const bin = fakeBin(folder);
  let image: BuiltImage | undefined;
  for (const stage of parseDockerfile(readFileSync(join(checkout, 'Dockerfile'), 'utf8')))
    image = await buildStage(stage, { folder, context, bin });
  if (image === undefined) throw new Error('the Dockerfile has no stage');
  return image;
}

interface Place {
  readonly folder: string;
  readonly context: string;
  readonly bin: string;
}

async function buildStage(stage: Stage, place: Place): Promise<BuiltImage> {
  const root = join(place.folder, 'stages', stage.name);
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  const start: BuiltImage = { root, workdir: '/', env: {}, user: 'root', command: [], healthCommand: [], owners: [] };
  let image = start;
  for (const instruction of stage.instructions) image = { ...image, ...(await step(image, instruction, place)) };
  const log = join(place.folder, 'chown');
  return { ...image, owners: existsSync(log) ? readFileSync(log, 'utf8').replaceAll(root, '').trim().split('\n') : [] };
}

/** Carries out one instruction. @returns what it changes about the image itself. */
async function step(image: BuiltImage, { keyword, text }: Instruction, place: Place): Promise<Partial<BuiltImage>> {
  switch (keyword) {
    case 'WORKDIR':
      mkdirSync(join(image.root, text), { recursive: true });
      return { workdir: text };
    case 'COPY':
      await copyInto(image, text, place);
      return {};
    case 'RUN':
      await run(image, text, place);
      return {};
    case 'ENV':
      return { env: { ...image.env, ...Object.fromEntries(text.split(' ').map((pair) => pair.split('='))) } };
    case 'USER':
      return { user: text };
    case 'CMD':
      return { command: JSON.parse(text) };
    case 'HEALTHCHECK':
      return { healthCommand: JSON.parse(text.slice(text.indexOf('CMD ') + 4)) };
    case 'VOLUME':
    case 'EXPOSE':
    case 'STOPSIGNAL':
    case 'ARG':
    case 'LABEL':
      return {};
    default:
      throw new Error(`${keyword} is not understood`);
  }
}

async function copyInto({ root, workdir }: BuiltImage, text: string, { folder, context }: Place): Promise<void> {
  const words = text.split(' ');
  const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
  const target = words.pop() ?? '';
  const destination = join(root, target.startsWith('/') ? target : join(workdir, target));
  for (const word of words) {
    const source = join(from === undefined ? context : join(folder, 'stages', from), word);
    const whole = statSync(source).isDirectory() || !target.endsWith('/');
    const to = whole ? destination : join(destination, basename(source));
    if (from === undefined) await copy(source, to);
    else await linkFolder(source, to);
  }
}

/** A step that installs packages is a layer, as Docker has it: done again only where what it depends on has changed. */
async function run(image: BuiltImage, text: string, place: Place): Promise<void> {
  const command = text.replaceAll(/--mount=\S+ /g, '');
  if (command.startsWith('npm ci '))
    await addLayer(join(image.root, image.workdir), command, (folder) => execute(folder, command, place));
  else await execute(join(image.root, image.workdir), inside(image.root, command), place);
}

/** Absolute paths of the image become paths under its root. */
const inside = (root: string, command: string): string =>
  command.replaceAll(/(?<=\s)\/(?=(app|data|usr)\b)/g, `${root}/`);

/** Packages come from npm's cache where they can. */
async function execute(folder: string, command: string, { bin }: Place): Promise<void> {
  await executeFile('bash', ['-euc', command], {
    cwd: folder,
    // With this machine's way to the registry (proxies, certificates), but not the test runner's idea of NODE_ENV.
    env: { ...process.env, ...nodeFirst(bin), NODE_ENV: '', npm_config_prefer_offline: 'true' },
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: Error & { stdout?: string }) => {
    throw new Error(`${error.message}\n${error.stdout ?? ''}`);
  });
}

/** `chown` to a user that this machine may not have is written down instead. */
function fakeBin(folder: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'chown'), `#!/bin/sh\necho "$*" >>"${join(folder, 'chown')}"\n`);
  chmodSync(join(bin, 'chown'), 0o755);
  return bin;
}

/** The environment for a program of the image: no settings of ours, and this Node, as node:24-slim would have it. */
export function nodeFirst(...folders: string[]): Record<string, string> {
  const path = [...folders, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
  return { PATH: path, HOME: process.env.HOME ?? '/root' };
}

async function copy(source: string, destination: string): Promise<void> {
  mkdirSync(dirname(destination), { recursive: true });
  await cp(source, destination, { recursive: true, verbatimSymlinks: true });
}
