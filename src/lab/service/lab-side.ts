import { connect, createServer } from 'node:net'

// Runs in the controller's namespace: `port=socket` pairs, each a TCP port there that ends in a Unix socket outside.
for (const pair of process.argv.slice(2)) {
  const [port = '', socket = ''] = pair.split('=')
  const server = createServer((near) => {
    const far = connect(socket)
    near.on('error', () => far.destroy()).on('close', () => far.destroy())
    far.on('error', () => near.destroy()).on('close', () => near.destroy())
    near.pipe(far).pipe(near)
  })
  server.listen(Number(port), '0.0.0.0')
}
