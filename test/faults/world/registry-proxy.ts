// An HTTP proxy in front of the schema registry that can be down, broken or wrong. Its lookups by id are
// what a wrong registry answers with somebody else's schema.

import { createServer, request } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type RegistryMood = 'well' | 'down' | 'failing' | 'wrong'

const foreignSchema = JSON.stringify({
  schema: JSON.stringify({
    type: 'record',
    name: 'SomebodyElse',
    namespace: 'faults',
    fields: [{ name: 'colour', type: 'string' }],
  }),
})

export class RegistryProxy {
  readonly #server: Server
  readonly #targetPort: number
  mood: RegistryMood = 'well'
  /** Requests treated otherwise than passed on. */
  hits = 0

  constructor(targetPort: number) {
    this.#targetPort = targetPort
    this.#server = createServer((incoming, outgoing) => this.#serve(incoming, outgoing))
  }

  async listen(): Promise<number> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const isById = incoming.method === 'GET' && incoming.url?.includes('/schemas/ids/') === true
    if (this.mood === 'well' || (this.mood === 'wrong' && !isById)) {
      this.#pass(incoming, outgoing)
      return
    }
    this.hits++
    if (this.mood === 'down') {
      incoming.destroy()
      return
    }
    incoming.resume()
    outgoing.statusCode = this.mood === 'failing' ? 500 : 200
    outgoing.setHeader('content-type', 'application/vnd.schemaregistry.v1+json')
    outgoing.end(this.mood === 'failing' ? '{"error_code":50001,"message":"no"}' : foreignSchema)
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const passed = request(
      {
        host: '127.0.0.1',
        port: this.#targetPort,
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
      },
      answer => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    passed.on('error', () => outgoing.destroy())
    incoming.pipe(passed)
  }
}
