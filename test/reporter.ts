import type { Reporter, TestModule } from 'vitest/node'

/** Ends the run with one plain line, so that whoever reads the log finds the figures at the end. */
export default class PlainLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const states = modules.flatMap((m) => [...m.children.allTests()]).map((t) => t.result().state)
    const count = (state: string) => states.filter((s) => s === state).length
    // A file that could not be loaded has no tests, and is a failure all the same.
    const broken = modules.filter((m) => m.errors().length > 0).length
    const skipped = count('skipped') > 0 ? `, ${count('skipped')} skipped` : ''
    process.stdout.write(`\n${count('passed')} passed, ${count('failed') + broken} failed${skipped}\n`)
  }
}
