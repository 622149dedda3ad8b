// Fails the build when what the first page must load is over the budget: 250 KB of compressed script.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const budget = 250 * 1024;
const root = new URL('../wwwroot/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', root), 'utf8'));

const files = new Set();
const visit = (key) => {
  const chunk = manifest[key];
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  (chunk.imports ?? []).forEach(visit);
};
Object.keys(manifest).filter((key) => manifest[key].isEntry).forEach(visit);

const bytes = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, root))).length, 0);
console.log(`first script: ${(bytes / 1024).toFixed(1)} KB compressed, budget ${budget / 1024} KB`);
if (bytes > budget) process.exit(1);
