import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { root, temporaryFolder } from '../project/project.ts'

/** A forge's API, as far as comments go: what it was asked, and the comments that it has. */
const asked: {
  readonly method: string
  readonly url: string
  readonly token: string
  readonly body: string
}[] = []
let comments: readonly { readonly id: number; readonly body: string }[] = []
const forge = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString()
  })
  request.on('end', () => {
    const { method = '', url = '', headers } = request
    asked.push({ method, url, token: headers.authorization ?? '', body })
    response.writeHead(headers.authorization === 'token good' ? 200 : 403, {
      'content-type': 'application/json',
    })
    response.end(JSON.stringify(method === 'GET' ? comments : {}))
  })
})
const folder = temporaryFolder()
const file = join(folder.path, 'review.md')
beforeAll(async () => {
  writeFileSync(file, '<!-- rolewright diff -->\nwhat changes\n')
  forge.listen(0, '127.0.0.1')
  await once(forge, 'listening')
})
afterAll(() => {
  forge.close()
  folder.dispose()
})

const post = (token: string) => {
  asked.length = 0
  const { port } = forge.address() as AddressInfo // of a TCP server
  return execa('python3', [join(root, 'tools/post-comment.py'), file], {
    reject: false,
    env: { API: `http://127.0.0.1:${port}/repos/o/n`, NUMBER: '7', TOKEN: token },
  })
}

it('posts a comment where there is none of its own', async () => {
  comments = [{ id: 3, body: 'looks good' }]
  expect((await post('good')).exitCode).toBe(0)
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /repos/o/n/issues/7/comments',
    'POST /repos/o/n/issues/7/comments',
  ])
  expect(JSON.parse(asked[1]?.body ?? '')).toEqual({ body: '<!-- rolewright diff -->\nwhat changes\n' })
})

it('puts it in place of the one that it posted before', async () => {
  comments = [
    { id: 3, body: 'looks good' },
    { id: 4, body: '<!-- rolewright diff -->\nwhat changed then' },
  ]
  expect((await post('good')).exitCode).toBe(0)
  expect(asked[1]).toMatchObject({ method: 'PATCH', url: '/repos/o/n/issues/comments/4' })
})

it('says in a line what the forge refuses', async () => {
  const { exitCode, stderr } = await post('wrong')
  expect(exitCode).toBe(1)
  expect(stderr).toBe('post-comment: GET /issues/7/comments: 403 Forbidden')
})
