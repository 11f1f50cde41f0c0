// Servers that answer the command with what would command a terminal, or confuse a reader.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const escapes = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202Eevil\r\b'

interface HostileAnswer {
  readonly name: string
  /** Runs the work while it serves at the address. */
  serve(work: (base: string) => Promise<void>): Promise<void>
}

function answering(name: string, status: number, contentType: string, body: string): HostileAnswer {
  return {
    name,
    serve: async work => {
      const server = createServer((request, response) => {
        request.resume()
        response.writeHead(status, { 'content-type': contentType }).end(body)
      })
      await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
      try {
        await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
      } finally {
        server.closeAllConnections()
        await new Promise(closed => server.close(closed))
      }
    },
  }
}

const listed = {
  items: [
    {
      id: escapes,
      name: escapes,
      tenant_id: escapes,
      scopes: [escapes],
      expires_at: escapes,
      rotate_by: escapes,
      replaced_by: null,
      last_used_at: null,
    },
  ],
  next: null,
  file: { version: 1, endpoints: [] },
  secret_files: [escapes],
  left_out: [escapes],
}

export const hostileAnswers: readonly HostileAnswer[] = [
  answering('an answer of terminal escapes as text', 200, 'text/plain', escapes),
  answering('terminal escapes in JSON', 200, 'application/json', JSON.stringify(listed)),
  answering(
    'terminal escapes in a refusal',
    422,
    'application/problem+json',
    JSON.stringify({ detail: escapes, code: escapes, problems: [escapes] }),
  ),
  answering('a refusal that is no JSON', 500, 'text/html', `<h1>${escapes}</h1>`),
  answering('JSON that ends early', 200, 'application/json', '{"items":['),
  answering('JSON of another shape', 200, 'application/json', '{"items":{"a":1},"file":null}'),
  answering('a list for an object', 200, 'application/json', '[1,2]'),
]
