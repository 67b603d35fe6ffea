import type { KmsKey, Role } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { useState } from "react"
import { toDate } from "../../model/format.ts"
import { refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { FormDialog, TypedConfirm } from "../../ui/dialog.tsx"
import { Field } from "../../ui/form.tsx"
import { messageOf } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"

interface KeyEndProps {
  readonly p: string
  readonly item: KmsKey
  readonly role: Role
}

/** How a key is stopped, for a while or for ever. */
export function KeyEnd({ p, item, role }: KeyEndProps) {
  const { name, state, deletesAt } = item
  const [asking, setAsking] = useState<"schedule" | "shred">()
  const change = useMutation({
    mutationFn: (what: "disable" | "enable" | "cancelDeletion") => admin.kms[what](p, name),
    onSuccess: (key) => showToast({ tone: "ok", title: `The key is ${key.state}`, text: name }),
    onError: (error) => showToast({ tone: "bad", title: "The key is as it was", text: messageOf(error) }),
    onSettled: () => refresh(p, "kms"),
  })
  return (
    <section className="setting" aria-label="Stop the key">
      <h2>Stop the key</h2>
      <p className="text-fg-2 mb-3 max-w-[60ch]">
        {deletesAt === null
          ? "A disabled key does nothing until it is enabled. Without the key, what it encrypted can be read by nobody."
          : `It does nothing any more, and is destroyed on ${toDate(deletesAt)}. Cancelled, it is disabled.`}
      </p>
      <div className="flex flex-wrap gap-2">
        {state === "enabled" && (
          <Button busy={change.isPending} onClick={() => change.mutate("disable")}>
            Disable
          </Button>
        )}
        {state === "disabled" && (
          <Button busy={change.isPending} onClick={() => change.mutate("enable")}>
            Enable
          </Button>
        )}
        {state === "pending-deletion" ? (
          <Button busy={change.isPending} onClick={() => change.mutate("cancelDeletion")}>
            Cancel the deletion
          </Button>
        ) : (
          <Button look="danger" onClick={() => setAsking("schedule")}>
            Schedule deletion…
          </Button>
        )}
        {role === "owner" && (
          <Button look="danger" onClick={() => setAsking("shred")}>
            Shred now…
          </Button>
        )}
      </div>
      {asking === "schedule" && <Schedule p={p} name={name} onClose={() => setAsking(undefined)} />}
      {asking === "shred" && <Shred p={p} name={name} onClose={() => setAsking(undefined)} />}
    </section>
  )
}

interface EndProps {
  readonly p: string
  readonly name: string
  readonly onClose: () => void
}

const [LEAST_DAYS, MOST_DAYS] = [7, 365]

function Schedule({ p, name, onClose }: EndProps) {
  const [days, setDays] = useState("30")
  const isFit = /^\d+$/.test(days) && Number(days) >= LEAST_DAYS && Number(days) <= MOST_DAYS
  const schedule = useMutation({
    mutationFn: () => admin.kms.scheduleDeletion(p, name, Number(days)),
    onSuccess: ({ deletesAt }) => {
      refresh(p, "kms")
      showToast({ tone: "ok", title: "Deletion scheduled", text: deletesAt === null ? name : toDate(deletesAt) })
      onClose()
    },
  })
  return (
    <FormDialog
      title={`Schedule the deletion of ${name}`}
      submit="Schedule deletion"
      danger
      busy={schedule.isPending}
      disabled={!isFit}
      error={formError(schedule.error, ["days"])}
      onSubmit={() => schedule.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">
        The key stops at once: what needs it fails and shows itself. After the days it is destroyed, and what it
        encrypted with it.
      </p>
      <Field
        label="Days until then"
        type="number"
        autoFocus
        min={LEAST_DAYS}
        max={MOST_DAYS}
        className="w-24!"
        value={days}
        error={fieldError(schedule.error, "days")}
        hint={`${LEAST_DAYS} to ${MOST_DAYS}`}
        onChange={(event) => setDays(event.target.value)}
      />
    </FormDialog>
  )
}

function Shred({ p, name, onClose }: EndProps) {
  const shred = useMutation({
    mutationFn: () => admin.kms.shred(p, name),
    onSuccess: () => {
      refresh(p, "kms", "secrets")
      showToast({ tone: "ok", title: "The key is destroyed", text: name })
      onClose()
    },
  })
  return (
    <TypedConfirm
      title={`Shred ${name}`}
      name={name}
      submit="Shred key"
      busy={shred.isPending}
      error={shred.error ? messageOf(shred.error) : undefined}
      onConfirm={() => shred.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">
        The key goes now, and what it encrypted can be read by nobody from then on, wherever copies are. Only a backup
        of the install from before, opened with its root key, still can. The name stays taken.
      </p>
    </TypedConfirm>
  )
}
