// Source adapters: from signed bytes to identity and normalized events, without I/O or clock.

export { canonicalJson } from './canonical-json.ts'
export { decodeBase64, decodeHex, encodeBase64, encodeHex } from './encodings.ts'
export { adapterOfScheme, adapters, defaultFallbackPaths, defaultPaths } from './endpoint.ts'
export type {
  Adapter,
  Endpoint,
  EndpointAuth,
  EndpointPaths,
  EndpointSecret,
  EndpointSignature,
} from './endpoint.ts'
export { parseEndpoints } from './endpoints.ts'
export type { EndpointsReading } from './endpoints.ts'
export { codes } from './errors.ts'
export { knownEventTypes } from './event-types.ts'
export { keptHeaderNames, keptHeaders } from './headers.ts'
export type { RequestHeaders } from './headers.ts'
export { identify } from './identify.ts'
export type { Identified, IdentifiedPart, UnidentifiedReason } from './identified.ts'
export { identifierVersion, parseId } from './identity.ts'
export { mappers, presentMapper } from './mappers.ts'
export type { Mapper } from './mappers.ts'
export { mapperVersion, normalize, normalizeEncoded } from './normalize.ts'
export { minorDigitsOf } from './normalize/currencies.ts'
export type { FieldsOf, Normalization, NormalizedEvent } from './normalize.ts'
export { readPath } from './paths.ts'
export { identityOf, toRawDelivery } from './raw-delivery.ts'
export type { DeliveryOrigin } from './raw-delivery.ts'
export type { HmacAlgorithm, NormalizingPlatform, Platform } from './platform.ts'
export { normalizeResourceType } from './resource-type.ts'
export { signDelivery } from './sign.ts'
export { answerChallenge, readChallenge, unsignedChallengeBytesMax } from './smartcar/challenge.ts'
export { isJsonObject, jsonDepthMax, parseStrictJson } from './strict-json.ts'
export type { Json, JsonObject } from './strict-json.ts'
export { parseTime } from './times.ts'
export { apiKeyHashProblem } from './verify-api-key.ts'
export { secretProblem } from './verify-key.ts'
export { isActiveSecret, signatureScheme, verifyDelivery } from './verify.ts'
export type { DeliveryRequest, DeliverySecret, Verification } from './verify.ts'
