import { subscribe, unsubscribe } from "node:diagnostics_channel"
import type { QueryEvent } from "../index.ts"

/** Runs work, and tells which statements on tables of this prefix it took. */
export async function queriesDuring<T>(
  prefix: string,
  work: () => Promise<T>,
): Promise<{ result: T; texts: string[] }> {
  const texts: string[] = []
  const listen = (event: unknown) => {
    const { text } = event as QueryEvent
    if (text.includes(`${prefix}_`)) texts.push(text)
  }
  subscribe("ashlar:orm:query", listen)
  try {
    return { result: await work(), texts }
  } finally {
    unsubscribe("ashlar:orm:query", listen)
  }
}
