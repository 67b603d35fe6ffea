import { FileUp } from "lucide-react"
import { useState } from "react"
import { plural } from "../../model/format.ts"
import { Button } from "../../ui/button.tsx"
import { TypedConfirm } from "../../ui/dialog.tsx"
import { Blank, messageOf } from "../../ui/state.tsx"

interface NothingProps {
  p: string
  c: string
  filtered: boolean
  total: number
  onClear: () => void
  onInsert: () => void
}

/** An empty collection, or a filter that nothing passes. */
export function Nothing({ p, c, filtered, total, onClear, onInsert }: NothingProps) {
  if (filtered)
    return (
      <Blank title={`0 of ${total.toLocaleString("en-US")}`} actions={<Button onClick={onClear}>Clear filters</Button>}>
        <p>No document matches all of these filters.</p>
      </Blank>
    )
  return (
    <Blank
      title="No documents yet"
      actions={
        <Button icon={FileUp} keys="n" onClick={onInsert}>
          Paste JSON or drop a file
        </Button>
      }
    >
      <p>Insert one by hand, paste an array of them, or bring a file from the terminal.</p>
      <pre className="code mt-3 p-3 bg-sunken border border-joint rounded">{`ashlar --project ${p} documents import ${c} ${c}.json`}</pre>
    </Blank>
  )
}

/** Asks before more are deleted than could be taken back. */
export function DeleteMany({
  count,
  c,
  onConfirm,
  onClose,
}: {
  count: number
  c: string
  onConfirm: () => Promise<void>
  onClose: () => void
}) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const confirm = (): void => {
    setBusy(true)
    onConfirm()
      .catch((reason: unknown) => setError(messageOf(reason)))
      .finally(() => setBusy(false))
  }
  return (
    <TypedConfirm
      title={`Delete ${plural(count, "document")}`}
      name={c}
      submit={`Delete ${plural(count, "document")}`}
      busy={busy}
      error={error}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p className="text-fg-2">That many cannot be taken back.</p>
    </TypedConfirm>
  )
}
