import type { LucideIcon } from "lucide-react"
import { useEffect, useRef } from "react"
import { keepEarly } from "./frame/overlay.ts"
import { createStore } from "./model/external.ts"
import { prefs } from "./prefs.ts"

/** Something the person can do here. Registered once; the palette, the shortcuts and the `?` sheet read it. */
export interface Action {
  readonly id: string
  readonly title: string
  readonly group: "Do" | "Go to"
  readonly icon?: LucideIcon
  /** A quieter word behind the title. */
  readonly hint?: string
  /** `n`, `g c` (one after the other), `mod+s` (Cmd or Ctrl), `shift+e`, `Escape`. */
  readonly keys?: string
  /** More keys for the same, shown only in the sheet. */
  readonly also?: readonly string[]
  /** Works while typing in a field, too. Only combinations with `mod` and Escape may. */
  readonly inFields?: boolean
  /** Not in the palette: moving and the like. */
  readonly quiet?: boolean
  readonly run: () => void
}

const registered = createStore<readonly (readonly Action[])[]>([])

/** All actions of what is on the screen; what was registered last comes first. */
export const actions = {
  get: (): readonly Action[] => registered.get().flat(),
  subscribe: registered.subscribe,
}

let cached: { sets: readonly (readonly Action[])[]; flat: readonly Action[] } = { sets: [], flat: [] }
/** The same list until something changes, as `useSyncExternalStore` wants it. */
export function actionSnapshot(): readonly Action[] {
  const sets = registered.get()
  if (cached.sets !== sets) cached = { sets, flat: [...sets].reverse().flat() }
  return cached.flat
}

/** Registers actions for as long as the component is on the screen. The functions may change with every render. */
export function useActions(list: readonly (Action | false | null | undefined)[]): void {
  const latest = useRef<readonly Action[]>([])
  const present = list.filter((action): action is Action => Boolean(action))
  useEffect(() => {
    latest.current = present
  })
  const signature = present.map((action) => [action.id, action.title, action.hint, action.keys].join("|")).join("\n")
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature stands for the list
  useEffect(() => {
    const stable = present.map((action, position) => ({
      ...action,
      run: () => (latest.current.find((other) => other.id === action.id) ?? latest.current[position])?.run(),
    }))
    registered.set((sets) => [...sets, stable])
    return () => registered.set((sets) => sets.filter((set) => set !== stable))
  }, [signature])
}

const isApple = /Mac|iPhone|iPad/.test(navigator.platform)

/** The keys as they are printed: `⌘ K` or `Ctrl K`, `G C`. */
export function keyCaps(keys: string): readonly string[] {
  return keys.split(" ").flatMap((combo) => combo.split("+").map((key) => caps[key] ?? key.toUpperCase()))
}

const caps: Readonly<Record<string, string>> = {
  mod: isApple ? "⌘" : "Ctrl",
  shift: isApple ? "⇧" : "Shift",
  alt: isApple ? "⌥" : "Alt",
  Enter: "⏎",
  Escape: "Esc",
  Backspace: "⌫",
  ArrowUp: "↑",
  ArrowDown: "↓",
}

/** The keys for `aria-keyshortcuts`. */
export function ariaKeys(keys: string): string {
  return keys.includes(" ")
    ? ""
    : keys
        .replace("mod", isApple ? "Meta" : "Control")
        .replace("shift", "Shift")
        .replace("alt", "Alt")
}

function comboOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const mod = isApple ? event.metaKey : event.ctrlKey
  const shifted = event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key))
  return [mod && "mod", event.altKey && "alt", shifted && "shift", key].filter(Boolean).join("+")
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest("input:not([type=checkbox]), textarea, select, [contenteditable=true]") !== null
  )
}

const pressable = "a, button, select, summary, [role=option], [role=radio], [role=tab]"

/** A second key of `g c` must come this soon. */
const SEQUENCE_MS = 1_200
let pending: { key: string; atMs: number } | null = null

function matches(action: Action, combo: string, sequence: string | null): boolean {
  return [action.keys, ...(action.also ?? [])].some(
    (keys) => keys !== undefined && (keys === combo || (sequence !== null && keys === sequence)),
  )
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || ["Shift", "Control", "Meta", "Alt"].includes(event.key)) return
  const combo = comboOf(event)
  const target = event.composedPath()[0]
  // Enter and Space belong to what has the focus.
  const isPress = event.key === "Enter" || event.key === " "
  if (isPress && !event.ctrlKey && !event.metaKey && target instanceof Element && target.closest(pressable)) return
  const typing = isTyping(target ?? null)
  const isLetter = !combo.includes("mod") && !combo.includes("alt") && event.key.length === 1
  if (isLetter && keepEarly(event.key)) {
    event.preventDefault()
    return
  }
  if (isLetter && (typing || !prefs.get().letters)) return
  // A dialog or menu keeps the keys to itself, all but the palette's.
  if (document.querySelector("[role=dialog][data-modal], [role=menu]") && combo !== "mod+k") return
  const sequence = pending && event.timeStamp - pending.atMs < SEQUENCE_MS ? `${pending.key} ${combo}` : null
  pending = null
  const candidates = actionSnapshot()
  const action =
    (sequence === null ? undefined : candidates.find((candidate) => candidate.keys === sequence)) ??
    candidates.find((candidate) => matches(candidate, combo, null))
  if (action && (!typing || action.inFields === true)) {
    event.preventDefault()
    action.run()
  } else if (isLetter && candidates.some((candidate) => candidate.keys?.startsWith(`${combo} `))) {
    pending = { key: combo, atMs: event.timeStamp }
  }
}

/** Starts listening for shortcuts. */
export function listenForKeys(): () => void {
  addEventListener("keydown", onKeyDown)
  return () => removeEventListener("keydown", onKeyDown)
}
