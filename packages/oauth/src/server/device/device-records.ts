import { randomInt } from "node:crypto"
import { hashOf, Records } from "../store/records.ts"
import type { OAuthStore } from "../store/store.ts"
import type { Grant } from "../tokens/grants.ts"

/** A device that waits for a person. */
export interface DeviceRecord {
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly userCode: string
  readonly untilMs: number
  readonly intervalMs: number
  readonly lastPollMs: number
  /** `used` once it gave its tokens. */
  readonly state: "waiting" | "allowed" | "denied" | "used"
  readonly grant: Grant | null
}

/** Letters that make no words and are not taken for others (RFC 8628, section 6.1). 34 bits in eight of them. */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
const LENGTH = 8

export class Devices {
  readonly devices: Records<DeviceRecord>
  /** The hash of a device code, by what its person types. */
  readonly userCodes: Records<string>

  constructor(store: OAuthStore) {
    this.devices = new Records(store, "device")
    this.userCodes = new Records(store, "usercode")
  }
}

export function randomUserCode(): string {
  const letters = Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]!).join("")
  return `${letters.slice(0, 4)}-${letters.slice(4)}`
}

/** What was typed, as it is shown: people leave out the dash, and write small letters. */
export function normalUserCode(text: string): string | undefined {
  const letters = text.toUpperCase().replace(/[^A-Z0-9]/g, "")
  return letters.length === LENGTH && [...letters].every((letter) => LETTERS.includes(letter))
    ? `${letters.slice(0, 4)}-${letters.slice(4)}`
    : undefined
}

export function userCodeId(userCode: string): string {
  return hashOf("user code", userCode)
}
