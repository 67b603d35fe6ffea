import type { FunctionVersion } from "@ashlar/sdk"
import type { UseQueryResult } from "@tanstack/react-query"
import { toAgo, toBytes } from "../../model/format.ts"
import { Button } from "../../ui/button.tsx"
import { Acts, Ago, ListState, ListTable } from "../../ui/list.tsx"

interface VersionsProps {
  versions: UseQueryResult<unknown>
  list: readonly FunctionVersion[]
  onRollback: (version: FunctionVersion) => void
}

export function VersionsTab({ versions, list, onRollback }: VersionsProps) {
  if (!versions.isSuccess) return <ListState query={versions} what="versions" />
  const active = list.find((version) => version.active)?.version ?? 0
  return (
    <ListTable
      heads={[
        ["Version", "w-32"],
        "Deployed by",
        ["Runtime", "w-24"],
        ["SHA-256", "w-32"],
        ["Size", "r w-24"],
        ["Deployed", "r w-28"],
      ]}
      acts="w-32"
    >
      {list.map((version) => (
        <tr key={version.version}>
          <td>
            <b>v{version.version}</b>{" "}
            {version.active && (
              <span className="tag ok ml-2">
                <span className="dot" />
                live
              </span>
            )}
          </td>
          <td className="text-fg-2">{version.createdBy}</td>
          <td className="text-fg-2">{version.runtime}</td>
          <td className="mono text-fg-2" title={version.sha256}>
            {version.sha256.slice(0, 12)}
          </td>
          <td className="r">{toBytes(version.sizeBytes)}</td>
          <Ago at={version.createdAt} last />
          <Acts>
            {!version.active && (
              <Button onClick={() => onRollback(version)}>{version.version < active ? "Roll back" : "Activate"}</Button>
            )}
          </Acts>
        </tr>
      ))}
    </ListTable>
  )
}

/** How many versions the course shows before it counts the rest. */
const SHOWN = 4

/** The versions as a course of blocks, the live one marked. */
export function VersionCourse({
  list,
  onRollback,
}: {
  list: readonly FunctionVersion[]
  onRollback: (version: FunctionVersion) => void
}) {
  const activeAt = list.findIndex((version) => version.active)
  const from = Math.max(0, activeAt)
  const shown = list.slice(
    Math.min(from, Math.max(0, list.length - SHOWN)),
    Math.min(from, Math.max(0, list.length - SHOWN)) + SHOWN,
  )
  return (
    <section className="versions" aria-label="Versions">
      {list.length === 0 && (
        <div>
          <span className="bone w-24" />
        </div>
      )}
      {shown.map((version) => {
        const content = (
          <>
            <b>v{version.version}</b>{" "}
            <span className="text-fg-3">{toAgo(version.createdAt, Date.now()).replace(" ago", "")}</span>
            <span className="ml-auto text-fg-2 not-phone">{toBytes(version.sizeBytes)}</span>
          </>
        )
        return version.active ? (
          <div key={version.version} className="on" aria-current="true">
            {content}
          </div>
        ) : (
          <button
            key={version.version}
            type="button"
            title={`Make v${version.version} live`}
            onClick={() => onRollback(version)}
          >
            {content}
          </button>
        )
      })}
      {list.length > shown.length && (
        <div className="text-fg-2 justify-center grow-[0.5]!">{list.length - shown.length} more</div>
      )}
    </section>
  )
}
