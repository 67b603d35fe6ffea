import type { SqliteFile } from "@ashlar/sqlite"
import { InvalidInput } from "../errors.ts"
import type { MfaPolicy, PasskeyPlace } from "../factors/second-factors.ts"
import { checkPasskeyPlace } from "./app-passkeys.ts"
import {
  type AppMailSettings,
  type AppMailText,
  type AppMailTexts,
  checkMailSettings,
  defaultMailSettings,
} from "./mail-words.ts"
import { checkRedirectUrls } from "./redirects.ts"

/** How a project lets users into its app. */
export interface AppSettings {
  /** "open": whoever has a publishable key may make an account. "closed": the project's servers make them. Default "open". */
  readonly signups: "open" | "closed"
  /** 8 to 128. Default 10. */
  readonly passwordMinCharacters: number
  /** Whether an address must be confirmed before its user may sign in. Default false. */
  readonly verifiedEmailOnly: boolean
  /** The pages of the app that links of mail and providers may lead to, letter for letter; at most 20. Mail leads to the first. */
  readonly redirectUrls: readonly string[]
  /**
   * "off": users have no second factors. "optional": whoever adds one is asked for it. "required": nobody gets a session without one, and
   * those that were begun without one end. Default "off".
   */
  readonly mfa: MfaPolicy
  /**
   * For which domain passkeys are, and on which pages they are made and shown. Null: users have none. Default null. Passkeys of another
   * domain than the one that they were made for are of no use any more.
   */
  readonly passkeys: PasskeyPlace | null
  /** How long a device may be remembered on which a factor was shown: 1 to 90 days. 0: it is asked for each time. Default 0. */
  readonly rememberDeviceDays: number
  /** How the app's mail is worded. */
  readonly mail: AppMailSettings
}

export type AppSettingsChange = Partial<Omit<AppSettings, "mail">> & {
  readonly mail?: Partial<Omit<AppMailSettings, "texts">> & {
    /** Of one message all words at once; null for {@link mailTexts} again. */
    readonly texts?: { readonly [Kind in keyof AppMailTexts]?: AppMailText | null | undefined } | undefined
  }
}

export const defaultSettings: AppSettings = {
  ...{ signups: "open", passwordMinCharacters: 10, verifiedEmailOnly: false },
  ...{ redirectUrls: [], mail: defaultMailSettings, mfa: "off", passkeys: null, rememberDeviceDays: 0 },
}

/** Settings of one project, in its own file. */
export interface AppSettingsStore {
  read(): AppSettings
  /** What is left out stays; the texts of one message are changed as one. @throws {IDENTITY_INVALID_INPUT} */
  change(changes: AppSettingsChange): Promise<AppSettings>
}

export function createAppSettings(file: SqliteFile): AppSettingsStore {
  const read = (): AppSettings => {
    const row = file.get<{ value: string }>("SELECT value FROM identity_settings WHERE name = 'app'")
    return row ? { ...defaultSettings, ...(JSON.parse(row.value) as Partial<AppSettings>) } : defaultSettings
  }
  return {
    read,
    async change(changes) {
      const old = read()
      const { redirectUrls = old.redirectUrls, passkeys = old.passkeys, mail = {} } = changes
      const said = Object.entries({ ...old.mail.texts, ...mail.texts })
      const texts: AppMailTexts = Object.fromEntries(said.filter(([, text]) => text !== null && text !== undefined))
      const next: AppSettings = {
        ...{ ...old, ...changes, redirectUrls: checkRedirectUrls(redirectUrls) },
        passkeys: passkeys && checkPasskeyPlace(passkeys),
        mail: { ...old.mail, ...mail, texts },
      }
      checkMailSettings(next.mail)
      checkWhole("passwordMinCharacters", next.passwordMinCharacters, { least: 8, most: 128 })
      checkWhole("rememberDeviceDays", next.rememberDeviceDays, { least: 0, most: 90 })
      const sql =
        "INSERT INTO identity_settings VALUES ('app', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
      await file.write([
        { sql, params: [JSON.stringify(next)] },
        ...(next.mfa === "required" && old.mfa !== "required" ? [END_UNPROVEN] : []),
        ...(next.rememberDeviceDays < old.rememberDeviceDays
          ? [{ sql: SHORTEN, params: [next.rememberDeviceDays * DAY_MS] }]
          : []),
      ])
      return next
    },
  }
}

const DAY_MS = 86_400_000
/** Whoever came in by one step shows a second one as well, as everybody from now on. */
const END_UNPROVEN = {
  sql: `DELETE FROM identity_sessions WHERE ' ' || amr || ' ' NOT LIKE '% mfa %' AND ' ' || amr || ' ' NOT LIKE '% device %'`,
}
/** A device that was promised more days gets no more than others. */
const SHORTEN = "UPDATE identity_proofs SET expires_at = min(expires_at, created_at + ?) WHERE kind = 'device'"

function checkWhole(field: string, value: number, { least, most }: { readonly least: number; readonly most: number }) {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new InvalidInput(`Expected \`${field}\` to be a whole number from ${least} to ${most}.`, { details: { field } })
}
