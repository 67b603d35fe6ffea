/** Where somebody was going who is led away to sign in, for when they come back to this tab. A place inside the console. */
const KEY = "ashlar.goal"

export function keepGoal(to: string | undefined): void {
  if (to === undefined) sessionStorage.removeItem(KEY)
  else sessionStorage.setItem(KEY, to)
}

/** Once. */
export function takeGoal(): string | undefined {
  const to = sessionStorage.getItem(KEY)
  sessionStorage.removeItem(KEY)
  return to !== null && /^\/(?!\/|\\)/.test(to) ? to : undefined
}
