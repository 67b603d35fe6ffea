import type { AppSettings, AppUser } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { toDate } from "../../model/format.ts"
import { appSettingsQuery, appUserFactorsQuery, queryClient, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { TypedConfirm } from "../../ui/dialog.tsx"
import { Choice, Field } from "../../ui/form.tsx"
import { messageOf } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"

const FIELDS = ["passkeys.rpId", "passkeys.origins", "rememberDeviceDays"]

/** Whether users show a second factor, and where passkeys are made. */
export function FactorSettings({ p, settings, mayChange }: { p: string; settings: AppSettings; mayChange: boolean }) {
  const [mfa, setMfa] = useState(settings.mfa)
  const [domain, setDomain] = useState(settings.passkeys?.rpId ?? "")
  const [origins, setOrigins] = useState(settings.passkeys?.origins.join(" ") ?? "")
  const [days, setDays] = useState(String(settings.rememberDeviceDays))
  const wished = origins.split(/[\s,]+/).filter((origin) => origin !== "")
  const passkeys =
    domain.trim() === ""
      ? null
      : { rpId: domain.trim(), origins: wished.length > 0 ? wished : [`https://${domain.trim()}`] }
  const changes = { mfa, passkeys, rememberDeviceDays: Number(days) }
  const { mfa: old, passkeys: place, rememberDeviceDays } = settings
  const isDirty = JSON.stringify(changes) !== JSON.stringify({ mfa: old, passkeys: place, rememberDeviceDays })
  const save = useMutation({
    mutationFn: () => admin.users.changeSettings(p, changes),
    onSuccess: (next) => {
      queryClient.setQueryData(appSettingsQuery(p).queryKey, next)
      refresh(p, "sign-in")
      showToast({ tone: "ok", title: "Saved", text: "Second factors" })
    },
  })
  return (
    <form
      aria-label="Second factors"
      onSubmit={(event) => {
        event.preventDefault()
        if (isDirty) save.mutate()
      }}
    >
      <fieldset className="setting setting-form" disabled={!mayChange}>
        <h2>Second factors</h2>
        <div className="grid gap-4">
          <div>
            <Choice
              label="Who shows one"
              value={mfa}
              choices={[
                ["off", "Nobody"],
                ["optional", "Who has one"],
                ["required", "Everybody"],
              ]}
              onChange={setMfa}
            />
            {mfa === "required" && settings.mfa !== "required" && (
              <p className="hint mt-1">Sessions that were begun without one end. Who has none adds one to sign in.</p>
            )}
          </div>
          <Field
            label="Domain of passkeys"
            mono
            placeholder="app.example"
            hint="Passkeys of another domain are of no use any more. Empty: no passkeys."
            value={domain}
            error={fieldError(save.error, "passkeys.rpId")}
            onChange={(event) => setDomain(event.target.value)}
          />
          <Field
            label="Pages that have them"
            mono
            placeholder={domain.trim() === "" ? "https://app.example" : `https://${domain.trim()}`}
            hint="Origins on the domain or below it, with spaces between."
            value={origins}
            error={fieldError(save.error, "passkeys.origins")}
            onChange={(event) => setOrigins(event.target.value)}
          />
          <Field
            label="Days that a device is remembered"
            type="number"
            min={0}
            max={90}
            className="w-24!"
            hint="0: a factor is asked for each time."
            value={days}
            error={fieldError(save.error, "rememberDeviceDays") ?? formError(save.error, FIELDS)}
            onChange={(event) => setDays(event.target.value)}
          />
          {mayChange && (
            <div>
              <Button type="submit" disabled={!isDirty} busy={save.isPending}>
                Save second factors
              </Button>
            </div>
          )}
        </div>
      </fieldset>
    </form>
  )
}

/** What a user proves themselves by, besides their password. */
export function UserFactors({ p, user, onReset }: { p: string; user: AppUser; onReset: (() => void) | undefined }) {
  const found = useQuery(appUserFactorsQuery(p, user.id))
  if (found.isPending) return <p className="text-fg-2">Looking for second factors…</p>
  if (found.isError) return <p className="wrong">{messageOf(found.error)}</p>
  const { factors, recoveryCodes, devices } = found.data
  if (factors.length === 0) return <p className="text-fg-2">No second factor.</p>
  return (
    <section aria-label="Second factors">
      <div className="label mb-1">Second factors</div>
      <ul className="text-fg-2">
        {factors.map(({ id, kind, label, lastUsedAt }) => (
          <li key={id}>
            {label} ({kind === "passkey" ? "passkey" : "authenticator app"}),{" "}
            {lastUsedAt === null ? "never used" : `last used ${toDate(lastUsedAt)}`}
          </li>
        ))}
      </ul>
      <p className="flex flex-wrap items-center gap-2 mt-1 text-fg-2">
        {recoveryCodes} recovery {recoveryCodes === 1 ? "code" : "codes"} left, {devices.length} remembered{" "}
        {devices.length === 1 ? "device" : "devices"}.
        {onReset && <Button onClick={onReset}>Reset second factors…</Button>}
      </p>
    </section>
  )
}

interface ResetFactorsProps {
  p: string
  user: AppUser
  onDone: () => void
  onClose: () => void
}

export function ResetFactors({ p, user, onDone, onClose }: ResetFactorsProps) {
  const reset = useMutation({ mutationFn: () => admin.users.resetFactors(p, user.id), onSuccess: onDone })
  return (
    <TypedConfirm
      title={`Reset the second factors of ${user.email}`}
      name={user.email}
      submit="Reset second factors"
      busy={reset.isPending}
      error={reset.error ? messageOf(reset.error) : undefined}
      onConfirm={() => reset.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">
        Their password alone signs them in then, and their sessions end. Make sure that it is they who ask.
      </p>
    </TypedConfirm>
  )
}
