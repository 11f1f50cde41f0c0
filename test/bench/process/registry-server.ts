// The two look-ups of a schema registry that a service makes at its start, over HTTP, with our own
// schemas in it. It stands in for the real registry, whose JVM would share the machine with what is
// measured.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { memoryRegistry } from '@fleet/codec'

export interface RegistryServer {
  readonly url: string
  close(): void
}

export async function startRegistryServer(): Promise<RegistryServer> {
  const registry = memoryRegistry()
  const answer = async (path: string, body: string): Promise<object | null> => {
    const id = /^\/schemas\/ids\/(\d+)/.exec(path)?.[1]
    if (id !== undefined) {
      const schema = await registry.findSchema(Number(id))
      return schema === null ? null : { schema }
    }
    const subject = decodeURIComponent(/^\/subjects\/([^/?]+)/.exec(path)?.[1] ?? '')
    const { schema } = JSON.parse(body) as { schema: string }
    const found = await registry.findId(subject, schema)
    return found === null ? null : { subject, id: found, version: 1, schema }
  }
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (text: string) => (body += text))
    request.on('end', () => {
      void answer(request.url ?? '', body).then(found => {
        response.writeHead(found === null ? 404 : 200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(found ?? { error_code: 40403, message: 'not found' }))
      })
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
