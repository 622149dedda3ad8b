import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// `npm run dev` serves the page itself and hands everything else to a running server.
const server = process.env.TRACKER_URL ?? 'http://127.0.0.1:5080';

export default defineConfig({
  plugins: [react()],
  build: { outDir: 'wwwroot', emptyOutDir: true, target: 'es2022', manifest: true, assetsInlineLimit: 0 },
  server: { proxy: { '/api': server, '/hubs': { target: server, ws: true } } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
