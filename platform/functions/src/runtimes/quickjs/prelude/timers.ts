import { call } from "./host.ts"

interface Timer {
  readonly callback: () => void
  readonly everyMs: number | undefined
}

const timers = new Map<number, Timer>()
let lastId = 0

export function setTimeout(callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): number {
  return start(() => callback(...args), ms, undefined)
}

export function setInterval(callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): number {
  return start(() => callback(...args), ms, Math.max(1, ms))
}

export function clearTimer(id?: number): void {
  timers.delete(id ?? 0)
}

/** The host's clock says that a timer is due. */
export function fire(id: number): void {
  const timer = timers.get(id)
  if (!timer) return
  if (timer.everyMs === undefined) timers.delete(id)
  else call("timer", JSON.stringify({ id, ms: timer.everyMs }))
  timer.callback()
}

function start(callback: () => void, ms: number, everyMs: number | undefined): number {
  const id = ++lastId
  if (call("timer", JSON.stringify({ id, ms: Number(ms) || 0 })) === undefined)
    throw new RangeError("Too many timers are waiting")
  timers.set(id, { callback, everyMs })
  return id
}
