/** An account, as far as e-mail is concerned. */
export interface EmailAccount {
  /** Names it for good. */
  readonly id: string
  /** As {@link parseEmail} writes it. Messages go to this one, never to what somebody typed. */
  readonly email: string
  /** Whether somebody has proven to read it. */
  readonly isVerified: boolean
}

/** The app's accounts: what the flows ask of them. */
export interface EmailAccounts {
  find(id: string): Promise<EmailAccount | undefined>
  /** @param email as {@link parseEmail} writes it. To be compared letter for letter. */
  findByEmail(email: string): Promise<EmailAccount | undefined>
  /** Makes an account of an address that has just been proven. Absent: who has none cannot get one by a link. */
  create?(email: string): Promise<EmailAccount>
  /**
   * Notes that its address is verified. With `isClaim` by somebody of whom it is not known whether they set the account up: whoever did
   * never proved the address, so whatever they left must go, in the same transaction: password, linked identities, passkeys, second
   * factors, keys, and changes of the address that wait. Sessions are ended by the flow.
   */
  markVerified(id: string, change: { readonly email: string; readonly isClaim: boolean }): Promise<unknown>
  /** @returns false when another account has it by now. */
  changeEmail?(id: string, change: { readonly from: string; readonly to: string }): Promise<boolean>
  /** Undefined: it has none. */
  passwordHash?(id: string): Promise<string | undefined>
  setPasswordHash?(id: string, hash: string): Promise<unknown>
  /** Ends the sessions of an account, but one. `Sessions.revokeAll` does. */
  revokeSessions(id: string, except?: { readonly sessionId: string }): Promise<unknown>
}
