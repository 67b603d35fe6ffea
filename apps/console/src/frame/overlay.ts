import { createStore } from "../model/external.ts"

/** What lies over the page. */
export const overlay = createStore<"palette" | "shortcuts" | null>(null)

/** A collection whose documents the palette can look into. */
export interface PaletteScope {
  readonly p: string
  readonly c: string
  /** The field that documents are called by; undefined while no document was seen. */
  readonly titlePath: string | undefined
}

/** The collection on the screen. */
export const paletteScope = createStore<PaletteScope | null>(null)

let early = ""

/** What is typed between the keys that open the palette and the moment it has the focus. */
export function keepEarly(key: string): boolean {
  if (overlay.get() !== "palette" || document.activeElement?.closest(".palette")) return false
  early += key
  return true
}

/** Hands over what was typed early, once. */
export function takeEarly(): string {
  const text = early
  early = ""
  return text
}
