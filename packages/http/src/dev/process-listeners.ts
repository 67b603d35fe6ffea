/** Events of the process that programs listen to, which outlive the code that listens. */
const EVENTS = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
  "exit",
  "beforeExit",
  "uncaughtException",
  "unhandledRejection",
  "warning",
  "message",
] as const

type Listener = (...args: unknown[]) => void

/** What listens to the process, by event. */
export type ProcessListeners = ReadonlyMap<string, ReadonlySet<Listener>>

export function processListeners(): ProcessListeners {
  return new Map(EVENTS.map((event) => [event, new Set(process.listeners(event as "exit") as Listener[])]))
}

/** The listeners that came between two looks: those of the code that was loaded then. */
export function newListeners(before: ProcessListeners, after: ProcessListeners): ProcessListeners {
  return new Map([...after].map(([event, listeners]) => [event, listeners.difference(before.get(event) ?? new Set())]))
}

/** Takes listeners away whose code was replaced: each load would add another one. */
export function removeListeners(listeners: ProcessListeners): void {
  for (const [event, all] of listeners) for (const one of all) process.removeListener(event, one)
}
