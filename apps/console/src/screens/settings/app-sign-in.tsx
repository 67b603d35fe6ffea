import type { AppSettings } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { Link, useParams } from "@tanstack/react-router"
import { useState } from "react"
import { useActions } from "../../actions.ts"
import { appSettingsQuery, projectQuery, queryClient, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, CopyIcon } from "../../ui/button.tsx"
import { Choice, Field, TextArea } from "../../ui/form.tsx"
import { Bones, Failed } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"
import { FactorSettings } from "./app-factors.tsx"
import { MailWords, toTextsChange, type Words } from "./app-mail-words.tsx"

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
            <FactorSettings
              key={`factors ${JSON.stringify(settings.data)}`}
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

const FIELDS = ["passwordMinCharacters", "redirectUrls", "mail.senderName", "mail.replyTo"]

/** One form of the whole page: it is saved as one. */
function SettingsForm({ p, settings, mayChange }: { p: string; settings: AppSettings; mayChange: boolean }) {
  const { mail, redirectUrls, ...facts } = settings
  const [draft, setDraft] = useState(facts)
  const [pages, setPages] = useState(redirectUrls.join("\n"))
  const [sender, setSender] = useState({ senderName: mail.senderName, replyTo: mail.replyTo ?? "" })
  const [words, setWords] = useState<Words>(mail.texts)
  const replyTo = sender.replyTo.trim()
  const changed = {
    ...draft,
    redirectUrls: pages.split(/\s+/).filter((page) => page !== ""),
    mail: { senderName: sender.senderName.trim(), replyTo: replyTo === "" ? null : replyTo, texts: words },
  }
  const isDirty = mayChange && JSON.stringify(changed) !== JSON.stringify({ ...facts, redirectUrls, mail: { ...mail } })
  const save = useMutation({
    mutationFn: () =>
      admin.users.changeSettings(p, {
        ...changed,
        mail: { ...changed.mail, texts: toTextsChange(mail.texts, words) },
      }),
    onSuccess: (next) => {
      queryClient.setQueryData(appSettingsQuery(p).queryKey, next)
      refresh(p, "sign-in")
      showToast({ tone: "ok", title: "Saved", text: "How users sign in" })
    },
  })
  useActions([
    isDirty && {
      ...{ id: "save-sign-in", title: "Save how users sign in", group: "Do", keys: "mod+s", inFields: true },
      run: () => save.mutate(),
    },
  ])
  const change = (changes: Partial<typeof facts>): void => setDraft((old) => ({ ...old, ...changes }))
  return (
    <form
      aria-label="How users sign in"
      onSubmit={(event) => {
        event.preventDefault()
        if (isDirty) save.mutate()
      }}
    >
      <fieldset className="setting setting-form" disabled={!mayChange}>
        <h2>Accounts</h2>
        <div className="grid gap-4">
          <Choice
            label="Who may make an account"
            value={draft.signups}
            choices={[
              ["open", "Whoever uses the app"],
              ["closed", "Only whom your servers make one"],
            ]}
            onChange={(signups) => change({ signups })}
          />
          <Choice
            label="Addresses"
            value={draft.verifiedEmailOnly ? "confirmed" : "any"}
            choices={[
              ["any", "May be unconfirmed"],
              ["confirmed", "Must be confirmed first"],
            ]}
            onChange={(next) => change({ verifiedEmailOnly: next === "confirmed" })}
          />
          <Field
            label="Shortest password, in characters"
            type="number"
            min={8}
            max={128}
            className="w-24!"
            value={String(draft.passwordMinCharacters)}
            error={fieldError(save.error, "passwordMinCharacters")}
            onChange={(event) => change({ passwordMinCharacters: Number(event.target.value) })}
          />
        </div>
      </fieldset>
      <fieldset className="setting setting-form" disabled={!mayChange}>
        <h2>Pages of the app</h2>
        <TextArea
          label="Where links may lead, one address per line"
          mono
          rows={3}
          placeholder="https://app.example.com/welcome"
          value={pages}
          error={fieldError(save.error, "redirectUrls")}
          hint={
            <>
              Letter for letter. Mail leads to the first;{" "}
              <Link className="link" to="/projects/$p/settings/providers" params={{ p }}>
                providers
              </Link>{" "}
              to the one that the app names. Without any, mail brings codes alone.
            </>
          }
          onChange={(event) => setPages(event.target.value)}
        />
      </fieldset>
      <fieldset className="setting setting-form" disabled={!mayChange}>
        <h2>Mail</h2>
        <div className="grid gap-4">
          <Field
            label="It is from"
            placeholder="the project's name, when empty"
            value={sender.senderName}
            error={fieldError(save.error, "mail.senderName")}
            onChange={(event) => setSender({ ...sender, senderName: event.target.value })}
          />
          <Field
            label="Answers go to"
            type="email"
            placeholder="nobody, when empty"
            value={sender.replyTo}
            error={fieldError(save.error, "mail.replyTo")}
            onChange={(event) => setSender({ ...sender, replyTo: event.target.value })}
          />
          <MailWords words={words} error={save.error} onChange={setWords} />
        </div>
      </fieldset>
      {mayChange && (
        <div className="setting">
          {save.error && formError(save.error, FIELDS) !== undefined && (
            <p className="wrong mb-3" role="alert">
              {formError(save.error, FIELDS)}
            </p>
          )}
          <Button type="submit" look="ink" keys="mod+s" disabled={!isDirty} busy={save.isPending}>
            Save
          </Button>
        </div>
      )}
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
