import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/**
 * Writes what the server needs to serve the page as it stands: each file compressed beside itself, and the list of all
 * files with their hashes (server/…/page/WebPage.java reads it).
 */
function served(): Plugin {
  return {
    name: 'served',
    apply: 'build',
    closeBundle() {
      const folder = join(import.meta.dirname, 'dist')
      const lines = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.(br|gz)$|^files\.txt$/.test(entry.name))
        .map((entry) => {
          const path = join(entry.parentPath, entry.name)
          const content = readFileSync(path)
          const hash = createHash('sha256').update(content).digest('base64url').slice(0, 22)
          const worthIt = content.length > 1000
          if (worthIt) {
            writeFileSync(path + '.gz', gzipSync(content, { level: 9 }))
            writeFileSync(path + '.br', brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
          }
          return `${hash} ${worthIt ? 'c' : '-'} ${relative(folder, path).split(sep).join('/')}`
        })
      writeFileSync(join(folder, 'files.txt'), lines.sort().join('\n') + '\n')
    },
  }
}

const server = process.env.MILLRACE ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react(), served()],
  build: { modulePreload: { polyfill: false }, assetsInlineLimit: 0, chunkSizeWarningLimit: 700 },
  server: {
    proxy: Object.fromEntries(['/api', '/a2a', '/files', '/push', '/metrics'].map((path) => [path, { target: server, ws: true }])),
  },
})
