import type { Document } from "@ashlar/sdk"
import { TriangleAlert } from "lucide-react"
import type { Change } from "../../model/changes.ts"
import { pathText, valueText } from "../../model/fields.ts"
import { plural } from "../../model/format.ts"
import { Button } from "../../ui/button.tsx"

interface SaveBarProps {
  changes: readonly Change[]
  rev: number
  /** A revision that came while this was edited. */
  newer: Document | undefined
  isValid: boolean
  busy: boolean
  error: string | undefined
  onCompare: () => void
  onSave: () => void
  onDiscard: () => void
}

/** What would be saved, over which revision. */
export function SaveBar({ changes, rev, newer, isValid, busy, error, onCompare, onSave, onDiscard }: SaveBarProps) {
  const [first] = changes
  return (
    <div className="save">
      <div className="changes" role="status">
        <span className="dot sq text-chalk" />
        <b className="whitespace-nowrap">{isValid ? plural(changes.length, "change") : "Not JSON yet"}</b>
        {first && isValid && (
          <span className="mono text-fg-2 cut">
            {pathText(first.path) || "document"}{" "}
            {first.from !== undefined && <span className="text-bad">{valueText(first.from)}</span>}
            {first.from !== undefined && first.to !== undefined && " → "}
            {first.to !== undefined ? <span className="text-ok">{valueText(first.to) || '""'}</span> : " removed"}
            {changes.length > 1 &&
              `, ${changes
                .slice(1)
                .map((change) => pathText(change.path))
                .join(", ")}`}
          </span>
        )}
      </div>
      {error !== undefined && (
        <p className="wrong" role="alert">
          {error}
        </p>
      )}
      {newer && (
        <p className="flex items-center gap-2 text-sm text-warn mt-1">
          <TriangleAlert className="i s" />
          Revision {newer.rev} exists.
          <button type="button" className="link" onClick={onCompare}>
            Compare
          </button>
        </p>
      )}
      <div className="flex items-center gap-2 mt-2.5">
        <span className="hint cut not-phone">Saves only over revision {rev}</span>
        <Button className="ml-auto phone-grow" look="quiet" keys="Escape" onClick={onDiscard}>
          Discard
        </Button>
        <Button
          className="phone-grow-2"
          look="ink"
          keys="mod+s"
          busy={busy}
          disabled={!isValid || changes.length === 0}
          onClick={onSave}
        >
          Save
        </Button>
      </div>
    </div>
  )
}
