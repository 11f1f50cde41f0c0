// A certificate and its key in PEM, made here: no test key lies in the repository, and nothing but Node is
// needed. Just enough DER (X.690) and X.509 (RFC 5280) for a server on loopback.

import { generateKeyPairSync, sign } from 'node:crypto'

const tags = {
  integer: 0x02,
  bits: 0x03,
  oid: 0x06,
  text: 0x0c,
  time: 0x17,
  sequence: 0x30,
  set: 0x31,
}

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

const sequence = (...parts: Uint8Array[]): Buffer => der(tags.sequence, ...parts)
const oid = (hex: string): Buffer => der(tags.oid, Buffer.from(hex, 'hex'))
const bits = (bytes: Uint8Array): Buffer => der(tags.bits, Buffer.from([0]), bytes)

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const commonName = oid('550403')

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/\D/g, '').slice(2, 14)
  return der(tags.time, Buffer.from(`${digits}Z`))
}

export interface SelfSigned {
  readonly cert: string
  readonly key: string
}

/** Valid for an hour from `nowMs`, for 127.0.0.1. */
export function selfSigned(name: string, nowMs: number): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = sequence(der(tags.set, sequence(commonName, der(tags.text, Buffer.from(name)))))
  // subjectAltName: one iPAddress.
  const loopback = sequence(der(0x87, Buffer.from([127, 0, 0, 1])))
  const extension = sequence(oid('551d11'), der(0x04, loopback))
  const toSign = sequence(
    der(0xa0, der(tags.integer, Buffer.from([2]))),
    der(tags.integer, Buffer.from([1])),
    ecdsaWithSha256,
    issuer,
    sequence(time(nowMs - 60_000), time(nowMs + 3_600_000)),
    issuer,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(extension)),
  )
  const certificate = sequence(toSign, ecdsaWithSha256, bits(sign('sha256', toSign, privateKey)))
  const lines = certificate.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}
