import { CircleCheck, CircleX, Info, Trash2, X } from "lucide-react"
import { useEffect, useState } from "react"
import { pauseDeletions } from "../deletions.ts"
import { useStore } from "../model/external.ts"
import { dismissToast, type Toast, toasts } from "../toasts.ts"
import { IconButton } from "./button.tsx"

const icons = { plain: Info, ok: CircleCheck, bad: CircleX, delete: Trash2 } as const

/** Says what happened. Deletions count down, and wait while they are looked at. */
export function Toasts() {
  const shown = useStore(toasts)
  const [paused, setPaused] = useState(false)
  const pause = (next: boolean): void => {
    if (next === paused) return
    setPaused(next)
    pauseDeletions(next)
  }
  return (
    <section
      className="toasts"
      role="status"
      aria-label="Messages"
      data-pane=""
      onMouseEnter={() => pause(true)}
      onMouseLeave={() => pause(false)}
      onFocus={() => pause(true)}
      onBlur={() => pause(false)}
    >
      {shown.map((toast) => (
        <ToastCard key={toast.id} toast={toast} paused={paused} />
      ))}
    </section>
  )
}

function ToastCard({ toast, paused }: { toast: Toast; paused: boolean }) {
  const Icon = icons[toast.tone]
  const [nowMs, setNowMs] = useState(Date.now)
  useEffect(() => {
    if (toast.untilMs === undefined || paused) return
    const timer = setInterval(() => {
      setNowMs(Date.now())
      if (toast.tone !== "delete" && Date.now() > (toast.untilMs ?? 0)) dismissToast(toast.id)
    }, 250)
    return () => clearInterval(timer)
  }, [toast, paused])
  const leftSeconds = toast.untilMs === undefined ? 0 : Math.max(1, Math.ceil((toast.untilMs - nowMs) / 1_000))
  return (
    <div className={`toast ${toast.tone}`}>
      <Icon className="i" />
      <span className="min-w-0 grow">
        <span className={toast.tone === "delete" ? "" : "font-strong"}>{toast.title}</span>
        {toast.text !== undefined && (
          <>
            <br />
            <span className={toast.tone === "delete" ? "font-strong" : "text-fg-2"}>{toast.text}</span>
          </>
        )}
      </span>
      {toast.action && (
        <span className="text-right">
          <button type="button" className="link font-strong" onClick={toast.action.run}>
            {toast.action.title}
          </button>
          <br />
          {toast.tone === "delete" && <span className="text-fg-3">{paused ? "waiting" : `in ${leftSeconds} s`}</span>}
        </span>
      )}
      {toast.tone === "bad" && <IconButton small icon={X} label="Dismiss" onClick={() => dismissToast(toast.id)} />}
    </div>
  )
}
