import { type Schema, v } from "@ashlar/validation"

/** The words of one message. */
export interface AppMailText {
  readonly subject: string
  readonly body: string
}
const text: Schema<AppMailText> = v.object({
  subject: v.string().min(1).max(150).describe("`{{app}}` stands for the app's name"),
  body: v
    .string()
    .min(1)
    .max(4000)
    .describe("Plain text, with `{{app}}`, `{{code}}`, `{{link}}` and `{{minutes}}` in it"),
})

export interface AppMailTexts {
  readonly verify?: AppMailText | undefined
  readonly link?: AppMailText | undefined
  readonly reset?: AppMailText | undefined
  readonly passwordChanged?: AppMailText | undefined
  readonly emailTaken?: AppMailText | undefined
  readonly factorAdded?: AppMailText | undefined
  readonly factorRemoved?: AppMailText | undefined
  readonly factorsReset?: AppMailText | undefined
}
const texts: Schema<AppMailTexts> = v
  .object({
    ...{ verify: text.optional(), link: text.optional(), reset: text.optional() },
    ...{ passwordChanged: text.optional(), emailTaken: text.optional() },
    ...{ factorAdded: text.optional(), factorRemoved: text.optional(), factorsReset: text.optional() },
  })
  .describe("Words of the project's own, for some messages or all")

type AppMailTextsPatch = { readonly [Kind in keyof AppMailTexts]?: AppMailText | null | undefined }
const change = text.nullable().optional()
const textsPatch: Schema<AppMailTextsPatch> = v
  .object({
    ...{ verify: change, link: change, reset: change, passwordChanged: change, emailTaken: change },
    ...{ factorAdded: change, factorRemoved: change, factorsReset: change },
  })
  .describe("Of one message all words at once; null for the platform's own words again")

/** How mail to the app's users is worded. */
export interface AppMailSettings {
  readonly senderName: string
  readonly replyTo: string | null
  readonly texts: AppMailTexts
}
const AppMailSettings: Schema<AppMailSettings> = v
  .object({
    senderName: v.string().describe("Whom mail is from, and what it calls the app. Empty: the project's name"),
    replyTo: v.string().nullable(),
    texts,
  })
  .meta({ id: "AppMailSettings" })

/** Whether users show a second factor: nobody can, whoever has one, everybody. */
export type MfaPolicy = "off" | "optional" | "required"
const MfaPolicy: Schema<MfaPolicy> = v.enum(["off", "optional", "required"]).meta({ id: "MfaPolicy" })

/** Where an app's passkeys are made and shown. */
export interface PasskeyPlace {
  readonly rpId: string
  readonly origins: readonly string[]
}
const PasskeyPlace: Schema<PasskeyPlace> = v
  .object({
    rpId: v
      .string()
      .min(1)
      .max(253)
      .describe("The domain that passkeys are for: `app.example`. Other domains have no use for them"),
    origins: v
      .array(v.string().min(1).max(300))
      .min(1)
      .max(20)
      .describe("`https://app.example`: pages on the domain or below it"),
  })
  .meta({ id: "PasskeyPlace" })

/** How a project lets users into its app. */
export interface AppSettings {
  readonly signups: "open" | "closed"
  readonly passwordMinCharacters: number
  readonly verifiedEmailOnly: boolean
  readonly redirectUrls: readonly string[]
  readonly mfa: MfaPolicy
  readonly passkeys: PasskeyPlace | null
  readonly rememberDeviceDays: number
  readonly mail: AppMailSettings
}
export const AppSettings: Schema<AppSettings> = v
  .object({
    signups: v.enum(["open", "closed"]).describe("Whether a publishable key is enough to make an account"),
    passwordMinCharacters: v.integer(),
    verifiedEmailOnly: v.boolean().describe("Whether an address must be confirmed before its user may sign in"),
    redirectUrls: v
      .array(v.string())
      .describe("Pages of the app that links may lead to, letter for letter. Mail leads to the first"),
    mfa: MfaPolicy.describe("Whether users show a second factor: nobody can, whoever has one, everybody"),
    passkeys: PasskeyPlace.nullable().describe("Where passkeys are made and shown; null: users have none"),
    rememberDeviceDays: v.integer().describe("How long a device may be remembered; 0: a factor is asked for each time"),
    mail: AppMailSettings,
  })
  .meta({ id: "AppSettings" })

export interface AppSettingsPatch {
  readonly signups?: "open" | "closed" | undefined
  readonly passwordMinCharacters?: number | undefined
  readonly verifiedEmailOnly?: boolean | undefined
  readonly redirectUrls?: readonly string[] | undefined
  readonly mfa?: MfaPolicy | undefined
  readonly passkeys?: PasskeyPlace | null | undefined
  readonly rememberDeviceDays?: number | undefined
  readonly mail?:
    | {
        readonly senderName?: string | undefined
        readonly replyTo?: string | null | undefined
        readonly texts?: AppMailTextsPatch | undefined
      }
    | undefined
}
export const AppSettingsPatch: Schema<AppSettingsPatch> = v
  .object({
    signups: v.enum(["open", "closed"]).optional(),
    passwordMinCharacters: v.integer().min(8).max(128).optional(),
    verifiedEmailOnly: v.boolean().optional(),
    redirectUrls: v.array(v.string().min(1).max(2048)).max(20).optional(),
    mfa: MfaPolicy.optional().describe("`required` ends sessions that were begun without a second factor"),
    passkeys: PasskeyPlace.nullable().optional(),
    rememberDeviceDays: v.integer().min(0).max(90).optional(),
    mail: v
      .object({
        senderName: v.string().max(100).optional(),
        replyTo: v.string().max(254).nullable().optional(),
        texts: textsPatch.optional(),
      })
      .optional(),
  })
  .meta({ id: "AppSettingsPatch" })
