import { expect, test } from "bun:test"
import { crc32c, crcToBase64 } from "./crc32c.ts"

/** @see https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4 */
test.each([
  ["32 zeros", new Uint8Array(32), 0x8a9136aa],
  ["32 ones", new Uint8Array(32).fill(255), 0x62a8ab43],
  ["rising", Uint8Array.from({ length: 32 }, (_, at) => at), 0x46dd794e],
  ["falling", Uint8Array.from({ length: 32 }, (_, at) => 31 - at), 0x113fdb5c],
  ["123456789", new TextEncoder().encode("123456789"), 0xe3069283],
  ["nothing", new Uint8Array(0), 0],
])("the sum of %s", (_, bytes, sum) => {
  expect(crc32c(bytes)).toBe(sum)
  for (let at = 0; at <= bytes.length; at++) expect(crc32c(bytes.subarray(at), crc32c(bytes.subarray(0, at)))).toBe(sum)
})
test("is said as S3 says it", () => expect(crcToBase64(0xe3069283)).toBe("4waSgw=="))
