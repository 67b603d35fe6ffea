import { createStore } from "./model/external.ts"
import { markLeaving } from "./session.ts"
import { changeToast, dismissToast, showToast } from "./toasts.ts"

/** How long a deletion can be taken back. The request is held for as long; inserting again would not be an undo. */
export const UNDO_MS = 8_000

export interface Deletion {
  readonly ids: readonly string[]
  /** What is being deleted, for people. */
  readonly label: string
  /** Sends the deletion. */
  readonly commit: () => Promise<void>
}

interface Held extends Deletion {
  readonly toast: number
  leftMs: number
  startedAtMs: number
  timer: ReturnType<typeof setTimeout> | undefined
}

const held = new Set<Held>()
/** The ids that look deleted already. */
export const hiddenIds = createStore<ReadonlySet<string>>(new Set())

function publish(): void {
  hiddenIds.set(new Set([...held].flatMap((deletion) => deletion.ids)))
}

function start(deletion: Held): void {
  deletion.startedAtMs = Date.now()
  changeToast(deletion.toast, { untilMs: deletion.startedAtMs + deletion.leftMs })
  deletion.timer = setTimeout(() => void send(deletion), deletion.leftMs)
}

async function send(deletion: Held): Promise<void> {
  if (!held.has(deletion)) return
  clearTimeout(deletion.timer)
  dismissToast(deletion.toast)
  try {
    await deletion.commit()
  } catch (error) {
    showToast({ tone: "bad", title: `Not deleted: ${deletion.label}`, text: String((error as Error).message) })
  } finally {
    held.delete(deletion)
    publish()
  }
}

/** Deletes after {@link UNDO_MS}, unless somebody takes it back. */
export function holdDeletion(deletion: Deletion): void {
  const toast = showToast({
    tone: "delete",
    title: "Deleting",
    text: deletion.label,
    untilMs: Date.now() + UNDO_MS,
    action: { title: "Undo", run: () => undo(entry) },
  })
  const entry: Held = { ...deletion, toast, leftMs: UNDO_MS, startedAtMs: Date.now(), timer: undefined }
  held.add(entry)
  start(entry)
  publish()
}

function undo(deletion: Held): void {
  clearTimeout(deletion.timer)
  held.delete(deletion)
  dismissToast(deletion.toast)
  publish()
}

/** Takes the last deletion back; false when there is none. */
export function undoLast(): boolean {
  const last = [...held].at(-1)
  if (last) undo(last)
  return last !== undefined
}

/** Stops the clocks while somebody reads the toast, and starts them again after. */
export function pauseDeletions(paused: boolean): void {
  for (const deletion of held) {
    clearTimeout(deletion.timer)
    if (paused) deletion.leftMs = Math.max(0, deletion.leftMs - (Date.now() - deletion.startedAtMs))
    else start(deletion)
  }
}

/** Sends what is held now: whoever leaves the screen means it. */
export function flushDeletions(): void {
  for (const deletion of held) void send(deletion)
}

addEventListener("pagehide", () => {
  markLeaving(true)
  flushDeletions()
})
addEventListener("pageshow", () => markLeaving(false))
