import type { SqliteFile } from "@ashlar/sqlite"
import { InvalidInput } from "../errors.ts"
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
  ...{ redirectUrls: [], mail: defaultMailSettings },
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
      const { redirectUrls = old.redirectUrls, mail = {} } = changes
      const said = Object.entries({ ...old.mail.texts, ...mail.texts })
      const texts: AppMailTexts = Object.fromEntries(said.filter(([, text]) => text !== null && text !== undefined))
      const next: AppSettings = {
        ...{ ...old, ...changes, redirectUrls: checkRedirectUrls(redirectUrls) },
        mail: { ...old.mail, ...mail, texts },
      }
      checkMailSettings(next.mail)
      const { passwordMinCharacters: min } = next
      if (!Number.isInteger(min) || min < 8 || min > 128) {
        throw new InvalidInput("Expected `passwordMinCharacters` to be a whole number from 8 to 128.", {
          details: { field: "passwordMinCharacters" },
        })
      }
      const sql =
        "INSERT INTO identity_settings VALUES ('app', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
      await file.write([{ sql, params: [JSON.stringify(next)] }])
      return next
    },
  }
}
