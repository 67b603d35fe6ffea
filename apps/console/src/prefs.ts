import { createStore } from "./model/external.ts"

/** How this person likes the console; kept in this browser. */
export interface Prefs {
  readonly theme: "system" | "light" | "dark"
  readonly density: "compact" | "comfortable"
  /** Shortcuts of one letter, which can be switched off (WCAG 2.1.4). */
  readonly letters: boolean
  /** The rail on screens with a list of their own; null means folded. */
  readonly rail: "wide" | "slim" | null
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(`ashlar.${key}`)
  } catch {
    return null
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`ashlar.${key}`)
    else localStorage.setItem(`ashlar.${key}`, value)
  } catch {
    // A browser that keeps nothing still works for as long as the page is open.
  }
}

function oneOf<T extends string>(value: string | null, choices: readonly T[]): T | null {
  return choices.find((choice) => choice === value) ?? null
}

export const prefs = createStore<Prefs>({
  theme: oneOf(read("theme"), ["light", "dark"]) ?? "system",
  density: oneOf(read("density"), ["comfortable"]) ?? "compact",
  letters: read("letters") !== "off",
  rail: oneOf(read("rail"), ["wide", "slim"]),
})

const systemDark = matchMedia("(prefers-color-scheme: dark)")

function apply(): void {
  const { theme, density } = prefs.get()
  const root = document.documentElement
  root.dataset.theme = theme === "system" ? (systemDark.matches ? "dark" : "light") : theme
  if (density === "comfortable") root.dataset.density = density
  else delete root.dataset.density
}

systemDark.addEventListener("change", apply)

export function changePrefs(change: Partial<Prefs>): void {
  prefs.set((old) => ({ ...old, ...change }))
  const { theme, density, letters, rail } = prefs.get()
  write("theme", theme === "system" ? null : theme)
  write("density", density === "compact" ? null : density)
  write("letters", letters ? null : "off")
  write("rail", rail)
  apply()
}
