import { readFileSync } from 'node:fs'
import type { ArgumentSpec, DocModule } from '../../src/import/ansible.ts'
import { buildModule } from '../../src/import/build-module.ts'

const text = readFileSync(new URL('../fixtures/import/widget.json', import.meta.url), 'utf8')
// The fixture is written in the shape that src/import/ansible.ts lets through.
export const widget = JSON.parse(text) as { readonly doc: DocModule; readonly spec: ArgumentSpec }

/** An invented module that has one option for each rule of the import. */
export const imported = buildModule('acme.demo.widget', widget.doc, widget.spec)
