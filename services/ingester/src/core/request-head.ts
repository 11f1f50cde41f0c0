// What the HTTP parser lets pass and the edge does not: heads that another program on the way may read
// differently than we do, which is how one request is smuggled inside another, and heads with too much.

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
