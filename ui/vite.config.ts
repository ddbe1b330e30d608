// Builds the page and the custom element into dist/ui, which the service hands out under /ui.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const OUT = new URL('../dist/ui/', import.meta.url);

/** Compressed once, as well as it goes, instead of at each start: NAME.br beside NAME. */
const compress: Plugin = {
  name: 'compress',
  closeBundle() {
    const folder = new URL('assets/', OUT);
    for (const name of readdirSync(folder))
      writeFileSync(new URL(`${name}.br`, folder), brotliCompressSync(readFileSync(new URL(name, folder))));
  },
};

export default defineConfig({
  root: import.meta.dirname,
  // Chunks find each other wherever the service stands (BASE_PATH).
  base: './',
  plugins: [compress],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(OUT),
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2024',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { app: 'src/app.tsx', 'byok-keys': 'src/byok-keys.tsx' },
      output: { entryFileNames: 'assets/[name]-[hash].js', chunkFileNames: 'assets/[name]-[hash].js' },
    },
  },
});
