import { mkdirSync, rmSync } from 'node:fs'
import { debianMirrors, machineSources } from '../sources.ts'
import { artifactServer } from './artifacts.ts'
import { packageServer } from './packages.ts'

// Runs in the machine's own network and listens on Unix sockets only: a file has no route.
const [packagesSocket = '', packagesFolder = '', artifactsSocket = '', artifactsFolder = ''] =
  process.argv.slice(2)

for (const folder of [packagesFolder, artifactsFolder]) mkdirSync(folder, { recursive: true })
for (const socket of [packagesSocket, artifactsSocket]) rmSync(socket, { force: true })
packageServer(packagesFolder, () => debianMirrors(machineSources())).listen(packagesSocket)
artifactServer(artifactsFolder).listen(artifactsSocket)
