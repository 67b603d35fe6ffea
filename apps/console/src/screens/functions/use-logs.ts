import type { LogLine } from "@ashlar/sdk"
import { useEffect, useMemo, useRef, useState } from "react"
import { followLogs } from "../../api.ts"
import { addLines, toInvocations } from "../../model/logs.ts"
import { admin } from "../../session.ts"

/** A hidden tab lets its stream go after this long, and takes it up again after the last line. */
const HIDDEN_MS = 60_000
const FIRST_LINES = 200

export type StreamState = "opening" | "live" | "lost" | "resumed" | "failed"

export interface Logs {
  readonly lines: readonly LogLine[]
  readonly state: StreamState
  /** How long the stream was away, when it has just come back. */
  readonly awayMs: number
  readonly error: unknown
  readonly isLoading: boolean
  retry(): void
}

/** The last lines of a function, then each new one; at most one render per frame however fast they come. */
export function useLogs(p: string, f: string): Logs {
  const [lines, setLines] = useState<readonly LogLine[]>([])
  const [state, setState] = useState<StreamState>("opening")
  const [error, setError] = useState<unknown>(null)
  const [isLoading, setIsLoading] = useState(true)
  const [round, setRound] = useState(0)
  const [awayMs, setAwayMs] = useState(0)
  const kept = useRef<readonly LogLine[]>([])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round starts over
  useEffect(() => {
    kept.current = []
    setLines([])
    setError(null)
    setIsLoading(true)
    setState("opening")
    let stream = new AbortController()
    let frame = 0
    let isGone = false
    let lostAtMs = 0
    const waiting: LogLine[] = []

    const add = (added: readonly LogLine[]): void => {
      kept.current = addLines(kept.current, added)
      setLines(kept.current)
    }
    const take = (line: LogLine): void => {
      waiting.push(line)
      frame ||= requestAnimationFrame(() => {
        frame = 0
        add(waiting.splice(0))
      })
    }
    const follow = async (): Promise<void> => {
      const { signal } = stream
      try {
        const after = kept.current.at(-1)?.seq ?? 0
        const onOpen = (): void => {
          setState(lostAtMs === 0 ? "live" : "resumed")
          if (lostAtMs > 0) setAwayMs(Date.now() - lostAtMs)
          lostAtMs = 0
        }
        const onLost = (): void => {
          if (signal.aborted) return
          lostAtMs ||= Date.now()
          setState("lost")
        }
        for await (const line of followLogs(p, f, { after, signal, onOpen, onLost })) take(line)
      } catch (reason) {
        if (isGone || signal.aborted) return
        setError(reason)
        setState("failed")
      }
    }
    const begin = async (): Promise<void> => {
      try {
        const page = await admin.functions.logs(p, f, { limit: FIRST_LINES })
        if (isGone) return
        add(page.items)
        setIsLoading(false)
        await follow()
      } catch (reason) {
        if (isGone) return
        setIsLoading(false)
        setError(reason)
        setState("failed")
      }
    }
    let hiding: ReturnType<typeof setTimeout> | undefined
    const onVisibility = (): void => {
      clearTimeout(hiding)
      if (document.hidden) hiding = setTimeout(() => stream.abort(), HIDDEN_MS)
      else if (stream.signal.aborted) {
        stream = new AbortController()
        void follow()
      }
    }
    document.addEventListener("visibilitychange", onVisibility)
    void begin()
    return () => {
      isGone = true
      document.removeEventListener("visibilitychange", onVisibility)
      clearTimeout(hiding)
      cancelAnimationFrame(frame)
      stream.abort()
    }
  }, [p, f, round])

  return { lines, state, awayMs, error, isLoading, retry: () => setRound((old) => old + 1) }
}

export function useInvocations(lines: readonly LogLine[]) {
  return useMemo(() => toInvocations(lines), [lines])
}
