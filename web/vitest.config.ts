import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    environment: 'happy-dom',
    include: ['test/**/*.test.{ts,tsx}'],
    // The sum of ./millrace test counts these with the server's.
    reporters: ['default', ['junit', { outputFile: 'target/surefire-reports/TEST-page-components.xml', suiteName: 'page' }]],
  },
})
