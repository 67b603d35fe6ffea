import { isRequestError, type Organization } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useNavigate, useParams } from "@tanstack/react-router"
import { orgQuery, queryClient, refreshOrg } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { messageOf } from "../../ui/state.tsx"
import { DeletePlace, NameForm } from "../settings/place-settings.tsx"
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
        {org.data && <OrgName key={org.data.name} o={o} org={org.data} />}
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

function OrgName({ o, org }: { o: string; org: Organization }) {
  const rename = async (name: string): Promise<Organization> => {
    const next = await admin.organizations.rename(o, name)
    queryClient.setQueryData(orgQuery(o).queryKey, next)
    refreshOrg(o)
    void queryClient.invalidateQueries({ queryKey: ["projects"] })
    return next
  }
  return <NameForm kind="organization" place={org} mayRename={managesPeople(org.role)} onRename={rename} />
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
  const remove = async (): Promise<void> => {
    await admin.organizations.delete(o)
    await navigate({ to: "/projects", search: {} })
    queryClient.removeQueries({ queryKey: ["org", o] })
    void queryClient.invalidateQueries({ queryKey: ["orgs"] })
  }
  return (
    <DeletePlace
      kind="organization"
      place={org}
      what="It must have no projects: transfer or delete them first. Its members and invites go with it."
      onDelete={remove}
    >
      Nobody is a member of it from then on.
    </DeletePlace>
  )
}
