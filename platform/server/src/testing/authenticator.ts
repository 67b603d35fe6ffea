import { createHmac } from "node:crypto"
import type { Stage } from "./cast.ts"

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

/** What an authenticator app shows for a secret (RFC 6238, with its defaults). */
export function appCode(secret: string, nowMs: number): string {
  const bits = [...secret].map((sign) => LETTERS.indexOf(sign).toString(2).padStart(5, "0")).join("")
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(nowMs / 30_000)))
  const mac = createHmac("sha1", key).update(step).digest()
  return String((mac.readUInt32BE(mac[19]! & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0")
}

/** Adds an app to whoever has this access token. @returns its factor, and the code of the step that is `ahead` */
export async function addApp(
  stage: Pick<Stage, "call">,
  accessToken: string,
): Promise<{ readonly factorId: string; code(ahead?: number): string; readonly recoveryCodes: readonly string[] }> {
  const headers = { authorization: `Bearer ${accessToken}` }
  const { body: enrolment } = await stage.call("anonymous", "POST", "/v1/auth/mfa/enroll", undefined, headers)
  const code = (ahead = 0): string => appCode(enrolment.secret, Date.now() + ahead * 30_000)
  const proof = { factorId: enrolment.factorId, code: code() }
  const { body } = await stage.call("anonymous", "POST", "/v1/auth/mfa/verify", proof, headers)
  return { factorId: enrolment.factorId, code, recoveryCodes: body.recoveryCodes }
}
