import type { AppSettings } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useParams } from "@tanstack/react-router"
import { useState } from "react"
import { appSettingsQuery, projectQuery, queryClient, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, CopyIcon } from "../../ui/button.tsx"
import { Field, Segments } from "../../ui/form.tsx"
import { Bones, Failed } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"

/** How the app lets its users in. */
export function AppSignInScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/settings/sign-in" })
  const settings = useQuery(appSettingsQuery(p))
  const project = useQuery(projectQuery(p))
  return (
    <section className="pane grow" data-pane="" aria-label="App sign-in">
      <div className="bar head course-end">
        <h1>App sign-in</h1>
      </div>
      <div className="scroll">
        {(settings.isPending || project.isPending) && !settings.isError && (
          <Bones heightPx={40} label="Loading the settings" />
        )}
        {settings.isError && (
          <Failed
            title="The settings could not be read"
            error={settings.error}
            onRetry={() => void settings.refetch()}
          />
        )}
        {settings.data && project.data && (
          <>
            <SettingsForm
              key={JSON.stringify(settings.data)}
              p={p}
              settings={settings.data}
              mayChange={project.data.role !== "viewer"}
            />
            <PublicKeys p={project.data.id} />
          </>
        )}
      </div>
    </section>
  )
}

function SettingsForm({ p, settings, mayChange }: { p: string; settings: AppSettings; mayChange: boolean }) {
  const [draft, setDraft] = useState(settings)
  const isDirty = JSON.stringify(draft) !== JSON.stringify(settings)
  const save = useMutation({
    mutationFn: () => admin.users.changeSettings(p, draft),
    onSuccess: (next) => {
      queryClient.setQueryData(appSettingsQuery(p).queryKey, next)
      refresh(p, "sign-in")
      showToast({ tone: "ok", title: "Saved", text: "How users sign in" })
    },
  })
  const change = (changes: Partial<AppSettings>): void => setDraft((old) => ({ ...old, ...changes }))
  return (
    <form
      className="setting"
      aria-label="Email and password"
      onSubmit={(event) => {
        event.preventDefault()
        if (isDirty) save.mutate()
      }}
    >
      <h2>Email and password</h2>
      <fieldset className="grid gap-4 max-w-[520px] [&_.seg]:w-max [&_.seg]:max-w-full" disabled={!mayChange}>
        <div>
          <div className="label mb-1">Who may make an account</div>
          <Segments
            label="Who may make an account"
            value={draft.signups}
            choices={[
              ["open", "Whoever uses the app"],
              ["closed", "Only your servers"],
            ]}
            onChange={(signups) => change({ signups })}
          />
        </div>
        <div>
          <div className="label mb-1">Addresses</div>
          <Segments
            label="Addresses"
            value={draft.verifiedEmailOnly ? "confirmed" : "any"}
            choices={[
              ["any", "May be unconfirmed"],
              ["confirmed", "Must be confirmed first"],
            ]}
            onChange={(next) => change({ verifiedEmailOnly: next === "confirmed" })}
          />
        </div>
        <Field
          label="Shortest password, in characters"
          type="number"
          min={8}
          max={128}
          className="w-24!"
          value={String(draft.passwordMinCharacters)}
          error={fieldError(save.error, "passwordMinCharacters") ?? formError(save.error, ["passwordMinCharacters"])}
          onChange={(event) => change({ passwordMinCharacters: Number(event.target.value) })}
        />
        {mayChange && (
          <div>
            <Button type="submit" look="ink" disabled={!isDirty} busy={save.isPending}>
              Save
            </Button>
          </div>
        )}
      </fieldset>
    </form>
  )
}

function PublicKeys({ p }: { p: string }) {
  const address = `${location.origin}/v1/projects/${p}/.well-known/jwks.json`
  return (
    <section className="setting" aria-label="Tokens">
      <h2>Tokens</h2>
      <p className="text-fg-2 mb-2 max-w-[60ch]">
        A signed-in user has a token that lives five minutes. Servers of your own check it with the project's public
        keys:
      </p>
      <p className="flex items-center gap-1">
        <span className="mono break-all">{address}</span>
        <CopyIcon text={address} label="Copy the address of the keys" />
      </p>
    </section>
  )
}
