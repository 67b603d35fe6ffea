/** What a ticket that is sent by e-mail may be used for. */
export type EmailPurpose = "verify" | "sign-in" | "reset" | "change-email"

/** Something to be told by e-mail. The app words it. */
export type EmailMessage =
  | {
      readonly kind: EmailPurpose
      readonly to: string
      /** The account that it is about; undefined where it is yet to be made. */
      readonly userId: string | undefined
      /** The page where it is confirmed. Opening it changes nothing: programs that look at mail do. */
      readonly url: string
      /** To be typed where it was asked for; undefined without codes. */
      readonly code: string | undefined
      readonly expiresMs: number
    }
  | {
      /** Something happened to the account: a word to its owner, with no way to do anything by it. */
      readonly kind: "password-changed" | "email-changing" | "email-taken" | "no-account"
      readonly to: string
      readonly userId: string | undefined
    }
