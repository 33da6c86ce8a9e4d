import { expect, test } from 'vitest'
import { deployLock, lockLab, takeLock } from '../../src/lab/lock.ts'

test('a lock is held by one at a time, and says who that is', async () => {
  const name = `test ${process.pid}`
  const lock = await takeLock(name, 'lab up')
  await expect(takeLock(name, 'lab down')).rejects.toThrow(`lab up (process ${process.pid}) is at work on it`)
  lock.release()
  const next = await takeLock(name, 'lab down', 5000)
  next.release()
})

test('a lab that is being deployed to is not changed, and is free again after a refusal', async () => {
  const folder = `lab ${process.pid}`
  const deployment = await takeLock(deployLock(folder), 'lab deploy')
  await expect(lockLab(folder, 'lab up')).rejects.toThrow('lab deploy')
  const kill = await takeLock(folder, 'killing a host', 5000)
  kill.release()
  deployment.release()
})
