// What the HTTP parser lets pass and the edge does not: heads that another program on the way may read
// differently than we do, which is how one request is smuggled inside another, and heads with too much.

/** Names in lower case; a header sent more than once is an array. Nothing is inherited. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** @param rawHeaders names and values in turn, as they came. */
export function headersOf(rawHeaders: readonly string[]): Headers {
  const headers = Object.create(null) as Record<string, string | string[] | undefined>
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase()
    const value = rawHeaders[i + 1] ?? ''
    const known = headers[name]
    if (known === undefined) headers[name] = value
    else if (typeof known === 'string') headers[name] = [known, value]
    else known.push(value)
  }
  return headers
}

const none: readonly string[] = []

/** The values of a header, in their order. */
export function valuesOf(headers: Headers, name: string): readonly string[] {
  const found = headers[name]
  if (found === undefined) return none
  return typeof found === 'string' ? [found] : found
}

/** What the request says the length of its body is; 0 where it does not, as in a chunked one. */
export function announcedBytes(headers: Headers): number {
  return Number(headers['content-length'] ?? 0)
}

export interface RequestHead {
  /** As `1.1`. */
  readonly httpVersion: string
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  readonly hosts: readonly string[]
  readonly transferEncodings: readonly string[]
}

export function isAcceptable(head: RequestHead, headersMax: number): boolean {
  const { httpVersion, rawHeaders, hosts, transferEncodings } = head
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return false
  if (rawHeaders.length > headersMax * 2) return false
  if (hosts.length > 1 || (httpVersion === '1.1' && hosts.length === 0)) return false
  return hasPlainFraming(httpVersion, transferEncodings)
}

/**
 * Chunked and nothing else: a list (RFC 9112, 6.1) or a second header is read differently from program to
 * program, and HTTP/1.0 knows no transfer codings at all.
 */
function hasPlainFraming(httpVersion: string, transferEncodings: readonly string[]): boolean {
  const [first, ...more] = transferEncodings
  if (first === undefined) return true
  return httpVersion === '1.1' && more.length === 0 && first.toLowerCase() === 'chunked'
}
