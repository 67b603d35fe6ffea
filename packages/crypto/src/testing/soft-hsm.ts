import { afterAll, expect, test } from "bun:test"
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import type { Attribute, Handle, Pkcs11, Pkcs11Package } from "../root-keys/pkcs11-module.ts"
import { CK, loadModule } from "../root-keys/pkcs11-module.ts"

/** What tests do with a token besides. */
interface Administered extends Pkcs11 {
  C_InitToken(slot: Handle, pin: string, label: string): unknown
  C_InitPIN(session: Handle, pin: string): void
  C_Logout(session: Handle): void
  C_GetTokenInfo(slot: Handle): { readonly label: string; readonly serialNumber: string }
  C_GetAttributeValue(session: Handle, object: Handle, template: { type: number }[]): unknown
}

export interface SoftHsm {
  readonly module: string
  readonly binding: Pkcs11Package
  /** A token of these tests' own, gone when they are done. */
  makeToken(): { readonly label: string; readonly pin: string }
  /** What the token says to who asks for the bytes of a key. */
  readValue(label: string, pin: string, object: string): string
}

/** SoftHSM, where `npm test` could bring it; said when not, and with `CI=true` a test that fails. */
export function findSoftHsm(): SoftHsm | undefined {
  const { SOFTHSM_MODULE: module = "", PKCS11JS: folder = "", SOFTHSM2_CONF: settings = "" } = process.env
  if (!existsSync(module) || !existsSync(folder) || !existsSync(settings)) {
    if (process.env.CI === "true") test("SoftHSM is there", () => expect(module).toBe("the path of SoftHSM"))
    else console.warn("skipped: root keys in an HSM, for there is no SoftHSM here (npm test brings it on Debian)")
    return undefined
  }
  const binding: Pkcs11Package = createRequire(import.meta.url)(folder)
  const pkcs11 = loadModule(binding, module) as Administered
  const slotOf = (label: string): Handle | undefined =>
    pkcs11.C_GetSlotList(true).find((slot) => pkcs11.C_GetTokenInfo(slot).label.trimEnd() === label)
  return {
    ...{ module, binding },
    makeToken() {
      const label = `test-${crypto.randomUUID().slice(0, 18)}`
      const [free] = pkcs11.C_GetSlotList(true).slice(-1)
      pkcs11.C_InitToken(free!, "12345678", label.padEnd(32))
      const slot = slotOf(label)!
      const serial = pkcs11.C_GetTokenInfo(slot).serialNumber.trim()
      const session = pkcs11.C_OpenSession(slot, CK.SERIAL_SESSION | CK.RW_SESSION)
      pkcs11.C_Login(session, 0, "12345678")
      const pin = "87654321"
      pkcs11.C_InitPIN(session, pin)
      pkcs11.C_Logout(session)
      pkcs11.C_CloseSession(session)
      afterAll(() => {
        const tokens = /^directories\.tokendir *= *(.+)$/m.exec(readFileSync(settings, "utf8"))?.[1] ?? ""
        for (const name of readdirSync(tokens))
          if (name.replaceAll("-", "").endsWith(serial)) rmSync(join(tokens, name), { recursive: true })
      })
      return { label, pin }
    },
    readValue(label, pin, object) {
      const session = pkcs11.C_OpenSession(slotOf(label)!, CK.SERIAL_SESSION)
      try {
        pkcs11.C_Login(session, CK.USER, pin)
      } catch {
        // Logged in already, by another session of this process.
      }
      const wanted: Attribute[] = [{ type: CK.LABEL, value: object }]
      pkcs11.C_FindObjectsInit(session, wanted)
      const [key] = pkcs11.C_FindObjects(session, 1)
      pkcs11.C_FindObjectsFinal(session)
      try {
        return JSON.stringify(pkcs11.C_GetAttributeValue(session, key!, [{ type: 0x11 }]))
      } catch (error) {
        return String(error)
      } finally {
        pkcs11.C_CloseSession(session)
      }
    },
  }
}
