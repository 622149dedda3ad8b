import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// `npm run dev` serves the page itself and hands everything else to a running server.
const server = process.env.TRACKER_URL ?? 'http://127.0.0.1:5080';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'wwwroot',
    emptyOutDir: true,
    target: 'es2022',
    manifest: true,
    assetsInlineLimit: 0,
    // Few files: over HTTP/1.1 a browser asks for six at a time, and each costs a way there and back.
    rolldownOptions: {
      output: {
        advancedChunks: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'vendor', test: /node_modules\/(?!uplot|@fontsource)/, priority: 3 },
            { name: 'charts', test: /node_modules\/uplot|src\/charts\/(?!theme|focus|hovered|useSize|Sparkline)|src\/components\/(Data)?Chart/, priority: 2 },
            { name: 'app', test: /src\/(api|lib|components|charts)\//, priority: 1 },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': server, '/hubs': { target: server, ws: true } } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
