#!/usr/bin/env node
// What `byok` runs where the package is installed: the command line, on the Node that the package brings
// when the machine's own is too old for it. Imports nothing that an older Node lacks.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  await import('./run-byok.ts').then(({ runByok }) => runByok());
} else {
  const node = ownNode();
  if (node === undefined) {
    console.error(`byok needs Node ${NEEDED} or later on the PATH; this is ${process.version}.`);
    process.exit(1);
  }
  const { status } = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}

function ownNode(): string | undefined {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${platform}-${process.arch}/package.json`);
    return join(dirname(manifest), 'bin', platform === 'win' ? 'node.exe' : 'node');
  } catch {
    return undefined;
  }
}
