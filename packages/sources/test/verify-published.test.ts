// Signatures that others published, each with its source: what a sender's documentation says must be
// accepted, with the endpoint that an operator would write for it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Endpoint } from '../src/endpoint.ts'
import type { RequestHeaders } from '../src/headers.ts'
import { endpointOf, smartcar, standardWebhooks } from './endpoint-of.ts'
import { bytes, outcome, secret, verify } from './verifying.ts'

interface Published {
  readonly source: string
  readonly endpoint: Endpoint
  readonly secret: string
  readonly headers: RequestHeaders
  readonly body: string
  readonly nowMs?: number
  readonly scheme: string
}

const slackBody =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V' +
  '&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=' +
  '&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGl' +
  'gcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'

const published: readonly Published[] = [
  {
    source: 'GitHub, "Validating webhook deliveries", testing the validation',
    endpoint: endpointOf({ signature: { header: 'X-Hub-Signature-256', prefix: 'sha256=' } }),
    secret: "It's a Secret to Everybody",
    headers: {
      'x-hub-signature-256':
        'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    },
    body: 'Hello, World!',
    scheme: 'generic/hmac-sha256',
  },
  {
    // The older header of GitHub; printf 'Hello, World!' | openssl dgst -sha1 -hmac "It's a Secret …"
    source: 'GitHub, X-Hub-Signature, computed with OpenSSL',
    endpoint: endpointOf({
      signature: { header: 'X-Hub-Signature', algorithm: 'hmac-sha1', prefix: 'sha1=' },
    }),
    secret: "It's a Secret to Everybody",
    headers: { 'x-hub-signature': 'sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59' },
    body: 'Hello, World!',
    scheme: 'generic/hmac-sha1',
  },
  {
    source: 'Slack, "Verifying requests from Slack", step by step',
    endpoint: endpointOf({
      signature: {
        header: 'X-Slack-Signature',
        prefix: 'v0=',
        signed_content: 'v0:{timestamp}:{body}',
        timestamp_header: 'X-Slack-Request-Timestamp',
        freshness_seconds: 300,
      },
    }),
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    headers: {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    },
    body: slackBody,
    nowMs: 1_531_420_618_000,
    scheme: 'generic/hmac-sha256',
  },
  {
    source: 'RFC 4231, test case 2, as a delivery',
    endpoint: endpointOf({ signature: { header: 'x-mac' } }),
    secret: 'Jefe',
    headers: { 'x-mac': '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843' },
    body: 'what do ya want for nothing?',
    scheme: 'generic/hmac-sha256',
  },
  {
    source: 'RFC 4231, test case 2, as base64url without padding',
    endpoint: endpointOf({ signature: { header: 'x-mac', encoding: 'base64url' } }),
    secret: 'Jefe',
    headers: { 'x-mac': 'W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM' },
    body: 'what do ya want for nothing?',
    scheme: 'generic/hmac-sha256',
  },
  {
    source: 'RFC 4231, test case 2, as base64url with padding',
    endpoint: endpointOf({ signature: { header: 'x-mac', encoding: 'base64url' } }),
    secret: 'Jefe',
    headers: { 'x-mac': 'W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=' },
    body: 'what do ya want for nothing?',
    scheme: 'generic/hmac-sha256',
  },
  {
    source: "Smartcar's SDKs, tests of the payload signature",
    endpoint: smartcar,
    secret: 'amt',
    headers: {
      'sc-signature': '4c05a8da471f05156ad717baa4017acd13a3a809850b9ca7d3301dcaaa854f70',
    },
    body: '{"pizza":"pasta"}',
    scheme: 'smartcar/hmac-sha256',
  },
  {
    source: 'Standard Webhooks, tests of the reference libraries (webhook.test.ts)',
    endpoint: standardWebhooks,
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    body: '{"test": 2432232314}',
    nowMs: 1_614_265_330_000,
    scheme: 'standard-webhooks/v1',
  },
  {
    source: 'Svix documentation, "Verifying webhooks manually"',
    endpoint: standardWebhooks,
    secret: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
    headers: {
      'webhook-id': 'msg_loFOjxBNrRLzqYUf',
      'webhook-timestamp': '1731705121',
      'webhook-signature': 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
    },
    body: '{"event_type":"ping","data":{"success":true}}',
    nowMs: 1_731_705_121_000,
    scheme: 'standard-webhooks/v1',
  },
  {
    // The signature is also the example `v1a` header of the specification, §"Webhook headers".
    source: "Standard Webhooks v1a, test_asymmetric_key_signing of Svix's server",
    endpoint: standardWebhooks,
    secret: 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=',
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature':
        'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
    },
    body: '{"test": 2432232314}',
    nowMs: 1_614_265_330_000,
    scheme: 'standard-webhooks/v1a',
  },
]

for (const { source, endpoint, secret: text, headers, body, nowMs, scheme } of published) {
  test(`accepted as published: ${source}`, () => {
    const verification = verify(endpoint, [secret(text)], headers, bytes(body), nowMs)
    assert.deepEqual(verification, { ok: true, keyId: 'k1', scheme })
  })
  test(`refused under another secret or over another body: ${source}`, () => {
    const other = text.startsWith('whpk_') ? text.replace('1', '2') : `${text}BBBB`
    assert.equal(
      outcome(verify(endpoint, [secret(other)], headers, bytes(body), nowMs)),
      'bad_signature',
    )
    assert.equal(
      outcome(verify(endpoint, [secret(text)], headers, bytes(`${body} `), nowMs)),
      'bad_signature',
    )
  })
}

test('a SHA-1 signature is nothing to an endpoint that does not say so, and the other way round', () => {
  const [sha256, sha1] = published as [Published, Published]
  for (const [one, other] of [
    [sha256, sha1],
    [sha1, sha256],
  ] as const) {
    const [value = ''] = Object.values(other.headers)
    const bare = String(value).replace(/^sha\d+=/, '')
    const { header, prefix } = one.endpoint.signature
    const headers = { [header]: prefix + bare }
    const verification = verify(one.endpoint, [secret(one.secret)], headers, bytes(one.body))
    assert.equal(outcome(verification), 'bad_signature')
  }
})

test('an id in a header of the sender is signed and kept', () => {
  const endpoint = endpointOf({
    signature: {
      header: 'x-signature',
      encoding: 'base64url',
      signed_content: '{id}:{body}',
      id_header: 'X-Delivery',
    },
  })
  // python3: base64.urlsafe_b64encode(hmac.new(b'levy-secret', b'D-1:{}', 'sha256').digest())
  const signature = 'BYUsKSL_87F4Sh8_eHHjT2pZyOHaj7PGT0zroGv3McU='
  const ask = (id: string): string => {
    const headers = { 'x-signature': signature, 'x-delivery': id }
    return outcome(verify(endpoint, [secret('levy-secret')], headers, bytes('{}')))
  }
  assert.equal(ask('D-1'), 'ok')
  assert.equal(ask('D-2'), 'bad_signature')
})

test('an id with the character that ends it in the template is refused, however it is signed', () => {
  const endpoint = endpointOf({
    signature: {
      header: 'x-signature',
      signed_content: '{id}:{timestamp}:{body}',
      timestamp_header: 'x-time',
    },
  })
  // python3: hmac.new(b'levy-secret', b'D:1:1700000000:{}', 'sha256').hexdigest()
  const signature = 'a93e785e1c3a3c18d366c341579b371178820d6dfc6869d322d792500d6718f9'
  const ask = (id: string, time: string): string => {
    const headers = { 'x-signature': signature, 'webhook-id': id, 'x-time': time }
    return outcome(verify(endpoint, [secret('levy-secret')], headers, bytes('{}')))
  }
  assert.equal(ask('D:1', '1700000000'), 'bad_signature')
  assert.equal(ask('D', '1:1700000000'), 'ok')
})
