import { SignJWT } from "jose"
import type { KeyRing, SigningAlgorithm } from "../keys/key-ring.ts"

/** Signs by the key that is current. @param typ What kind of token it is, so that none passes for another. */
export async function signToken(
  keys: KeyRing,
  algorithm: SigningAlgorithm,
  typ: string,
  claims: Record<string, unknown>,
): Promise<string> {
  const { key, kid } = await keys.own(algorithm)
  return await new SignJWT(claims).setProtectedHeader({ alg: algorithm, typ, kid }).sign(key)
}
