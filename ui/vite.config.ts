// Builds the page and the custom element into dist/ui, which the service hands out under /ui.
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // Chunks find each other wherever the service stands (BASE_PATH).
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/ui',
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
