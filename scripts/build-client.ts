// Builds clients/typescript: CommonJS by the compiler, and a door for ESM in front of it, so that both share one client, one cache
// and the same error classes in one process. `npm run build:client`; an argument is the folder to build into.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'clients', 'typescript');
const dist = process.argv[2] ?? join(folder, 'dist');

rmSync(dist, { recursive: true, force: true });
const compiler = join(import.meta.dirname, '..', 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', folder, '--outDir', join(dist, 'cjs')], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
// The compiler leaves the names of source files in declarations, which only newer compilers understand.
for (const file of globSync(join(dist, 'cjs', '*.d.ts'))) {
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'"));
}
writeFileSync(join(dist, 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
for (const file of ['index.js', 'index.d.ts']) writeFileSync(join(dist, file), "export * from './cjs/index.js';\n");
