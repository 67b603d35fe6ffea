import type { Document, JsonObject, JsonValue } from "@ashlar/sdk"
import { TriangleAlert } from "lucide-react"
import { useState } from "react"
import { useActions } from "../../actions.ts"
import { type Divergence, diff, diverge, merge } from "../../model/changes.ts"
import { pathText } from "../../model/fields.ts"
import { toAgo } from "../../model/format.ts"
import { Button } from "../../ui/button.tsx"
import { Segments } from "../../ui/form.tsx"
import { FieldValue } from "../../ui/value.tsx"

interface ConflictProps {
  base: Document
  mine: JsonObject
  theirs: Document
  busy: boolean
  /** Drop my changes. */
  onTheirs: () => void
  /** Save this over their revision. */
  onSave: (merged: JsonObject) => void
}

type Side = "mine" | "theirs"

/** Somebody else saved first: every field that either side changed, and whose value stays. */
export function Conflict({ base, mine, theirs, busy, onTheirs, onSave }: ConflictProps) {
  const fields = diverge(base.data, mine, theirs.data)
  const [choices, setChoices] = useState<Readonly<Record<string, Side>>>({})
  const changedByMe = new Set(diff(base.data, mine).map(({ path }) => pathText(path)))
  const isMine = ({ path }: Divergence): boolean =>
    [...changedByMe].some((changed) => changed === pathText(path) || changed.startsWith(`${pathText(path)}.`))
  const sideOf = (field: Divergence): Side => choices[pathText(field.path)] ?? (isMine(field) ? "mine" : "theirs")
  const save = (): void => onSave(merge(theirs.data, fields, (field) => sideOf(field) === "mine"))
  useActions([
    { id: "save-merged", title: "Save over the newer revision", group: "Do", keys: "mod+s", inFields: true, run: save },
  ])
  const contested = fields.filter((field) => field.contested).length
  return (
    <>
      <div className="notice warn m-4 mb-0" role="alert">
        <TriangleAlert className="i" />
        <span>
          <b>Revision {theirs.rev} exists.</b> It was saved {toAgo(theirs.updatedAt, Date.now())}, after you opened
          revision {base.rev}.{" "}
          {contested > 0
            ? "The same field was changed on both sides: choose whose value stays."
            : "Both changed different fields, so both can stay."}
        </span>
      </div>
      <ul className="scroll mt-4 border-t border-joint" aria-label="Fields that differ">
        {fields.map((field) => {
          const path = pathText(field.path)
          const side = sideOf(field)
          return (
            <li key={path} className="px-4 py-3 border-b border-joint grid gap-2">
              <div className="flex items-center gap-2">
                <b className="mono font-medium! cut">{path || "the whole document"}</b>
                {field.contested && <span className="tag warn">both changed it</span>}
                <span className="ml-auto">
                  <Segments
                    label={`Whose ${path}`}
                    value={side}
                    choices={[
                      ["mine", "Mine"],
                      ["theirs", "Theirs"],
                    ]}
                    onChange={(next) => setChoices((old) => ({ ...old, [path]: next }))}
                  />
                </span>
              </div>
              <dl className="grid grid-cols-[56px_minmax(0,1fr)] gap-x-2 text-sm leading-5">
                <Version name="was" value={field.base} />
                <Version name="mine" value={field.mine} on={side === "mine"} />
                <Version name="theirs" value={field.theirs} on={side === "theirs"} />
              </dl>
            </li>
          )
        })}
      </ul>
      <div className="save">
        <span className="hint">Saves only over revision {theirs.rev}</span>
        <div className="flex items-center gap-2 mt-2.5">
          <Button look="quiet" onClick={onTheirs}>
            Keep theirs
          </Button>
          <Button className="ml-auto" onClick={() => onSave(merge(theirs.data, fields, isMine))}>
            Keep mine
          </Button>
          <Button look="ink" keys="mod+s" busy={busy} onClick={save}>
            Save as chosen
          </Button>
        </div>
      </div>
    </>
  )
}

function Version({ name, value, on }: { name: string; value: JsonValue | undefined; on?: boolean }) {
  return (
    <>
      <dt className={on ? "font-strong" : "text-fg-3"}>{name}</dt>
      <dd className="cut flex items-center gap-2">
        <FieldValue value={value} />
        {on && <span className="text-fg-3">stays</span>}
      </dd>
    </>
  )
}
