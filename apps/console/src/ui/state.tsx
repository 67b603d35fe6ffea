import { isRequestError } from "@ashlar/sdk"
import { CircleX } from "lucide-react"
import type { ReactNode } from "react"
import { Button } from "./button.tsx"

interface BlankProps {
  title: string
  /** It is the whole page, and so its heading. */
  page?: boolean
  children?: ReactNode
  actions?: ReactNode
}

/** What to say when there is nothing: one sentence, and what to do. */
export function Blank({ title, page, children, actions }: BlankProps) {
  return (
    <div className="blank">
      {page ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children}
      {actions !== undefined && <div className="acts">{actions}</div>}
    </div>
  )
}

/** The message of any failure; the server's own says what to do. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What failed, why, and another try. It keeps to the block it is in. */
export function Failed({
  title,
  error,
  onRetry,
}: {
  title: string
  error: unknown
  onRetry?: (() => void) | undefined
}) {
  const request = isRequestError(error) ? error : undefined
  return (
    <div className="grid gap-2 p-4 content-start" role="alert">
      <p className="flex items-center gap-2 font-strong">
        <CircleX className="i text-bad" />
        {title}
      </p>
      <p className="text-fg-2 max-w-[60ch]">{messageOf(error)}</p>
      {request && (
        <p className="hint mono">
          {request.code}
          {request.requestId !== undefined && ` · request ${request.requestId}`}
        </p>
      )}
      {onRetry && (
        <div>
          <Button onClick={onRetry}>Try again</Button>
        </div>
      )}
    </div>
  )
}

const widths = ["62%", "44%", "71%", "38%", "55%", "66%", "49%"]

/** Rows that are not here yet, at their real height. */
export function Bones({
  rows = 8,
  heightPx = 32,
  label = "Loading",
}: {
  rows?: number
  heightPx?: number
  label?: string
}) {
  return (
    <div role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <div key={row} className="border-b border-joint px-4 flex items-center" style={{ height: heightPx }}>
          <span className="bone" style={{ width: widths[row % widths.length] }} />
        </div>
      ))}
    </div>
  )
}
