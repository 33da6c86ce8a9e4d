import { test } from './statement.ts'

/** Hosts, addresses, hardware, ports, names and figures of the reference deployment, compared with the seed's own text. */
export const FIGURES = test('test/conformance/figures.test.ts')
/** What calls go through, and what clients are told of it. */
export const CALLS = test('test/roles/calls.test.ts')
/** The zone that clients ask. */
export const ZONE = test('test/roles/dns.test.ts')
/** What Matrix is told, its workers among it. */
export const MATRIX = test('test/roles/matrix.test.ts')
/** What is served of Matrix, under which names and to whom. */
export const SITES = test('test/roles/sites.test.ts')
export const WEB_PROXY = test('test/roles/haproxy.test.ts')
export const OBJECT_STORE = test('test/roles/object_store.test.ts')
export const DATABASE_BACKUP = test('test/roles/pgbackrest.test.ts')
export const MEDIA_COPIES = test('test/roles/bucket_copy.test.ts')
