/** Knows passwords that have leaked. */
export interface BreachList {
  /** @throws {AUTH_BREACH_LIST_AWAY} when it cannot tell. */
  has(password: string): Promise<boolean>
}
