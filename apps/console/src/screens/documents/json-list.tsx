import type { Document } from "@ashlar/sdk"
import { titleOf } from "../../model/fields.ts"
import { toTail } from "../../model/format.ts"
import { Button } from "../../ui/button.tsx"
import { CodeView } from "../../ui/code.tsx"

interface JsonListProps {
  rows: readonly Document[]
  openId: string | undefined
  onOpen: (document: Document) => void
  hasMore: boolean
  isLoadingMore: boolean
  onMore: () => void
}

/** As many as fit a page; more are added by a press, since their heights are not known before. */
export function JsonList({ rows, openId, onOpen, hasMore, isLoadingMore, onMore }: JsonListProps) {
  return (
    <div className="scroll" data-pane-focus="">
      <ul>
        {rows.map((document) => (
          <li
            key={document.id}
            className={`json-item border-b border-joint px-4 py-2 ${document.id === openId ? "bg-chalk-soft" : ""}`}
          >
            <div className="flex items-center gap-2 h-6">
              <button type="button" className="font-strong hover:underline" onClick={() => onOpen(document)}>
                {titleOf(document)}
              </button>
              <span className="mono text-fg-3">{toTail(document.id)}</span>
              <span className="hint ml-auto">revision {document.rev}</span>
            </div>
            <div className="overflow-x-auto">
              <CodeView
                text={JSON.stringify(document.data, null, 2)}
                language="json"
                label={`JSON of ${titleOf(document)}`}
              />
            </div>
          </li>
        ))}
      </ul>
      {hasMore && (
        <div className="p-4">
          <Button busy={isLoadingMore} onClick={onMore}>
            Show more
          </Button>
        </div>
      )}
    </div>
  )
}
