// Builds the console into `dist/`, which the gateway serves at `/`. During development, calls to the gateway's API go
// to a gateway on its default port.
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** antd is most of the bundle and all of its parts are used by every page; splitting it would only add round trips. */
const chunkSizeWarningKilobytes = 1200

export default defineConfig({
  base: '/',
  plugins: [react()],
  build: {
    outDir: 'dist',
    // The page is served under a content security policy without `data:` scripts and fonts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: chunkSizeWarningKilobytes,
  },
  server: { host: '127.0.0.1', proxy: { '/api': 'http://127.0.0.1:4000' } },
})
