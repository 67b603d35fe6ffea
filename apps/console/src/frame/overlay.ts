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
