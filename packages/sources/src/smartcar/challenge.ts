// Smartcar's VERIFY challenge. The answer is made with the key and function of the payload signature, so
// whoever may choose the challenge can have things signed: only short tokens are answered, and no token
// in this alphabet can be a JSON body.

import { utf8Bytes } from '@fleet/contracts'
import { encodeHex } from '../encodings.ts'
import type { Platform } from '../platform.ts'
import type { Json } from '../strict-json.ts'
import { isJsonObject, member, parseStrictJson } from '../strict-json.ts'

/** An unsigned body is looked at only while the endpoint is armed, and never a larger one. */
export const unsignedChallengeBytesMax = 4096

const token = /^[A-Za-z0-9_-]{1,128}$/

/** v4 `{eventType:"VERIFY", data:{challenge}}`, v2 `{eventName:"verify", payload:{challenge}}`. */
export function isVerification(body: Json): boolean {
  return isVerify(member(body, 'eventType')) || isVerify(member(body, 'eventName'))
}

function isVerify(name: Json | undefined): boolean {
  return typeof name === 'string' && name.toLowerCase() === 'verify'
}

/** The challenge of a VERIFY body; null when there is none that may be answered. */
export function challengeOf(body: Json): string | null {
  if (!isJsonObject(body) || !isVerification(body)) return null
  const challenge =
    member(member(body, 'data'), 'challenge') ?? member(member(body, 'payload'), 'challenge')
  return typeof challenge === 'string' && token.test(challenge) ? challenge : null
}

/** As `challengeOf`, from bytes; for an unsigned body of an armed endpoint. */
export function readChallenge(
  body: Uint8Array,
  platform: Pick<Platform, 'decodeUtf8'>,
): string | null {
  if (body.length > unsignedChallengeBytesMax) return null
  const parsed = parseStrictJson(body, platform)
  return parsed.ok ? challengeOf(parsed.value) : null
}

/** Lower-case hex of HMAC-SHA256(key, challenge). */
export function answerChallenge(
  challenge: string,
  key: Uint8Array,
  platform: Pick<Platform, 'hmac'>,
): string {
  return encodeHex(platform.hmac('sha256', key, utf8Bytes(challenge)))
}
