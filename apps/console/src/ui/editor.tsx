import { useEffect, useRef, useState } from "react"
import { CodeView } from "./code.tsx"
import type { EditorHandle } from "./editor-view.ts"

interface EditorProps {
  value: string
  language: "json" | "text"
  label: string
  onChange: (value: string) => void
  /** Cmd/Ctrl+Enter. */
  onSubmit?: (() => void) | undefined
  /** Start with the editor, not with the still picture of it. */
  eager?: boolean
  className?: string
}

/** Text of the same metrics until somebody goes into it; then the editor, which is loaded for that. */
export function Editor({ value, language, label, onChange, onSubmit, eager, className }: EditorProps) {
  const [wanted, setWanted] = useState(eager === true)
  const host = useRef<HTMLDivElement>(null)
  const handle = useRef<EditorHandle>(undefined)
  const [ready, setReady] = useState(false)
  const latest = useRef({ value, onChange, onSubmit })
  useEffect(() => {
    latest.current = { value, onChange, onSubmit }
  })

  useEffect(() => {
    if (!wanted) return
    let gone = false
    void import("./editor-view.ts").then(({ openEditor }) => {
      if (gone || !host.current) return
      handle.current = openEditor(host.current, {
        value: latest.current.value,
        language,
        label,
        onChange: (next) => latest.current.onChange(next),
        onSubmit: () => latest.current.onSubmit?.(),
      })
      setReady(true)
    })
    return () => {
      gone = true
      handle.current?.close()
      handle.current = undefined
      setReady(false)
    }
  }, [wanted, language, label])

  // Only what is shown can take the focus.
  useEffect(() => {
    if (ready) handle.current?.focus()
  }, [ready])
  useEffect(() => handle.current?.replace(value), [value])

  return (
    <div className={`editor ${className ?? ""}`} data-ready={ready || undefined}>
      <div ref={host} className={ready ? "h-full" : "hidden"} />
      {!ready && (
        // It becomes a text box the moment it is reached, by pointer or by keyboard.
        // biome-ignore lint/a11y/useSemanticElements: a textarea cannot be coloured
        <div
          role="textbox"
          aria-multiline="true"
          aria-label={label}
          tabIndex={0}
          className="h-full"
          onFocus={() => setWanted(true)}
          onPointerDown={() => setWanted(true)}
        >
          <CodeView text={value} language={language} numbers />
        </div>
      )}
    </div>
  )
}
