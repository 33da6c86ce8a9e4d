import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/reporter.ts'],
    // Two cores: the tests that call Python and Ansible are processes of their own.
    maxWorkers: 2,
  },
})
