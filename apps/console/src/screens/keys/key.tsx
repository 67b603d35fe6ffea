import type { KmsKey, Role } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { Link, useParams } from "@tanstack/react-router"
import { ChevronLeft, RotateCw } from "lucide-react"
import { useActions } from "../../actions.ts"
import { plural, toAgo, toDate } from "../../model/format.ts"
import { kindText, platformUse } from "../../model/key-kinds.ts"
import { isNotFound, keyUsesQuery, kmsKeyQuery, projectQuery, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { Blank, Bones, Failed, messageOf } from "../../ui/state.tsx"
import { AuditTable } from "../audit/audit-list.tsx"
import { toKeyLine } from "../audit/lines.ts"
import { KeyEnd } from "./key-end.tsx"
import { KeyVersions } from "./key-versions.tsx"
import { KeyState } from "./keys.tsx"

/** One key: its versions, what was done with it, and its end. */
export function KeyScreen() {
  const { p, k } = useParams({ from: "/signed-in/projects/$p/settings/encryption-keys/$k" })
  const key = useQuery(kmsKeyQuery(p, k))
  const project = useQuery(projectQuery(p))
  const role = project.data?.role ?? "viewer"
  const mayRotate = role !== "viewer" && key.data?.state === "enabled"
  const rotate = useMutation({
    mutationFn: () => admin.kms.rotate(p, k),
    onSuccess: ({ version }) => showToast({ tone: "ok", title: "Key rotated", text: `${k}, version ${version}` }),
    onError: (error) => showToast({ tone: "bad", title: "The key was not rotated", text: messageOf(error) }),
    onSettled: () => refresh(p, "kms"),
  })
  useActions([
    mayRotate && { id: "rotate-key", title: `Rotate ${k}`, group: "Do", icon: RotateCw, run: () => rotate.mutate() },
  ])
  return (
    <section className="pane grow" data-pane="" aria-label={`Key ${k}`}>
      <div className="bar head course-end">
        <Link className="ib" to="/projects/$p/settings/encryption-keys" params={{ p }} aria-label="All keys">
          <ChevronLeft className="i" />
        </Link>
        <h1 className="mono cut">{k}</h1>
        {key.data && <KeyState value={key.data} />}
        {mayRotate && (
          <Button
            className="ml-auto"
            look="ink"
            icon={RotateCw}
            busy={rotate.isPending}
            onClick={() => rotate.mutate()}
          >
            Rotate
          </Button>
        )}
      </div>
      <div className="scroll">
        {key.isPending && <Bones heightPx={40} label="Loading the key" />}
        {key.isError &&
          (isNotFound(key.error) ? (
            <Blank title="No such key">
              <p>There is none of this name. One that was destroyed is still listed.</p>
            </Blank>
          ) : (
            <Failed title="The key could not be read" error={key.error} onRetry={() => void key.refetch()} />
          ))}
        {key.data && <Facts p={p} item={key.data} role={role} />}
      </div>
    </section>
  )
}

interface KeyProps {
  readonly p: string
  readonly item: KmsKey
  /** Of whoever looks. */
  readonly role: Role
}

function Facts({ p, item, role }: KeyProps) {
  const use = platformUse(item)
  return (
    <>
      <section className="setting" aria-label="What it is">
        <p className="text-fg-2 max-w-[60ch]">
          {kindText(item.algorithm)}. {use === undefined ? "" : `The platform's own, for ${use}. `}
          {item.rotateEveryDays === null
            ? "Rotated by hand. "
            : `Rotated every ${plural(item.rotateEveryDays, "day")}. `}
          Created {toDate(item.createdAt)}.
          {item.deletesAt !== null && ` Destroyed on ${toDate(item.deletesAt)}, ${toAgo(item.deletesAt, Date.now())}.`}
        </p>
      </section>
      <KeyVersions p={p} item={item} role={role} />
      <Uses p={p} name={item.name} />
      {role !== "viewer" && role !== "developer" && item.state !== "destroyed" && (
        <KeyEnd p={p} item={item} role={role} />
      )}
    </>
  )
}

function Uses({ p, name }: { p: string; name: string }) {
  const uses = useQuery(keyUsesQuery(p, name))
  const lines = uses.data?.items.map(toKeyLine) ?? []
  return (
    <section aria-labelledby="key-uses">
      <div className="bar head">
        <h2 id="key-uses">Last uses</h2>
        <Link
          className="link ml-auto"
          to="/projects/$p/audit"
          params={{ p }}
          search={{ trail: "keys", of: `key:${name}` }}
        >
          All of them
        </Link>
      </div>
      {uses.isPending && <Bones rows={3} heightPx={40} label="Loading uses" />}
      {uses.isError && (
        <Failed title="The uses could not be read" error={uses.error} onRetry={() => void uses.refetch()} />
      )}
      {uses.data && lines.length === 0 && <p className="p-4 text-fg-2">It was not used yet.</p>}
      {lines.length > 0 && <AuditTable lines={lines} />}
    </section>
  )
}
