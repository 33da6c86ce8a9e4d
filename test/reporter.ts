import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node'

/** Ends the run with one plain line, so that whoever reads the log finds the figures at the end. */
export default class PlainLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((m) => [...m.children.allTests()])
    const states = tests.map((t) => t.result().state)
    const count = (state: string) => states.filter((s) => s === state).length
    // A file that could not be loaded has no tests, and is a failure all the same.
    const broken = modules.filter((m) => m.errors().length > 0).length
    const skipped = count('skipped') > 0 ? `, ${count('skipped')} skipped` : ''
    process.stdout.write(
      `\n${whyNotRun(tests)}${count('passed')} passed, ${count('failed') + broken} failed${skipped}\n`,
    )
    // Where everything was installed first, a test that did not run is no test that passed.
    if (process.env['NO_SKIPPED_TESTS'] && tests.some((test) => missingFor(test).length > 0))
      process.exitCode = 1
  }
}

/** Which tests did not run for want of what, and the way out. */
function whyNotRun(tests: readonly TestCase[]): string {
  const counts = new Map<string, number>()
  for (const test of tests) {
    const missing = missingFor(test)
    if (missing.length === 0) continue
    const line = `${test.module.relativeModuleId} for want of ${missing.join(', ')}`
    counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  if (counts.size === 0) return ''
  const lines = [...counts].sort().map(([line, count]) => `  ${count} of ${line}\n`)
  return `Tests that did not run:\n${lines.join('')}As root on Debian, \`bash tools/programs.sh\` installs what they need; then run \`npm test\` again.\n\n`
}

function missingFor(test: TestCase): readonly string[] {
  if (test.result().state !== 'skipped') return []
  for (let at: TestCase | TestSuite | TestModule = test; at.type !== 'module'; at = at.parent) {
    const { missing } = at.meta()
    if (missing) return missing
  }
  return []
}
