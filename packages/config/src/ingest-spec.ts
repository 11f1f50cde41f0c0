// What the edge allows a caller, each limit with its reason: it is open to the internet, and every byte,
// socket and second a caller can hold is bounded here. All of them hold for one process.

import { address, networkList, text, whole } from './validators.ts'

const secondMs = 1000
const mebibyte = 1024 * 1024

export const ingestSpec = {
  FLEET_INGEST_HEADER_BYTES: whole(
    1024,
    128 * 1024,
  )({
    default: 16 * 1024,
    desc: 'request line and headers together, beyond it 400; senders need about 2 KB',
  }),
  FLEET_INGEST_HEADERS: whole(
    10,
    1000,
  )({
    default: 100,
    desc: 'headers of one request, beyond it 400: a table of thousands costs more than its bytes',
  }),
  FLEET_INGEST_HEADER_MS: whole(
    100,
    60 * secondMs,
  )({
    default: 10 * secondMs,
    desc: 'for the headers, and for a TLS handshake; later is 408. They are one packet, whoever needs longer holds a socket for nothing',
  }),
  FLEET_INGEST_REQUEST_MS: whole(
    100,
    300 * secondMs,
  )({
    default: 15 * secondMs,
    desc: 'for a whole request with its body, later is 408; senders themselves give up after about 15 s',
  }),
  FLEET_INGEST_IDLE_MS: whole(
    100,
    300 * secondMs,
  )({
    default: 20 * secondMs,
    desc: 'a connection within a request on which no byte moves is cut: half-open, or it never reads its answers. Above FLEET_INGEST_DEADLINE_MS',
  }),
  FLEET_INGEST_KEEP_ALIVE_MS: whole(
    100,
    600 * secondMs,
  )({
    default: 65 * secondMs,
    desc: 'between two requests; above the idle time of load balancers (60 s), so that it is never the edge that closes first',
  }),
  FLEET_INGEST_CONNECTION_REQUESTS: whole(
    1,
    1_000_000_000,
  )({
    default: 1_000_000,
    desc: 'requests of one connection, then it is closed in good order: long-lived connections spread anew over the processes',
  }),
  FLEET_INGEST_PIPELINED: whole(
    1,
    10_000,
  )({
    default: 32,
    desc: 'requests under way on one connection, beyond it 503: 64 KiB can hold hundreds, each costs memory while Kafka is waited for',
  }),
  FLEET_INGEST_CONNECTIONS: whole(
    1,
    1_000_000,
  )({
    default: 4096,
    desc: 'open connections; further ones are closed at once, before they cost memory. Below the limit of open files',
  }),
  FLEET_INGEST_ADDRESS_CONNECTIONS: whole(
    1,
    1_000_000,
  )({
    default: 1024,
    desc: 'open connections of one address (IPv6: /64), so that one can not take them all; trusted proxies are free of it',
  }),
  FLEET_INGEST_BODY_ROOM_BYTES: whole(
    mebibyte,
    16 * 1024 * mebibyte,
  )({
    default: 64 * mebibyte,
    desc: 'bodies held at once, beyond it 503; with what waits for Kafka it bounds the memory of the process',
  }),
  FLEET_INGEST_WAITING: whole(
    1,
    1_000_000,
  )({
    default: 1000,
    desc: 'deliveries of one process read and not yet answered; beyond it 503 at once, since a sender that waits for seconds sends again. Up to FLEET_INGEST_CONNECTIONS where they wait for the process itself: a refusal would cost half of a delivery',
  }),
  FLEET_INGEST_WAIT_MS: whole(
    100,
    14_000,
  )({
    default: 2000,
    desc: 'where even the quickest acknowledgements take longer, fewer than FLEET_INGEST_WAITING may wait, a tenth at least: as many as Kafka takes in this time. Below a third of the time senders wait, far above a healthy acknowledgement',
  }),
  FLEET_INGEST_WORK_AGE_MS: whole(
    10,
    14_000,
  )({
    default: 250,
    desc: 'turns of the event loop that stay longer than this: what a turn comes to later is answered 503 unread. A thousand deliveries at once take a tenth of a second',
  }),
  FLEET_INGEST_ADDRESS_PER_SECOND: whole(
    1,
    1_000_000,
  )({
    default: 10_000,
    desc: 'deliveries a second from one address, burst twice; beyond it 429',
  }),
  FLEET_INGEST_LIMITS_REDIS_URL: address(['redis:', 'rediss:'])({
    default: undefined,
    example: 'redis://127.0.0.1:6390/1',
    desc: 'Redis in which several ingesters share their rate limits; without it, or while it is away, each counts alone',
  }),
  FLEET_INGEST_SENDER_TIMEOUT_MS: whole(
    300,
    120 * secondMs,
  )({
    default: 15 * secondMs,
    desc: 'when senders give up on an answer; answers slower than a third of it are counted as slow',
  }),
  FLEET_TRUSTED_PROXIES: networkList({
    default: undefined,
    example: '10.0.0.0/8,fd00::/8',
    desc: 'networks of proxies that end TLS before the services; X-Forwarded-For counts only from them',
  }),
  FLEET_TLS_CERT_FILE: text({
    default: undefined,
    example: './tls/fullchain.pem',
    desc: 'certificate chain (PEM) with which the ingester itself speaks TLS; re-read when it changes',
  }),
  FLEET_TLS_KEY_FILE: text({
    default: undefined,
    example: './tls/privkey.pem',
    desc: 'private key (PEM) of FLEET_TLS_CERT_FILE; re-read when it changes',
  }),
}
