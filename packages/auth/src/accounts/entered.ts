/** What a second step may be shown by: `code` is of an app, `recovery` of a list on paper, `sent` of a message. */
export type StepWay = "code" | "passkey" | "sent" | "recovery"

/** What a sign-in came to. */
export interface Entered {
  /** `signed-in`: a session has begun. `second-step`: a factor is to be shown first, and nothing is open before. */
  readonly state: "signed-in" | "second-step"
  /** How the second step can be done; empty where there is none. */
  readonly ways: readonly StepWay[]
  /** Where to go on: a path of this site. */
  readonly next: string
}

/** Who has proven something, and where they want to go. */
export interface Proven {
  readonly userId: string
  /** How, by RFC 8176. With `mfa` among it there is no second step. */
  readonly amr: readonly string[]
  readonly acr?: string
  readonly next?: string | undefined
}
