import { createStore } from "./model/external.ts"

/** A short message at the edge. It says what happened and what it touched. */
export interface Toast {
  readonly id: number
  readonly tone: "plain" | "ok" | "bad" | "delete"
  readonly title: string
  readonly text?: string
  /** When it goes away by itself; undefined stays until it is dismissed. */
  readonly untilMs?: number
  readonly action?: { readonly title: string; readonly run: () => void }
}

export const toasts = createStore<readonly Toast[]>([])

const STAY_MS = 6_000
const MAX_SHOWN = 4
let lastId = 0

export function showToast(toast: Omit<Toast, "id">): number {
  const id = ++lastId
  const untilMs = toast.untilMs ?? (toast.tone === "bad" ? undefined : Date.now() + STAY_MS)
  toasts.set((old) => [...old, { ...toast, id, ...(untilMs !== undefined && { untilMs }) }].slice(-MAX_SHOWN))
  return id
}

export function dismissToast(id: number): void {
  toasts.set((old) => old.filter((toast) => toast.id !== id))
}

export function changeToast(id: number, change: Partial<Omit<Toast, "id">>): void {
  toasts.set((old) => old.map((toast) => (toast.id === id ? { ...toast, ...change } : toast)))
}
