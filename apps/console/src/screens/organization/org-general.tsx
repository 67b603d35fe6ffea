import { isRequestError, type Organization } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useNavigate, useParams } from "@tanstack/react-router"
import { useState } from "react"
import { useActions } from "../../actions.ts"
import { toDate } from "../../model/format.ts"
import { orgQuery, queryClient, refreshOrg } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, CopyIcon } from "../../ui/button.tsx"
import { TypedConfirm } from "../../ui/dialog.tsx"
import { Field } from "../../ui/form.tsx"
import { messageOf } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"
import { HandOver } from "./hand-over.tsx"
import { managesPeople } from "./org-roles.ts"

/** The organization's name, and its end. */
export function OrgGeneralScreen() {
  const { o } = useParams({ from: "/signed-in/orgs/$o/general" })
  const org = useQuery(orgQuery(o))
  return (
    <section className="pane grow" data-pane="" aria-label="General settings">
      <div className="bar head course-end">
        <h1>General</h1>
      </div>
      <div className="scroll">
        {org.isPending && (
          <div className="setting project-setting" role="status" aria-label="Loading the organization">
            <span className="bone w-40" />
          </div>
        )}
        {org.data && <NameForm key={org.data.name} o={o} org={org.data} />}
        {org.data && <SecondFactor o={o} org={org.data} />}
        {org.data?.role === "owner" && !org.data.personal && (
          <>
            <HandOver o={o} org={org.data} />
            <Danger o={o} org={org.data} />
          </>
        )}
      </div>
    </section>
  )
}

function NameForm({ o, org }: { o: string; org: Organization }) {
  const [name, setName] = useState(org.name)
  const mayRename = managesPeople(org.role)
  const isDirty = mayRename && name.trim() !== org.name && name.trim() !== ""
  const rename = useMutation({
    mutationFn: () => admin.organizations.rename(o, name.trim()),
    onSuccess: (next) => {
      queryClient.setQueryData(orgQuery(o).queryKey, next)
      refreshOrg(o)
      void queryClient.invalidateQueries({ queryKey: ["projects"] })
      showToast({ tone: "ok", title: "Saved", text: next.name })
    },
  })
  useActions([
    isDirty && {
      id: "save-organization",
      title: "Save the organization's name",
      group: "Do",
      keys: "mod+s",
      inFields: true,
      run: () => rename.mutate(),
    },
  ])
  return (
    <form
      className="setting project-setting"
      aria-label="Organization"
      onSubmit={(event) => {
        event.preventDefault()
        if (isDirty) rename.mutate()
      }}
    >
      <h2>Organization</h2>
      <div className="grid gap-4 max-w-[420px]">
        <Field
          label="Name"
          value={name}
          disabled={!mayRename}
          error={fieldError(rename.error, "name") ?? formError(rename.error, ["name"])}
          onChange={(event) => setName(event.target.value)}
        />
        <div>
          <div className="label">Address</div>
          <div className="flex items-center gap-1">
            <span className="mono text-fg-2">{org.slug}</span>
            <CopyIcon text={org.slug} label="Copy the address" />
            <span className="hint">created {toDate(org.createdAt)}</span>
          </div>
        </div>
        {mayRename && (
          <div>
            <Button type="submit" look="ink" keys="mod+s" disabled={!isDirty} busy={rename.isPending}>
              Save
            </Button>
          </div>
        )}
      </div>
    </form>
  )
}

/** Whether members must have a second factor. Owners say. */
function SecondFactor({ o, org }: { o: string; org: Organization }) {
  const change = useMutation({
    mutationFn: (requireMfa: boolean) => admin.organizations.setRequireMfa(o, requireMfa),
    onSuccess: (next) => {
      queryClient.setQueryData(orgQuery(o).queryKey, next)
      refreshOrg(o)
      showToast({
        tone: "ok",
        title: next.requireMfa ? "A second factor is asked of all" : "It is left to each member",
      })
    },
    onError: (error) => {
      const isOwn = isRequestError(error, "CONTROL_MFA_REQUIRED")
      const text = isOwn ? "Show your own second factor first: add one under Security." : messageOf(error)
      showToast({ tone: "bad", title: "Nothing was changed", text })
    },
  })
  return (
    <section className="setting" aria-label="Second factor">
      <h2>Second factor</h2>
      <p className="text-fg-2 mb-3 max-w-[60ch]">
        {org.requireMfa
          ? "Members reach nothing of the organization and its projects before they have shown a second factor. Keys are not asked."
          : "Each member chooses whether to have one."}
      </p>
      {org.role === "owner" && (
        <Button busy={change.isPending} onClick={() => change.mutate(!org.requireMfa)}>
          {org.requireMfa ? "Leave it to each member" : "Ask it of all members"}
        </Button>
      )}
    </section>
  )
}

function Danger({ o, org }: { o: string; org: Organization }) {
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const remove = useMutation({
    mutationFn: () => admin.organizations.delete(o),
    onSuccess: async () => {
      await navigate({ to: "/projects", search: {} })
      queryClient.removeQueries({ queryKey: ["org", o] })
      void queryClient.invalidateQueries({ queryKey: ["orgs"] })
    },
  })
  return (
    <section className="setting" aria-label="Delete the organization">
      <h2>Delete the organization</h2>
      <p className="text-fg-2 mb-3 max-w-[60ch]">
        It must have no projects: transfer or delete them first. Its members and invites go with it.
      </p>
      <Button look="danger" onClick={() => setAsking(true)}>
        Delete organization…
      </Button>
      {asking && (
        <TypedConfirm
          title={`Delete ${org.name}`}
          name={org.slug}
          submit="Delete organization"
          busy={remove.isPending}
          error={remove.error ? messageOf(remove.error) : undefined}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsking(false)}
        >
          <p className="text-fg-2">Nobody is a member of it from then on.</p>
        </TypedConfirm>
      )}
    </section>
  )
}
