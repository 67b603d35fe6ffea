import type { Project } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { orgsQuery, projectQuery, queryClient, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { Select } from "../../ui/form.tsx"
import { messageOf } from "../../ui/state.tsx"
import { managesPeople } from "../organization/org-roles.ts"

/** Another organization for a project. */
export function Transfer({ project }: { readonly project: Project }) {
  const orgs = useQuery(orgsQuery())
  const [asking, setAsking] = useState(false)
  const places = (orgs.data?.items ?? []).filter(
    ({ id, role }) => managesPeople(role) && id !== project.organization?.id,
  )
  return (
    <section className="setting" aria-label="Transfer the project">
      <h2>Transfer the project</h2>
      <p className="text-fg-2 mb-3 max-w-[60ch]">
        {places.length === 0 && orgs.data
          ? `It is in ${project.organization?.name ?? "its organization"}. You are admin of no other one.`
          : `It is in ${project.organization?.name ?? "its organization"}. Another one that you are admin of can have it.`}
      </p>
      <Button disabled={places.length === 0} onClick={() => setAsking(true)}>
        Transfer…
      </Button>
      {asking && (
        <TransferDialog
          project={project}
          places={places.map(({ slug, name }) => [slug, name] as const)}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  )
}

interface TransferDialogProps {
  readonly project: Project
  readonly places: readonly (readonly [slug: string, name: string])[]
  readonly onClose: () => void
}

function TransferDialog({ project, places, onClose }: TransferDialogProps) {
  const [to, setTo] = useState(places[0]?.[0] ?? "")
  const give = useMutation({
    mutationFn: () => admin.projects.transfer(project.slug, to),
    onSuccess: (moved) => {
      queryClient.setQueryData(projectQuery(project.slug).queryKey, moved)
      refresh(project.slug, "members")
      void queryClient.invalidateQueries({ queryKey: ["projects"] })
      showToast({ tone: "ok", title: `${moved.name} is in ${moved.organization?.name ?? "its new place"}` })
      onClose()
    },
  })
  return (
    <FormDialog
      title={`Transfer ${project.name}`}
      submit="Transfer project"
      danger
      busy={give.isPending}
      disabled={to === ""}
      error={give.error ? messageOf(give.error) : undefined}
      onSubmit={() => give.mutate()}
      onClose={onClose}
    >
      <Select label="To" value={to} choices={places} onChange={setTo} />
      <p className="text-fg-2">
        Members of {project.organization?.name ?? "the old organization"} lose it, members of the new one have it.
        Whoever is a member of the project itself stays.
      </p>
    </FormDialog>
  )
}
