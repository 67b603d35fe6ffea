import type { KmsKey, Role } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { Layers2 } from "lucide-react"
import { useState } from "react"
import { platformUse } from "../../model/key-kinds.ts"
import { refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { Acts, Ago, ListTable } from "../../ui/list.tsx"
import { messageOf } from "../../ui/state.tsx"

interface KeyVersionsProps {
  readonly p: string
  readonly item: KmsKey
  readonly role: Role
}

/** The versions of a key, and which of them still work. */
export function KeyVersions({ p, item, role }: KeyVersionsProps) {
  const [asking, setAsking] = useState<number>()
  const mayRaise = (role === "admin" || role === "owner") && item.state !== "destroyed"
  const mayRewrap = role !== "viewer" && platformUse(item) !== undefined && item.state === "enabled"
  const rewrap = useMutation({
    mutationFn: () => admin.kms.rewrap(p, item.name),
    onSuccess: ({ rewrapped }) =>
      showToast({ tone: "ok", title: "Under the current version", text: `${rewrapped} put there` }),
    onError: (error) => showToast({ tone: "bad", title: "Not all was rewrapped", text: messageOf(error) }),
    onSettled: () => refresh(p, "kms"),
  })
  return (
    <section aria-labelledby="key-versions">
      <div className="bar head">
        <h2 id="key-versions">Versions</h2>
        {mayRewrap && (
          <Button className="ml-auto" icon={Layers2} busy={rewrap.isPending} onClick={() => rewrap.mutate()}>
            Rewrap
          </Button>
        )}
      </div>
      <ListTable heads={[["Version", "w-24"], "What it does", ["Made", "r w-32"]]} acts="w-44">
        {item.versions.toReversed().map(({ version, createdAt, destroyed }) => (
          <tr key={version}>
            <td data-head="version" className="font-strong">
              {version}
            </td>
            <td className="text-fg-2">{workOf(item, version, destroyed)}</td>
            <Ago head="made" at={createdAt} last />
            <Acts>
              {mayRaise && !destroyed && version !== item.minimumVersion && (
                <Button look="quiet" onClick={() => setAsking(version)}>
                  Make it the minimum
                </Button>
              )}
            </Acts>
          </tr>
        ))}
      </ListTable>
      {asking !== undefined && <Minimum p={p} item={item} version={asking} onClose={() => setAsking(undefined)} />}
    </section>
  )
}

function workOf(item: KmsKey, version: number, isDestroyed: boolean): string {
  const [makes, reads] = item.uses.includes("encrypt") ? ["Encrypts", "decrypts"] : ["Signs", "verifies"]
  if (isDestroyed) return "Destroyed"
  if (version < item.minimumVersion) return "Refused, for it is below the minimum"
  const reading = version === item.minimumVersion && version > 1 ? `${reads}; the oldest that does` : reads
  if (version === item.version) return `${makes} and ${reading}`
  return reading.charAt(0).toUpperCase() + reading.slice(1)
}

function Minimum({
  p,
  item,
  version,
  onClose,
}: {
  readonly p: string
  readonly item: KmsKey
  readonly version: number
  readonly onClose: () => void
}) {
  const isRaise = version > item.minimumVersion
  const set = useMutation({
    mutationFn: () => admin.kms.setMinimumVersion(p, item.name, version),
    onSuccess: ({ minimumVersion }) => {
      refresh(p, "kms")
      showToast({ tone: "ok", title: "Minimum set", text: `${item.name}, version ${minimumVersion}` })
      onClose()
    },
  })
  return (
    <FormDialog
      title={`Version ${version} is the minimum`}
      submit="Set minimum"
      danger={isRaise}
      busy={set.isPending}
      error={set.error ? messageOf(set.error) : undefined}
      onSubmit={() => set.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">
        {isRaise
          ? `What versions before ${version} made is refused from then on. Lower the minimum again to read it.`
          : `What version ${version} and later ones made works again.`}
      </p>
    </FormDialog>
  )
}
